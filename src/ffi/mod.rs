//! MicroPython's side: what `mpy_glue/glue.c` registers, and the only unsafe code.
//!
//! Rules of this room:
//! - A function that may raise says so (EXCEPTION): MicroPython raises by `longjmp`, straight over
//!   the Rust frames below. No value with a destructor is alive in a frame across such a call;
//!   where a bounded text must be, it is in `ManuallyDrop`.
//! - Errors are values until [`raise`], which each entry point calls last.
//! - An object of ours is entered by one call at a time: see [`object::with`].
//! - Whatever runs Python code or makes an object, in which a finaliser may run, can resize the
//!   arguments: no slice of one is alive across it. Functions whose callers must see to that are
//!   unsafe.
//! - Rust never touches external data (mpy_ld cannot place such references on ARM); C hands out
//!   addresses by functions.

#![allow(unsafe_code)]

mod functions;
mod listing;
mod manifest;
mod memory;
mod obj;
mod object;
mod record;
mod response;
mod seam;
mod stream;

use crate::error::{Error, ErrorKind};
use core::ffi::c_uint;
use obj::{int_obj, none, str_obj, Obj};
use seam::{listed, saguarota_raise, Exception};

// What lives in a frame while a stream may raise has no destructor that would be missed.
const _: () = assert!(
    !core::mem::needs_drop::<crate::hash::Digest>()
        && !core::mem::needs_drop::<crate::manifest::signature::Verifier>()
        && !core::mem::needs_drop::<crate::manifest::path_order::Order>()
        && !core::mem::needs_drop::<stream::Stream>()
        && !core::mem::needs_drop::<manifest::Session>()
);

/// EXCEPTION: always. The place where an [`Error`] becomes a Python exception: its arguments are
/// the code and two numbers or None, see [`Error::numbers`]. Python has the sentences.
#[inline(never)]
fn raise_as(exception: Exception, error: Error) -> ! {
    let (first, second) = error.numbers();
    let number = |number: Option<u32>| number.map_or_else(none, |number| int_obj(number.into()));
    raise_with(exception, &[kind_obj(error.kind), number(first), number(second)])
}

/// EXCEPTION: always, with these arguments.
fn raise_with(exception: Exception, arguments: &[Obj]) -> ! {
    // SAFETY: the arguments are copied; raises and does not come back.
    unsafe { saguarota_raise(exception as c_uint, arguments.len(), arguments.as_ptr()) }
}

/// EXCEPTION: always, a ValueError.
fn raise(error: Error) -> ! {
    raise_as(Exception::Value, error)
}

/// EXCEPTION: always, for an error without a place.
#[inline(never)]
fn fail(exception: Exception, kind: ErrorKind) -> ! {
    raise_as(exception, Error::new(kind))
}

/// EXCEPTION: MemoryError. An error's code.
fn kind_obj(kind: ErrorKind) -> Obj {
    int_obj(u64::from(kind as u8))
}

/// A panic is a defect of this crate; the device survives it as a RuntimeError.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    raise_with(Exception::Runtime, &[str_obj(b"internal error in the native module")])
}
