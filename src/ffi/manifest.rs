//! `Manifest`: a cursor over a manifest file. Each of its methods raises RuntimeError where the
//! object is in use.

use super::memory::{bytes, bytes_mut, check_bytes, check_groups};
use super::obj::{bool_obj, int_obj, is_none, none, str_obj, truth, tuple_obj, writable, Obj};
use super::object::{new_object, with, Class, Object};
use super::record::{Entry, Validation};
use super::stream::Stream;
use super::{fail, listed, raise, Exception};
use crate::error::ErrorKind;
use crate::hash::hex;
use crate::json::Source;
use crate::manifest::context::Context;
use crate::manifest::cursor::Cursor;
use crate::manifest::diff::{self, MergeError};
use crate::manifest::fat_aliases::{self, Key};
use crate::manifest::path_hashes::PathHash;
use crate::manifest::path_order::HeldPath;
use core::mem::size_of;
use micropython_sys::mp_obj_type_t;

listed!(
    saguarota_manifest_new,
    saguarota_manifest_validate,
    saguarota_manifest_sort,
    saguarota_manifest_verify,
    saguarota_manifest_members,
    saguarota_manifest_same_file,
    saguarota_manifest_rewind,
    saguarota_manifest_next,
);

/// What a manifest is read with.
#[derive(Clone, Copy)]
#[repr(C)]
struct Given {
    stream: Obj,
    buffer: Obj,
    reserved: Obj,
    field: Obj,
    /// A bytearray of four bytes an entry, or None.
    index: Obj,
}

#[repr(C)]
struct Manifest {
    given: Given,
    cursor: Cursor,
}

// SAFETY: addresses, numbers, and enums of which something is 0. A cursor of zeros must be validated
// first.
unsafe impl Object for Manifest {
    const CLASS: Class = Class::Manifest;
}

/// What a manifest is read with, for the time of one call.
pub struct Session {
    source: Stream,
    given: Given,
    /// What the call fills; None, until that is set.
    table: Obj,
}

impl Given {
    /// EXCEPTION: TypeError, those of [`Stream::new`], and ValueError where the index was resized.
    ///
    /// # Safety
    /// From here to the last use of the session, nothing runs Python code or makes an object but
    /// its own reading and seeking, and there is no other session.
    #[inline(never)]
    unsafe fn open(&self) -> Session {
        // SAFETY: as the caller promises.
        let source = unsafe { Stream::new(self.stream, self.buffer) };
        check_bytes(self.field);
        check_bytes(self.reserved);
        if !is_none(self.index) {
            check_index(self.index);
        }
        Session { source, given: *self, table: none() }
    }
}

impl Source for Session {
    fn fill(&mut self) -> usize {
        self.source.fill()
    }

    fn seek(&mut self, offset: u32) {
        self.source.seek(offset);
    }

    fn bytes(&self, filled: usize) -> &[u8] {
        self.source.bytes(filled)
    }
}

// Each of these slices borrows the session. So the compiler sees to it that it is gone when the
// session is read, which is all that runs Python code while there is one, and that there is no
// second one where one can be written to.
impl Context for Session {
    fn field(&self) -> &[u8] {
        // SAFETY: see above.
        unsafe { bytes(&self.given.field) }
    }

    fn reserved(&self) -> &[u8] {
        // SAFETY: see above.
        unsafe { bytes(&self.given.reserved) }
    }

    fn index(&mut self) -> &mut [[u8; 4]] {
        if is_none(self.given.index) {
            return &mut [];
        }
        // SAFETY: see above.
        unsafe { bytes_mut(&mut self.given.index) }.as_chunks_mut().0
    }

    fn table(&mut self) -> &mut [u8] {
        if is_none(self.table) {
            return &mut [];
        }
        // SAFETY: see above.
        unsafe { bytes_mut(&mut self.table) }
    }
}

/// The sessions of two manifests. One ends where the other begins, as reading may resize anything.
struct Pair<'a> {
    remote: &'a Given,
    /// The remote one again, where there is no local one.
    local: &'a Given,
    session: Option<Session>,
}

impl diff::Pair for Pair<'_> {
    type Context = Session;

    fn remote(&mut self) -> &mut Session {
        // SAFETY: the session borrows the pair, and it is the only one. While the pair is borrowed,
        // that is within `diff::next`, nothing else runs Python code.
        self.session.insert(unsafe { self.remote.open() })
    }

    fn local(&mut self) -> &mut Session {
        // SAFETY: as above.
        self.session.insert(unsafe { self.local.open() })
    }
}

/// EXCEPTION: TypeError, ValueError.
fn check_index(index: Obj) {
    check_groups(index, size_of::<[u8; 4]>(), ErrorKind::IndexSize);
}

/// EXCEPTION: ValueError, for an error.
fn expect<T>(cursor: &Cursor, result: Result<T, ErrorKind>) -> T {
    match result {
        Ok(value) => value,
        Err(kind) => raise_at(cursor, kind),
    }
}

/// EXCEPTION: ValueError, always.
#[inline(never)]
fn raise_at(cursor: &Cursor, kind: ErrorKind) -> ! {
    raise(cursor.error(kind))
}

/// `Manifest(stream, buffer, reserved, field)`: see the stubs.
///
/// EXCEPTION: TypeError, OSError, MemoryError.
///
/// # Safety
/// For MicroPython to call, as the class's constructor.
#[no_mangle]
unsafe extern "C" fn saguarota_manifest_new(
    class: *const mp_obj_type_t,
    n_args: usize,
    n_kw: usize,
    args: *const Obj,
) -> Obj {
    let fill = |manifest: &mut Manifest, &[stream, buffer, reserved, field]: &[Obj; 4]| {
        manifest.given = Given { stream, buffer, reserved, field, index: none() };
        // A wrong type raises here, not at the first use.
        // SAFETY: the session ends at once.
        unsafe { manifest.given.open() };
    };
    // SAFETY: MicroPython's arguments.
    unsafe { new_object(class, n_args, n_kw, args, fill) }
}

/// `validate() -> Validation`.
///
/// EXCEPTION: ValueError with entry and byte; those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_validate(object: Obj) -> Obj {
    with(object, |Manifest { given, cursor }| {
        given.index = none();
        // SAFETY: nothing else runs Python code until the validation is done.
        let found = cursor.validate(unsafe { &mut given.open() });
        let found = expect(cursor, found);
        let record = Validation {
            version: int_obj(found.version),
            total: int_obj(found.entries.into()),
            sorted: bool_obj(found.ordered),
            signed: bool_obj(found.signed),
            extended: bool_obj(found.extended),
            sha256: bool_obj(found.hashed),
        };
        record.into_obj()
    })
}

/// `sort(index)`: brings the entries in path order; `index` has four bytes an entry.
///
/// EXCEPTION: ValueError for a path that comes twice, and for an index of another size; those of
/// the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_sort(object: Obj, index: Obj) -> Obj {
    // An index that cannot be used is not kept.
    check_index(index);
    with(object, |Manifest { given, cursor }| {
        given.index = index;
        // SAFETY: nothing else runs Python code until all is sorted.
        let sorted = cursor.sort(unsafe { &mut given.open() });
        expect(cursor, sorted);
        none()
    })
}

/// `verify(key) -> bool`.
///
/// EXCEPTION: ValueError; those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_verify(object: Obj, key: Obj) -> Obj {
    with(object, |Manifest { given, cursor }| {
        // SAFETY: the key is not used any more when the manifest is read.
        let verifier = cursor.verifier(unsafe { bytes(&key) });
        // SAFETY: nothing else runs Python code until that is done.
        let valid = cursor.verify(unsafe { &mut given.open() }, verifier);
        bool_obj(expect(cursor, valid))
    })
}

/// `members(table, ignores_case)`: fills `table`, eight bytes an entry: see
/// [`crate::manifest::path_hashes`].
///
/// EXCEPTION: TypeError, ValueError; those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_members(object: Obj, table: Obj, ignores_case: Obj) -> Obj {
    let ignores_case = truth(ignores_case);
    check_groups(table, size_of::<PathHash>(), ErrorKind::TableSize);
    with(object, |Manifest { given, cursor }| {
        // SAFETY: nothing else runs Python code until the table is filled.
        let mut session = unsafe { given.open() };
        session.table = table;
        let filled = cursor.path_hashes(&mut session, ignores_case);
        expect(cursor, filled);
        none()
    })
}

/// `same_file(table) -> (path, other) | None`: see [`crate::manifest::fat_aliases`].
///
/// EXCEPTION: TypeError, ValueError, MemoryError; those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_same_file(object: Obj, table: Obj) -> Obj {
    if writable(table).1 < size_of::<Key>() {
        fail(Exception::Value, ErrorKind::TableSmall);
    }
    with(object, |Manifest { given, cursor }| {
        let mut pair = [HeldPath::new(), HeldPath::new()];
        // SAFETY: nothing else runs Python code until the pair is found.
        let mut session = unsafe { given.open() };
        session.table = table;
        let found = fat_aliases::find(cursor, &mut session, &mut pair);
        if !expect(cursor, found) {
            return none();
        }
        let [first, second] = &pair;
        tuple_obj(&[str_obj(first.get()), str_obj(second.get())])
    })
}

/// `rewind()`.
///
/// EXCEPTION: those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_rewind(object: Obj) -> Obj {
    with(object, |Manifest { given, cursor }| {
        // SAFETY: nothing else runs Python code until that is done.
        cursor.rewind(unsafe { &mut given.open() });
        none()
    })
}

/// `next(local, force, all) -> Entry | None`.
///
/// EXCEPTION: TypeError, ValueError, MemoryError; those of both streams.
///
/// # Safety
/// For MicroPython to call.
#[no_mangle]
unsafe extern "C" fn saguarota_manifest_next(_: usize, args: *const [Obj; 4]) -> Obj {
    // SAFETY: MicroPython's arguments, as many as the list says.
    let [remote, local, force, all] = unsafe { *args };
    if remote == local {
        fail(Exception::Value, ErrorKind::Itself);
    }
    let (force, all) = (truth(force), truth(all));
    with(remote, |remote: &mut Manifest| {
        if is_none(local) {
            return next(remote, None, force, all);
        }
        with(local, |local| next(remote, Some(local), force, all))
    })
}

/// EXCEPTION: as of [`saguarota_manifest_next`].
#[inline(never)]
fn next(remote: &mut Manifest, local: Option<&mut Manifest>, force: bool, all: bool) -> Obj {
    let Manifest { given, cursor: remote } = remote;
    let (local_given, mut local) = match local {
        Some(Manifest { given, cursor }) => (&*given, Some(cursor)),
        None => (&*given, None),
    };
    let mut pair = Pair { remote: given, local: local_given, session: None };
    loop {
        let change = diff::next(remote, local.as_deref_mut(), &mut pair, force);
        let change = match (change, &local) {
            (Ok(change), _) => change,
            (Err(MergeError::Local(kind)), Some(local)) => raise_at(local, kind),
            (Err(MergeError::Local(kind) | MergeError::Remote(kind)), _) => raise_at(remote, kind),
        };
        let Some(change) = change else { return none() };
        if change.due || all {
            let entry = remote.entry();
            let record = Entry {
                path: str_obj(entry.path),
                local: int_obj(change.from),
                version: int_obj(entry.version),
                md5: if entry.md5.is_empty() { none() } else { str_obj(entry.md5) },
                due: bool_obj(change.due),
                index: int_obj(remote.passed().into()),
                size: entry.size.map_or_else(none, int_obj),
                sha256: entry.sha256.map_or_else(none, sha256_obj),
            };
            return record.into_obj();
        }
    }
}

/// EXCEPTION: MemoryError.
fn sha256_obj(digest: &[u8; 32]) -> Obj {
    str_obj(hex::encode(digest, &mut [0; 64]))
}
