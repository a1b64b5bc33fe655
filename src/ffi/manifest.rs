//! `Manifest`: a cursor over a manifest file.

use super::{
    as_obj, bool_obj, buffer, fail, groups, int_obj, is_none, new_object, none, object_mut, raise,
    str_obj, stream::Stream, truth, tuple_obj, whole_groups, Class, Exception, Object,
};
use crate::cursor::{Context, Cursor};
use crate::diff::{self, Failed};
use crate::fault::Fault;
use crate::hash::hex;
use crate::members::Member;
use crate::order::Held;
use crate::same_file::{self, Key};
use micropython_sys as mp;
use mp::mp_obj_t;

#[repr(C)]
struct Manifest {
    base: mp::mp_obj_base_t,
    stream: mp_obj_t,
    buffer: mp_obj_t,
    own: mp_obj_t,
    field: mp_obj_t,
    /// A bytearray of four bytes an entry, or None.
    index: mp_obj_t,
    cursor: Cursor,
}

// SAFETY: addresses, numbers, and enums of which something is 0; the cursor asks for a survey.
unsafe impl Object for Manifest {
    const CLASS: Class = Class::Manifest;
}

/// A manifest that is in use for the time of one call.
struct Session<'a> {
    cursor: &'a mut Cursor,
    context: Context<'a, Stream>,
}

impl Session<'_> {
    /// EXCEPTION: TypeError, those of [`Stream::new`], and ValueError where the index was resized.
    #[inline(never)]
    fn new(object: mp_obj_t) -> Self {
        let manifest: &mut Manifest = object_mut(object);
        let context = Context {
            source: Stream::new(manifest.stream, manifest.buffer),
            field: buffer(manifest.field),
            own: buffer(manifest.own),
            index: if is_none(manifest.index) { &mut [] } else { index_groups(manifest.index) },
        };
        Self { cursor: &mut manifest.cursor, context }
    }

    /// EXCEPTION: ValueError, for a fault.
    fn expect<T>(&self, result: Result<T, Fault>) -> T {
        match result {
            Ok(value) => value,
            Err(fault) => raise_fault(self.cursor, fault),
        }
    }
}

/// EXCEPTION: TypeError, ValueError.
fn index_groups<'a>(index: mp_obj_t) -> &'a mut [[u8; 4]] {
    groups(index, Fault::IndexSize)
}

/// EXCEPTION: ValueError, always.
#[inline(never)]
fn raise_fault(cursor: &Cursor, fault: Fault) -> ! {
    raise(cursor.error(fault))
}

/// `Manifest(stream, buffer, own, field)`: see the stubs.
///
/// EXCEPTION: TypeError, OSError, MemoryError.
#[no_mangle]
extern "C" fn saguarota_manifest_new(
    class: *const mp::mp_obj_type_t,
    n_args: usize,
    n_kw: usize,
    args: *const mp_obj_t,
) -> mp_obj_t {
    let (manifest, args) = new_object::<Manifest, 4>(class, n_args, n_kw, args);
    manifest.stream = args[0];
    manifest.buffer = args[1];
    manifest.own = args[2];
    manifest.field = args[3];
    manifest.index = none();
    let object = as_obj(manifest);
    // Wrong types are told here rather than at the first use.
    Session::new(object);
    object
}

/// `validate() -> (version, entries, ordered, signed, extended, hashed)`.
///
/// EXCEPTION: ValueError with entry and byte; those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_survey(object: mp_obj_t) -> mp_obj_t {
    object_mut::<Manifest>(object).index = none();
    let mut session = Session::new(object);
    let found = session.cursor.survey(&mut session.context);
    let found = session.expect(found);
    tuple_obj(&[
        int_obj(found.version),
        int_obj(found.entries.into()),
        bool_obj(found.ordered),
        bool_obj(found.signed),
        bool_obj(found.extended),
        bool_obj(found.hashed),
    ])
}

/// `sort(index)`: brings the entries in path order; `index` has four bytes an entry.
///
/// EXCEPTION: ValueError for a path that comes twice, and for an index of another size; those of
/// the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_sort(object: mp_obj_t, index: mp_obj_t) -> mp_obj_t {
    // An index that cannot be used is not kept.
    index_groups(index);
    object_mut::<Manifest>(object).index = index;
    let mut session = Session::new(object);
    let sorted = session.cursor.sort(&mut session.context);
    session.expect(sorted);
    none()
}

/// `verify(key) -> bool`.
///
/// EXCEPTION: ValueError; those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_verify(object: mp_obj_t, key: mp_obj_t) -> mp_obj_t {
    let mut session = Session::new(object);
    let valid = session.cursor.verify(&mut session.context, buffer(key));
    bool_obj(session.expect(valid))
}

/// `members(table, fold)`: fills `table`, eight bytes an entry: see [`crate::members`].
///
/// EXCEPTION: TypeError, ValueError; those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_members(
    object: mp_obj_t,
    table: mp_obj_t,
    fold: mp_obj_t,
) -> mp_obj_t {
    let fold = truth(fold);
    let table: &mut [Member] = groups(table, Fault::TableSize);
    let mut session = Session::new(object);
    let filled = session.cursor.members(&mut session.context, table, fold);
    session.expect(filled);
    none()
}

/// `same_file(table) -> (path, other) | None`: see [`crate::same_file`].
///
/// EXCEPTION: TypeError, ValueError, MemoryError; those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_same_file(object: mp_obj_t, table: mp_obj_t) -> mp_obj_t {
    let table: &mut [Key] = whole_groups(table);
    if table.is_empty() {
        fail(Exception::Value, Fault::TableSmall);
    }
    let mut session = Session::new(object);
    let mut pair = [Held::new(), Held::new()];
    let found = same_file::find(session.cursor, &mut session.context, table, &mut pair);
    if !session.expect(found) {
        return none();
    }
    let [first, second] = &pair;
    tuple_obj(&[str_obj(first.get()), str_obj(second.get())])
}

/// `rewind()`.
///
/// EXCEPTION: those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_rewind(object: mp_obj_t) -> mp_obj_t {
    let mut session = Session::new(object);
    session.cursor.rewind(&mut session.context);
    none()
}

/// `next(local, force, all) -> (path, from, to, md5, due, index, size, sha256) | None`.
///
/// EXCEPTION: TypeError, ValueError, MemoryError; those of both streams.
#[no_mangle]
extern "C" fn saguarota_manifest_next(_: usize, args: &[mp_obj_t; 4]) -> mp_obj_t {
    if args[0] == args[1] {
        fail(Exception::Value, Fault::Itself);
    }
    let mut remote = Session::new(args[0]);
    let mut local = (!is_none(args[1])).then(|| Session::new(args[1]));
    let (force, all) = (truth(args[2]), truth(args[3]));
    loop {
        let older = local.as_mut().map(|local| (&mut *local.cursor, &mut local.context));
        let change = diff::next((&mut *remote.cursor, &mut remote.context), older, force);
        let change = match (change, &local) {
            (Ok(change), _) => change,
            (Err(Failed::Local(fault)), Some(local)) => raise_fault(local.cursor, fault),
            (Err(Failed::Local(fault) | Failed::Remote(fault)), _) => {
                raise_fault(remote.cursor, fault)
            }
        };
        let Some(change) = change else { return none() };
        if change.due || all {
            let entry = remote.cursor.entry();
            return tuple_obj(&[
                str_obj(entry.path),
                int_obj(change.from),
                int_obj(entry.version),
                if entry.md5.is_empty() { none() } else { str_obj(entry.md5) },
                bool_obj(change.due),
                int_obj(remote.cursor.passed().into()),
                entry.size.map_or_else(none, int_obj),
                entry.sha256.map_or_else(none, sha256_obj),
            ]);
        }
    }
}

/// EXCEPTION: MemoryError.
fn sha256_obj(digest: &[u8; 32]) -> mp_obj_t {
    str_obj(hex::encode(digest, &mut [0; 64]))
}
