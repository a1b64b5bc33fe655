//! `Manifest`: a cursor over a manifest file.

use super::{
    bool_obj, buffer, groups, int_obj, is_none, new_object, none, object_mut, raise,
    saguarota_manifest_type, str_obj, stream::Stream, truth, tuple_obj,
};
use crate::cursor::{Context, Cursor};
use crate::diff;
use crate::digest::hex_encode;
use crate::error::Error;
use crate::fault::Fault;
use crate::members::Member;
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

impl Manifest {
    /// EXCEPTION: TypeError.
    fn from<'a>(object: mp_obj_t) -> &'a mut Self {
        // SAFETY: hands out the address of the type.
        object_mut(object, unsafe { saguarota_manifest_type() })
    }

    /// EXCEPTION: those of [`Stream::new`], and ValueError where the index was resized.
    fn parts(&mut self) -> (&mut Cursor, Context<'_, Stream>) {
        let context = Context {
            source: Stream::new(self.stream, self.buffer),
            field: buffer(self.field),
            own: buffer(self.own),
            index: if is_none(self.index) { &mut [] } else { index_groups(self.index) },
        };
        (&mut self.cursor, context)
    }
}

/// EXCEPTION: TypeError, ValueError.
fn index_groups<'a>(index: mp_obj_t) -> &'a mut [[u8; 4]] {
    groups(index, Fault::IndexSize)
}

/// EXCEPTION: ValueError, always.
fn raise_fault(cursor: &Cursor, fault: Fault) -> ! {
    raise(cursor.error(fault))
}

/// `Manifest(stream, buffer, own, field)`: see the stubs.
///
/// EXCEPTION: TypeError, OSError, MemoryError.
#[no_mangle]
extern "C" fn saguarota_manifest_new(args: *const mp_obj_t) -> mp_obj_t {
    // SAFETY: `glue.c` has checked that there are four.
    let args = unsafe { core::slice::from_raw_parts(args, 4) };
    let object = new_object(|| Manifest {
        // SAFETY: hands out the address of the type.
        base: mp::mp_obj_base_t { type_: unsafe { saguarota_manifest_type() } },
        stream: args[0],
        buffer: args[1],
        own: args[2],
        field: args[3],
        index: none(),
        cursor: Cursor::new(),
    });
    // Wrong types are told here rather than at the first use.
    Manifest::from(object).parts();
    object
}

/// `survey(key) -> (version, entries, ordered, signed, valid, extended)`.
///
/// EXCEPTION: ValueError with entry and byte; those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_survey(object: mp_obj_t, key: mp_obj_t) -> mp_obj_t {
    let manifest = Manifest::from(object);
    manifest.index = none();
    let (cursor, mut context) = manifest.parts();
    let key = if is_none(key) { None } else { Some(buffer(key)) };
    let found = cursor.survey(&mut context, key);
    let found = found.unwrap_or_else(|fault| raise_fault(cursor, fault));
    tuple_obj(&[
        int_obj(found.version),
        int_obj(found.entries.into()),
        bool_obj(found.ordered),
        bool_obj(found.signed),
        found.valid.map_or_else(none, bool_obj),
        bool_obj(found.extended),
    ])
}

/// `sort(index)`: brings the entries in path order; `index` has four bytes an entry.
///
/// EXCEPTION: ValueError for a path that comes twice, and for an index of another size; those of
/// the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_sort(object: mp_obj_t, index: mp_obj_t) -> mp_obj_t {
    let manifest = Manifest::from(object);
    // An index that cannot be used is not kept.
    index_groups(index);
    manifest.index = index;
    let (cursor, mut context) = manifest.parts();
    let sorted = cursor.sort(&mut context);
    sorted.unwrap_or_else(|fault| raise_fault(cursor, fault));
    none()
}

/// `verify(key) -> bool`.
///
/// EXCEPTION: ValueError; those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_verify(object: mp_obj_t, key: mp_obj_t) -> mp_obj_t {
    let (cursor, mut context) = Manifest::from(object).parts();
    let valid = cursor.verify(&mut context, buffer(key));
    bool_obj(valid.unwrap_or_else(|fault| raise_fault(cursor, fault)))
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
    let (cursor, mut context) = Manifest::from(object).parts();
    let filled = cursor.members(&mut context, table, fold);
    filled.unwrap_or_else(|fault| raise_fault(cursor, fault));
    none()
}

/// `has_suffix(suffix) -> bool`: does any path end so?
///
/// EXCEPTION: TypeError, ValueError; those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_has_suffix(object: mp_obj_t, suffix: mp_obj_t) -> mp_obj_t {
    let (cursor, mut context) = Manifest::from(object).parts();
    let found = cursor.has_suffix(&mut context, buffer(suffix));
    bool_obj(found.unwrap_or_else(|fault| raise_fault(cursor, fault)))
}

/// `rewind()`.
///
/// EXCEPTION: those of the stream.
#[no_mangle]
extern "C" fn saguarota_manifest_rewind(object: mp_obj_t) -> mp_obj_t {
    let (cursor, mut context) = Manifest::from(object).parts();
    cursor.rewind(&mut context);
    none()
}

/// `next(local, force, all) -> (path, from, to, md5, due, index, size, sha256) | None`.
///
/// EXCEPTION: TypeError, ValueError, MemoryError; those of both streams.
#[no_mangle]
extern "C" fn saguarota_manifest_next(args: *const mp_obj_t) -> mp_obj_t {
    // SAFETY: `glue.c` has checked that there are four.
    let args = unsafe { core::slice::from_raw_parts(args, 4) };
    if args[0] == args[1] {
        raise(Error::new(Fault::Itself));
    }
    let (cursor, mut context) = Manifest::from(args[0]).parts();
    let mut local = (!is_none(args[1])).then(|| Manifest::from(args[1]).parts());
    let (force, all) = (truth(args[2]), truth(args[3]));
    loop {
        let local = local.as_mut().map(|(cursor, context)| (&mut **cursor, context));
        let change = diff::next((&mut *cursor, &mut context), local, force);
        let Some(change) = change.unwrap_or_else(|error| raise(error)) else { return none() };
        if change.due || all {
            let entry = cursor.entry();
            return tuple_obj(&[
                str_obj(entry.path),
                int_obj(change.from),
                int_obj(entry.version),
                if entry.md5.is_empty() { none() } else { str_obj(entry.md5) },
                bool_obj(change.due),
                int_obj(cursor.passed().into()),
                entry.size.map_or_else(none, int_obj),
                entry.sha256.map_or_else(none, sha256_obj),
            ]);
        }
    }
}

/// EXCEPTION: MemoryError.
fn sha256_obj(digest: &[u8; 32]) -> mp_obj_t {
    str_obj(hex_encode(digest, &mut [0; 64]))
}
