//! `Listing`: the links of an HTML listing page, from pieces of its body.

use super::{buffer, new_object, none, object_mut, saguarota_listing_type, str_obj, tuple_obj};
use crate::fault::Fault;
use crate::listing;
use crate::text::Text;
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

/// `Listing(folder, own)`: see the stubs.
///
/// EXCEPTION: TypeError, MemoryError.
#[no_mangle]
extern "C" fn saguarota_listing_new(folder: mp_obj_t, own: mp_obj_t) -> mp_obj_t {
    // Wrong types are told here rather than at the first use.
    buffer(own);
    let folder = buffer(folder);
    new_object(|| Listing {
        // SAFETY: hands out the address of the type.
        base: mp::mp_obj_base_t { type_: unsafe { saguarota_listing_type() } },
        own,
        at: 0,
        listing: listing::Listing::new(folder),
    })
}

/// `next(piece) -> (path, problem) | None`.
///
/// EXCEPTION: TypeError, MemoryError.
#[no_mangle]
extern "C" fn saguarota_listing_next(object: mp_obj_t, piece: mp_obj_t) -> mp_obj_t {
    // SAFETY: hands out the address of the type.
    let this: &mut Listing = object_mut(object, unsafe { saguarota_listing_type() });
    let (piece, own) = (buffer(piece), buffer(this.own));
    let Some(found) = this.listing.next(piece, &mut this.at, own) else {
        this.at = 0;
        return none();
    };
    tuple_obj(&[str_obj(found.path), found.problem.map_or_else(none, sentence_obj)])
}

/// EXCEPTION: MemoryError.
fn sentence_obj(fault: Fault) -> mp_obj_t {
    let mut text = Text::new();
    fault.say(&mut text);
    str_obj(text.as_bytes())
}
