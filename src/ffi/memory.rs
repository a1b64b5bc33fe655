//! The bytes of an argument, as Rust's slices. MicroPython lends pointer and length, and anything
//! written in Python may resize the object a moment later: so each use asks for them anew. A slice
//! lives no longer than the variable that names its object.

use super::{fail, obj, obj::Obj, Exception};
use crate::error::ErrorKind;
use core::slice;

/// EXCEPTION: TypeError, where the object has no buffer.
///
/// # Safety
/// While the slice is alive nothing runs Python code, makes an object (which may run a finaliser)
/// or writes to the same memory.
pub unsafe fn bytes(object: &Obj) -> &[u8] {
    let (pointer, len) = obj::readable(*object);
    if len == 0 {
        return &[];
    }
    // SAFETY: MicroPython has just given this pointer and length; they hold for as long as the
    // caller promises.
    unsafe { slice::from_raw_parts(pointer, len) }
}

/// EXCEPTION: TypeError, where the object has no buffer that can be written to.
///
/// # Safety
/// As for [`bytes`], and nothing reads the same memory.
pub unsafe fn bytes_mut(object: &mut Obj) -> &mut [u8] {
    let (pointer, len) = obj::writable(*object);
    if len == 0 {
        return &mut [];
    }
    // SAFETY: as in `bytes`.
    unsafe { slice::from_raw_parts_mut(pointer, len) }
}

/// EXCEPTION: TypeError, where the object has no buffer.
pub fn check_bytes(object: Obj) {
    obj::readable(object);
}

/// EXCEPTION: TypeError, where the object has no buffer that can be written to; ValueError with
/// `kind` where that is not of whole groups of so many bytes.
pub fn check_groups(object: Obj, size: usize, kind: ErrorKind) {
    let (_, len) = obj::writable(object);
    if !len.is_multiple_of(size) {
        fail(Exception::Value, kind);
    }
}
