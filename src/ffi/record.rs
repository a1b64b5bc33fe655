//! What methods return under names: objects with attributes that can only be read. They have one
//! type, for each of them costs memory, and as many words as a tuple of their items.

use super::listed;
use super::memory::bytes;
use super::obj::{address, allocate, name_obj, Obj};
use super::object::{type_of_class, Class};
use crate::bytes::split;
use core::mem::{size_of, size_of_val};
use micropython_sys as mp;
use mp::mp_obj_base_t;

/// A record as it lies in the garbage collector's memory. Its items follow, in the order of their
/// names.
#[repr(C)]
struct Instance {
    base: mp_obj_base_t,
    kind: Kind,
}

/// Declares the records, each with the names of its attributes: a struct to fill, which has a field
/// for each, and the names as MicroPython is given them.
macro_rules! records {
    ($($(#[$doc:meta])* $record:ident { $first:ident $($name:ident)* })*) => {
        #[derive(Clone, Copy)]
        #[repr(usize)]
        enum Kind { $($record),* }

        $(
            $(#[$doc])*
            pub struct $record {
                pub $first: Obj,
                $(pub $name: Obj),*
            }

            impl $record {
                /// EXCEPTION: MemoryError.
                pub fn into_obj(self) -> Obj {
                    new_record(Kind::$record, &[self.$first, $(self.$name),*])
                }
            }
        )*

        /// With a space between two. One text: an array of texts would need relocations.
        fn names(kind: Kind) -> &'static [u8] {
            match kind {
                $(Kind::$record => concat!(stringify!($first), $(" ", stringify!($name)),*),)*
            }
            .as_bytes()
        }
    };
}

// The names are those that MicroPython or the package has already, as far as they say what is
// meant: each other one takes memory for good.
records! {
    /// Of `Manifest.validate`.
    Validation { version total sorted signed extended sha256 }

    /// Of `Manifest.next`.
    Entry { path local version md5 due index size sha256 }

    /// Of `Response.head`.
    Head { status framed redirect validator start size }
}

/// EXCEPTION: MemoryError.
#[inline(never)]
fn new_record(kind: Kind, items: &[Obj]) -> Obj {
    let size = size_of::<Instance>() + size_of_val(items);
    // SAFETY: of whole words, and more than two, as a record has items. Filled below.
    let object = unsafe { allocate(type_of_class(Class::Record), size) };
    let instance: *mut Instance = address(object).cast();
    // SAFETY: the memory is new, of this size and aligned to the collector's blocks; nobody else
    // has it yet. Its type is there already.
    unsafe {
        (&raw mut (*instance).kind).write(kind);
        instance.add(1).cast::<Obj>().copy_from_nonoverlapping(items.as_ptr(), items.len());
    }
    object
}

listed!(saguarota_record_attr);

/// Puts the attribute at `place`. An unknown name and anything but reading are left alone, of which
/// MicroPython makes an AttributeError.
///
/// # Safety
/// For MicroPython to call, as the type's slot for attributes: what is at `place` is null where it
/// asks for a value.
#[no_mangle]
unsafe extern "C" fn saguarota_record_attr(object: Obj, name: mp::qstr, place: *mut Obj) {
    let instance: *const Instance = address(object).cast();
    // SAFETY: only `new_record` makes objects of this type; a record has as many items as names,
    // both by `records`. The name lies in MicroPython's table, and nothing runs meanwhile.
    unsafe {
        if !address(*place).is_null() {
            return;
        }
        let name = name_obj(name);
        let name = bytes(&name);
        let names = names((*instance).kind);
        if let Some(at) = split(names, b' ').position(|other| other == name) {
            *place = instance.add(1).cast::<Obj>().add(at).read();
        }
    }
}
