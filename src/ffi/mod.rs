//! MicroPython's side: what `mpy_glue/glue.c` registers, and the only unsafe code.
//!
//! Rules of this room:
//! - A function that may raise says so (EXCEPTION): MicroPython raises by `longjmp`, straight over
//!   the Rust frames below. No value with a destructor is alive in a frame across such a call;
//!   where a bounded text must be, it is in `ManuallyDrop`.
//! - Errors are values until [`raise`], which each entry point calls last.
//! - One call at a time: a stream written in Python must not use the object that reads it, nor
//!   resize what the call was given, but for the buffer that is read to.
//! - Rust never touches external data (mpy_ld cannot place such references on ARM); C hands out
//!   addresses by functions.

#![allow(unsafe_code)]

mod functions;
mod listing;
mod manifest;
mod response;
mod stream;

use crate::error::Error;
use crate::fault::Fault;
use crate::text::{decimal, Text};
use core::ffi::{c_char, c_int, c_void};
use core::mem::ManuallyDrop;
use micropython_sys as mp;
use mp::{mp_obj_t, mp_obj_type_t, mp_uint_t};

/// The exceptions that C raises for Rust, numbered as in `glue.c`.
#[derive(Clone, Copy)]
#[repr(C)]
enum Exception {
    Value = 0,
    Type = 1,
    Runtime = 2,
}

extern "C" {
    fn saguarota_table() -> *const mp::mp_fun_table_t;
    fn saguarota_listing_type() -> *const mp_obj_type_t;
    fn saguarota_manifest_type() -> *const mp_obj_type_t;
    fn saguarota_response_type() -> *const mp_obj_type_t;
    fn saguarota_alloc(size: usize) -> *mut c_void;
    fn saguarota_raise(exception: c_int, message: *const c_char, len: usize) -> !;
    fn saguarota_raise_errno(errno: c_int) -> !;
    fn saguarota_seek(stream: mp_obj_t, offset: mp_uint_t);
    fn saguarota_int(digits: *const c_char, len: usize) -> mp_obj_t;
}

fn table() -> &'static mp::mp_fun_table_t {
    // SAFETY: the table is a constant of the firmware.
    unsafe { &*saguarota_table() }
}

/// Calls an entry of the function table, all of which bindgen sees as optional.
macro_rules! call {
    ($function:ident($($argument:expr),*)) => {
        // SAFETY: the table is complete in every firmware that runs native code; what each entry
        // asks of its arguments holds where it is called.
        unsafe { $crate::ffi::table().$function.unwrap_unchecked()($($argument),*) }
    };
}
use call;

// What lives in a frame while a stream may raise has no destructor that would be missed.
const _: () = assert!(
    !core::mem::needs_drop::<crate::digest::Digest>()
        && !core::mem::needs_drop::<crate::auth::Verifier>()
        && !core::mem::needs_drop::<crate::order::Order>()
        && !core::mem::needs_drop::<stream::Stream>()
);

/// EXCEPTION: always. The place where an [`Error`] becomes a Python exception.
#[inline(never)]
fn raise_as(exception: Exception, error: Error) -> ! {
    let mut text = Text::new();
    error.describe(&mut text);
    let message = text.as_bytes();
    // SAFETY: the message is copied before the frames are left.
    unsafe { saguarota_raise(exception as c_int, message.as_ptr().cast(), message.len()) }
}

/// EXCEPTION: always, a ValueError.
fn raise(error: Error) -> ! {
    raise_as(Exception::Value, error)
}

/// EXCEPTION: always, for a fault without a place.
#[inline(never)]
fn fail(exception: Exception, fault: Fault) -> ! {
    raise_as(exception, Error::new(fault))
}

fn none() -> mp_obj_t {
    table().const_none.cast_mut()
}

fn bool_obj(value: bool) -> mp_obj_t {
    let object = if value { table().const_true } else { table().const_false };
    object.cast_mut()
}

fn is_none(object: mp_obj_t) -> bool {
    object == none()
}

/// EXCEPTION: MemoryError, and what the object's `__bool__` raises.
fn truth(object: mp_obj_t) -> bool {
    call!(obj_is_true(object))
}

/// EXCEPTION: MemoryError.
fn str_obj(text: &[u8]) -> mp_obj_t {
    call!(obj_new_str(text.as_ptr().cast(), text.len()))
}

/// EXCEPTION: MemoryError.
fn int_obj(value: u64) -> mp_obj_t {
    // A machine word where it fits; Python's own long integers for the rest.
    match mp::mp_int_t::try_from(value) {
        Ok(word) => call!(native_to_obj(word as mp_uint_t, mp::MP_NATIVE_TYPE_INT as mp_uint_t)),
        Err(_) => {
            let mut digits = [0; 20];
            let digits = decimal(value, &mut digits);
            // SAFETY: the digits are copied.
            unsafe { saguarota_int(digits.as_ptr().cast(), digits.len()) }
        }
    }
}

/// EXCEPTION: MemoryError.
fn tuple_obj(items: &[mp_obj_t]) -> mp_obj_t {
    call!(new_tuple(items.len(), items.as_ptr()))
}

/// EXCEPTION: TypeError, where the object has no buffer.
///
/// The bytes stay valid as long as nothing resizes or collects the object; callers keep it in
/// reach of the garbage collector and run no Python code while they hold the slice.
fn buffer<'a>(object: mp_obj_t) -> &'a [u8] {
    let info = buffer_info(object, mp::MP_BUFFER_READ);
    if info.len == 0 {
        return &[];
    }
    // SAFETY: MicroPython has just given this pointer and length.
    unsafe { core::slice::from_raw_parts(info.buf.cast(), info.len) }
}

/// EXCEPTION: TypeError, where the object has no buffer that can be written to.
fn writable(object: mp_obj_t) -> (*mut u8, usize) {
    let info = buffer_info(object, mp::MP_BUFFER_READ | mp::MP_BUFFER_WRITE);
    (info.buf.cast(), info.len)
}

/// EXCEPTION: TypeError, where the object has no buffer that can be written to; ValueError with
/// `fault` where that is no row of whole groups of `N` bytes.
///
/// The groups stay valid as those of [`buffer`].
fn groups<'a, const N: usize>(object: mp_obj_t, fault: Fault) -> &'a mut [[u8; N]] {
    let (pointer, len) = writable(object);
    if len % N != 0 {
        fail(Exception::Value, fault);
    }
    if len == 0 {
        return &mut [];
    }
    // SAFETY: MicroPython has just given this pointer and length.
    unsafe { core::slice::from_raw_parts_mut(pointer.cast(), len / N) }
}

fn buffer_info(object: mp_obj_t, flags: u32) -> mp::mp_buffer_info_t {
    let mut info = mp::mp_buffer_info_t { buf: core::ptr::null_mut(), len: 0, typecode: 0 };
    if !call!(get_buffer(object, &mut info, flags as mp_uint_t)) {
        fail(Exception::Type, Fault::NoBuffer);
    }
    info
}

/// What has a valid value of which each byte is 0.
///
/// # Safety
/// `Self::ZERO` is that value; the compiler, which makes it, refuses one that is invalid.
unsafe trait Zeroed: Sized {
    // SAFETY: see above.
    const ZERO: ManuallyDrop<Self> = ManuallyDrop::new(unsafe { core::mem::zeroed() });
}

/// EXCEPTION: MemoryError. A new object of `T`'s layout, zero but for its type; the garbage
/// collector owns it and runs no destructor.
fn new_object<'a, T: Zeroed>(object_type: *const mp_obj_type_t) -> &'a mut T {
    const { assert!(!core::mem::needs_drop::<T>()) };
    const {
        let _zero = T::ZERO;
    };
    let size = core::mem::size_of::<T>();
    // SAFETY: the memory is new, large enough, and aligned to the collector's blocks; an object
    // starts with its type.
    unsafe {
        let object = saguarota_alloc(size);
        core::ptr::write_bytes(object.cast::<u8>(), 0, size);
        object.cast::<*const mp_obj_type_t>().write(object_type);
        &mut *object.cast()
    }
}

/// The object that Rust sees as `object`.
fn as_obj<T: Zeroed>(object: &mut T) -> mp_obj_t {
    core::ptr::from_mut(object).cast()
}

/// EXCEPTION: TypeError, where the object is not of this type.
fn object_mut<'a, T>(object: mp_obj_t, object_type: *const mp_obj_type_t) -> &'a mut T {
    if call!(obj_get_type(object.cast_const())) != object_type {
        fail(Exception::Type, Fault::OtherType);
    }
    // SAFETY: only `new_object` makes objects of this type, with this layout; one call at a time,
    // as the rules above say.
    unsafe { &mut *object.cast() }
}

/// A panic is a defect of this crate; the device survives it as a RuntimeError.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    fail(Exception::Runtime, Fault::Internal)
}
