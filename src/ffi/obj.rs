//! MicroPython's objects, and what its function table does with them: a typed function each.

use super::seam::{saguarota_catch, saguarota_seek, saguarota_table};
use super::{fail, Exception};
use crate::error::ErrorKind;
use core::ffi::c_void;
use core::hint::unreachable_unchecked;
use core::mem::size_of;
use core::ptr;
use micropython_sys as mp;
use mp::{mp_obj_t, mp_obj_type_t, mp_uint_t};

/// An object of MicroPython's. Only MicroPython makes them: C hands them over, or a function below
/// does. One is kept where the garbage collector looks, so that what it names stays: on the stack,
/// or in an object.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Obj(mp_obj_t);

fn table() -> &'static mp::mp_fun_table_t {
    // SAFETY: the table is a constant of the firmware.
    unsafe { &*saguarota_table() }
}

/// A function of the table, all of which bindgen sees as optional.
///
/// # Safety
/// `entry` comes from the table, which is complete in every firmware that runs native code.
unsafe fn function<F>(entry: Option<F>) -> F {
    // SAFETY: as the caller promises.
    unsafe { entry.unwrap_unchecked() }
}

pub fn none() -> Obj {
    Obj(table().const_none.cast_mut())
}

pub fn bool_obj(value: bool) -> Obj {
    let object = if value { table().const_true } else { table().const_false };
    Obj(object.cast_mut())
}

pub fn is_none(object: Obj) -> bool {
    object == none()
}

/// EXCEPTION: MemoryError, and what the object's `__bool__` raises. That is Python code, and may
/// resize what other arguments hold.
pub fn truth(object: Obj) -> bool {
    // SAFETY: takes any object.
    unsafe { function(table().obj_is_true)(object.0) }
}

/// EXCEPTION: MemoryError.
pub fn str_obj(text: &[u8]) -> Obj {
    // SAFETY: the text is copied; nothing in Rust's hands is Python's to resize meanwhile.
    Obj(unsafe { function(table().obj_new_str)(text.as_ptr().cast(), text.len()) })
}

/// EXCEPTION: MemoryError.
fn word_obj(value: mp_uint_t, kind: u32) -> Obj {
    // SAFETY: takes any word, of these kinds.
    Obj(unsafe { function(table().native_to_obj)(value, kind as mp_uint_t) })
}

/// A name of MicroPython's table, as a str. Takes no memory.
pub fn name_obj(name: mp::qstr) -> Obj {
    word_obj(name, mp::MP_NATIVE_TYPE_QSTR)
}

/// EXCEPTION: MemoryError.
pub fn signed_obj(value: mp::mp_int_t) -> Obj {
    word_obj(value as mp_uint_t, mp::MP_NATIVE_TYPE_INT)
}

/// EXCEPTION: MemoryError; OverflowError on a port without long integers.
#[inline(never)]
pub fn int_obj(value: u64) -> Obj {
    let word = |value| word_obj(value, mp::MP_NATIVE_TYPE_UINT);
    let low = word(value as mp_uint_t);
    match (value >> 16 >> (mp_uint_t::BITS - 16)) as mp_uint_t {
        0 => low,
        high => {
            let high = binary(mp::mp_binary_op_t_MP_BINARY_OP_LSHIFT, word(high), word(32));
            binary(mp::mp_binary_op_t_MP_BINARY_OP_OR, high, low)
        }
    }
}

/// EXCEPTION: that of the operation.
fn binary(operation: mp::mp_binary_op_t, left: Obj, right: Obj) -> Obj {
    // SAFETY: takes any objects.
    Obj(unsafe { function(table().binary_op)(operation, left.0, right.0) })
}

/// EXCEPTION: MemoryError.
pub fn tuple_obj(items: &[Obj]) -> Obj {
    // SAFETY: so many objects, each of which is transparently MicroPython's; they are copied.
    Obj(unsafe { function(table().new_tuple)(items.len(), items.as_ptr().cast()) })
}

/// EXCEPTION: MemoryError. `size` bytes of the garbage collector's, zero but for an object's type
/// at their start.
///
/// # Safety
/// `size` is of whole words, more than two. Before anybody else has it, the caller makes it an
/// object of that type.
#[inline(never)]
pub unsafe fn allocate(object_type: *const mp_obj_type_t, size: usize) -> Obj {
    let words = size / size_of::<mp_obj_t>();
    // SAFETY: of the table's functions, the one that raises by itself where there is no memory. The
    // tuple is one for so long; it has two words and its items, which may be uninitialized.
    let object = unsafe { function(table().new_tuple)(words - 2, ptr::null()) };
    // SAFETY: memory of this size, which is new.
    unsafe {
        ptr::write_bytes(object.cast::<u8>(), 0, size);
        object.cast::<*const mp_obj_type_t>().write(object_type);
    }
    Obj(object)
}

/// EXCEPTION: TypeError for another number of arguments than `count`, or any by name.
pub fn check_arguments(count: usize, n_args: usize, n_kw: usize) {
    // SAFETY: takes any numbers.
    unsafe { function(table().arg_check_num_sig)(n_args, n_kw, (count << 17 | count << 1) as u32) }
}

/// The object's type.
pub fn type_of(object: Obj) -> *const mp_obj_type_t {
    // SAFETY: takes any object.
    unsafe { function(table().obj_get_type)(object.0.cast_const()) }
}

/// The address of the object.
pub fn address(object: Obj) -> *mut c_void {
    object.0
}

/// EXCEPTION: TypeError, where the object has no such buffer. Runs no Python code.
fn buffer(object: Obj, flags: u32) -> (*mut u8, usize) {
    let mut info = mp::mp_buffer_info_t { buf: ptr::null_mut(), len: 0, typecode: 0 };
    // SAFETY: takes any object, and fills what lives until then.
    let found = unsafe { function(table().get_buffer)(object.0, &mut info, flags as mp_uint_t) };
    if !found {
        fail(Exception::Type, ErrorKind::NoBuffer);
    }
    (info.buf.cast(), info.len)
}

/// EXCEPTION: TypeError, where the object has no buffer.
pub fn readable(object: Obj) -> (*const u8, usize) {
    let (pointer, len) = buffer(object, mp::MP_BUFFER_READ);
    (pointer, len)
}

/// EXCEPTION: TypeError, where the object has no buffer that can be written to.
pub fn writable(object: Obj) -> (*mut u8, usize) {
    buffer(object, mp::MP_BUFFER_READ | mp::MP_BUFFER_WRITE)
}

/// EXCEPTION: OSError, where the object is no stream that can be read. Runs no Python code.
pub fn stream_protocol(stream: Obj) -> *const mp::mp_stream_p_t {
    // SAFETY: takes any object.
    unsafe { function(table().get_stream_raise)(stream.0, mp::MP_STREAM_OP_READ as i32) }
}

/// One read of a stream, to this memory: how many bytes; or the error's number, which a TLS stream
/// has below 0.
///
/// EXCEPTION: what a stream written in Python raises.
///
/// # Safety
/// `protocol` is the stream's. Nothing refers to the memory, which is of `len` bytes.
pub unsafe fn read(
    stream: Obj,
    protocol: *const mp::mp_stream_p_t,
    memory: *mut u8,
    len: usize,
) -> Result<usize, mp::mp_int_t> {
    let mut errno = 0;
    // SAFETY: as the caller promises; `stream_protocol` has made sure that there is a function.
    let got = unsafe {
        function((*protocol).read)(stream.0, memory.cast(), len as mp_uint_t, &mut errno)
    };
    if got == mp_uint_t::MAX {
        return Err(errno as mp::mp_int_t);
    }
    Ok(got)
}

/// `stream.seek(offset)`.
///
/// EXCEPTION: AttributeError where there is no such method, MemoryError, and the method's.
pub fn seek(stream: Obj, offset: u32) {
    // SAFETY: takes any objects.
    unsafe { saguarota_seek(stream, int_obj(offset.into())) }
}

/// An exception that [`catch`] has caught.
pub struct Caught(Obj);

/// EXCEPTION: always, one that was caught.
pub fn raise_again(exception: Caught) -> ! {
    // SAFETY: comes back from nothing but None or no object at all, and an exception is neither.
    unsafe {
        function(table().raise)(exception.0 .0);
        unreachable_unchecked()
    }
}

/// A function that C calls with what it was given beside it.
pub type Run = unsafe extern "C" fn(work: *mut c_void);

/// Calls a function by way of C, and returns the exception that it raises. Its frames are left by a
/// jump then: nothing in them may have a destructor.
///
/// # Safety
/// The function may be called with `work` once, before this returns.
pub unsafe fn catch(run: Run, work: *mut c_void) -> Option<Caught> {
    // SAFETY: as the caller promises.
    let exception = unsafe { saguarota_catch(Some(run), work) };
    (!exception.0.is_null()).then_some(Caught(exception))
}
