//! `Listing`: the links of an HTML listing page, from pieces of its body.

use super::{
    as_obj, buffer, fault_obj, new_object, none, object_mut, str_obj, tuple_obj, Class, Object,
};
use crate::listing;
use micropython_sys as mp;
use mp::mp_obj_t;

#[repr(C)]
struct Listing {
    base: mp::mp_obj_base_t,
    own: mp_obj_t,
    /// How much of the present piece is read.
    at: usize,
    listing: listing::Listing,
}

// SAFETY: addresses, numbers, and enums of which something is 0.
unsafe impl Object for Listing {
    const CLASS: Class = Class::Listing;
}

/// `Listing(folder, own)`: see the stubs.
///
/// EXCEPTION: TypeError, MemoryError.
#[no_mangle]
extern "C" fn saguarota_listing_new(
    class: *const mp::mp_obj_type_t,
    n_args: usize,
    n_kw: usize,
    args: *const mp_obj_t,
) -> mp_obj_t {
    let (object, &[folder, own]) = new_object::<Listing, 2>(class, n_args, n_kw, args);
    // Wrong types are told here rather than at the first use.
    buffer(own);
    object.own = own;
    object.listing.start(buffer(folder));
    as_obj(object)
}

/// `next(piece) -> (path, code) | None`: the code is that of what is wrong with the link, or None.
///
/// EXCEPTION: TypeError, MemoryError.
#[no_mangle]
extern "C" fn saguarota_listing_next(object: mp_obj_t, piece: mp_obj_t) -> mp_obj_t {
    let this: &mut Listing = object_mut(object);
    let (piece, own) = (buffer(piece), buffer(this.own));
    let Some(found) = this.listing.next(piece, &mut this.at, own) else {
        this.at = 0;
        return none();
    };
    tuple_obj(&[str_obj(found.path), found.problem.map_or_else(none, fault_obj)])
}
