//! `Listing`: the links of an HTML listing page, from pieces of its body.

use super::memory::{bytes, check_bytes};
use super::obj::{none, str_obj, tuple_obj, Obj};
use super::object::{new_object, with, Class, Object};
use super::{kind_obj, listed};
use crate::listing;
use micropython_sys::mp_obj_type_t;

listed!(saguarota_listing_new, saguarota_listing_next);

#[repr(C)]
struct Listing {
    reserved: Obj,
    /// How much of the present piece is read.
    at: usize,
    listing: listing::Listing,
}

// SAFETY: addresses, numbers, and enums of which something is 0.
unsafe impl Object for Listing {
    const CLASS: Class = Class::Listing;
}

/// `Listing(folder, reserved)`: see the stubs.
///
/// EXCEPTION: TypeError, MemoryError.
///
/// # Safety
/// For MicroPython to call, as the class's constructor.
#[no_mangle]
unsafe extern "C" fn saguarota_listing_new(
    class: *const mp_obj_type_t,
    n_args: usize,
    n_kw: usize,
    args: *const Obj,
) -> Obj {
    let fill = |this: &mut Listing, &[folder, reserved]: &[Obj; 2]| {
        // A wrong type raises here, not at the first use.
        check_bytes(reserved);
        this.reserved = reserved;
        // SAFETY: no Python code runs while it is read.
        this.listing.start(unsafe { bytes(&folder) });
    };
    // SAFETY: MicroPython's arguments.
    unsafe { new_object(class, n_args, n_kw, args, fill) }
}

/// `next(piece) -> (path, code) | None`: the code is that of what is wrong with the link, or None.
///
/// EXCEPTION: TypeError, MemoryError; RuntimeError where the object is in use.
#[no_mangle]
extern "C" fn saguarota_listing_next(object: Obj, piece: Obj) -> Obj {
    with(object, |this: &mut Listing| {
        // SAFETY: no Python code runs while they are read; what is found lies in this object.
        let (piece, reserved) = unsafe { (bytes(&piece), bytes(&this.reserved)) };
        let Some(found) = this.listing.next(piece, &mut this.at, reserved) else {
            this.at = 0;
            return none();
        };
        tuple_obj(&[str_obj(found.path), found.problem.map_or_else(none, kind_obj)])
    })
}
