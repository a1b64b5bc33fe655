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
use crate::text::Text;
use core::ffi::c_uint;
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
    Os = 3,
}

/// The classes, numbered as in `glue.c`.
#[derive(Clone, Copy)]
#[repr(C)]
enum Class {
    Listing = 0,
    Manifest = 1,
    Response = 2,
}

extern "C" {
    fn saguarota_table() -> *const mp::mp_fun_table_t;
    fn saguarota_type(class: c_uint) -> *const mp_obj_type_t;
    fn saguarota_raise(exception: c_uint, argument: mp_obj_t) -> !;
    fn saguarota_seek(stream: mp_obj_t, offset: mp_obj_t);
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
    !core::mem::needs_drop::<crate::hash::Digest>()
        && !core::mem::needs_drop::<crate::auth::Verifier>()
        && !core::mem::needs_drop::<crate::order::Order>()
        && !core::mem::needs_drop::<stream::Stream>()
);

/// EXCEPTION: always. The place where an [`Error`] becomes a Python exception.
#[inline(never)]
fn raise_as(exception: Exception, error: Error) -> ! {
    let mut text = Text::new();
    error.describe(&mut text);
    raise_object(exception, str_obj(text.as_bytes()))
}

/// EXCEPTION: always, with this argument.
fn raise_object(exception: Exception, argument: mp_obj_t) -> ! {
    // SAFETY: raises and does not come back.
    unsafe { saguarota_raise(exception as c_uint, argument) }
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

/// EXCEPTION: MemoryError; OverflowError on a port without long integers.
#[inline(never)]
fn int_obj(value: u64) -> mp_obj_t {
    let word = |value| call!(native_to_obj(value, mp::MP_NATIVE_TYPE_UINT as mp_uint_t));
    let low = word(value as mp_uint_t);
    match (value >> 16 >> (mp_uint_t::BITS - 16)) as mp_uint_t {
        0 => low,
        high => {
            let high =
                call!(binary_op(mp::mp_binary_op_t_MP_BINARY_OP_LSHIFT, word(high), word(32)));
            call!(binary_op(mp::mp_binary_op_t_MP_BINARY_OP_OR, high, low))
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
    if !writable(object).1.is_multiple_of(N) {
        fail(Exception::Value, fault);
    }
    whole_groups(object)
}

/// EXCEPTION: TypeError. As [`groups`], but what is left over at the end stays unused.
fn whole_groups<'a, const N: usize>(object: mp_obj_t) -> &'a mut [[u8; N]] {
    let (pointer, len) = writable(object);
    if len < N {
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

/// The layout of a class's objects, the type first. It has a valid value of which each byte is 0.
///
/// # Safety
/// `Self::ZERO` is that value; the compiler, which makes it, refuses one that is invalid.
unsafe trait Object: Sized {
    const CLASS: Class;
    // SAFETY: see above.
    const ZERO: ManuallyDrop<Self> = ManuallyDrop::new(unsafe { core::mem::zeroed() });
}

/// EXCEPTION: MemoryError; TypeError for another number of arguments than `N`. What a constructor
/// does first: its arguments, and a new object of `T`'s layout, zero but for its type; the garbage
/// collector owns it and runs no destructor.
fn new_object<'a, T: Object, const N: usize>(
    object_type: *const mp_obj_type_t,
    n_args: usize,
    n_kw: usize,
    args: *const mp_obj_t,
) -> (&'a mut T, &'a [mp_obj_t; N]) {
    const { assert!(!core::mem::needs_drop::<T>()) };
    const {
        let _zero = T::ZERO;
    };
    call!(arg_check_num_sig(n_args, n_kw, (N << 17 | N << 1) as u32));
    let size = core::mem::size_of::<T>();
    // SAFETY: the memory is new, large enough, and aligned to the collector's blocks; an object
    // starts with its type. There are `N` arguments, as has just been checked.
    unsafe { (&mut *allocate(object_type, size).cast(), &*args.cast()) }
}

const WORD: usize = core::mem::size_of::<mp_obj_t>();

/// EXCEPTION: MemoryError. `size` bytes of the garbage collector's, zero but for an object's type
/// at their start.
#[inline(never)]
fn allocate(object_type: *const mp_obj_type_t, size: usize) -> mp_obj_t {
    // Of the table's functions, the one that raises by itself where there is no memory; the tuple
    // is one for so long.
    let object = call!(new_tuple(size / WORD - 2, core::ptr::null()));
    // SAFETY: a tuple has two words and its items, which may be uninitialized.
    unsafe {
        core::ptr::write_bytes(object.cast::<u8>(), 0, size);
        object.cast::<*const mp_obj_type_t>().write(object_type);
    }
    object
}

/// The object that Rust sees as `object`.
fn as_obj<T: Object>(object: &mut T) -> mp_obj_t {
    core::ptr::from_mut(object).cast()
}

/// EXCEPTION: TypeError, where the object is not of this type.
fn object_mut<'a, T: Object>(object: mp_obj_t) -> &'a mut T {
    check_class(object, T::CLASS);
    // SAFETY: only `new_object` makes objects of this type, with this layout; one call at a time,
    // as the rules above say.
    unsafe { &mut *object.cast() }
}

/// EXCEPTION: TypeError.
#[inline(never)]
fn check_class(object: mp_obj_t, class: Class) {
    // SAFETY: hands out the address of the type.
    if call!(obj_get_type(object.cast_const())) != unsafe { saguarota_type(class as c_uint) } {
        fail(Exception::Type, Fault::OtherType);
    }
}

/// A panic is a defect of this crate; the device survives it as a RuntimeError.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    fail(Exception::Runtime, Fault::Internal)
}
