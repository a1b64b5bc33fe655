//! Objects of this module's own classes: made here, and entered by one call at a time.

use super::obj::{address, allocate, catch, check_arguments, raise_again, type_of, Obj, Run};
use super::seam::saguarota_type;
pub use super::seam::Class;
use super::{fail, Exception};
use crate::error::ErrorKind;
use core::cell::Cell;
use core::ffi::{c_uint, c_void};
use core::mem::{align_of, needs_drop, size_of, zeroed, ManuallyDrop};
use micropython_sys as mp;
use mp::mp_obj_type_t;

/// What the objects of a class hold. It has a valid value of which each byte is 0.
///
/// # Safety
/// `Self::ZERO` is that value; the compiler, which makes it, refuses one that is invalid. In it, no
/// [`Obj`] is an object of MicroPython's: what makes a new object sets each before it is used. No
/// other type has the same class.
pub unsafe trait Object: Sized {
    const CLASS: Class;
    // SAFETY: see above.
    const ZERO: ManuallyDrop<Self> = ManuallyDrop::new(unsafe { zeroed() });
}

/// An object as it lies in the garbage collector's memory. That runs no destructor.
#[repr(C)]
struct Instance<T> {
    start: Start,
    state: T,
}

/// What an object of any class begins with.
#[repr(C)]
struct Start {
    base: mp::mp_obj_base_t,
    in_use: Cell<bool>,
}

/// What a constructor does: a new object of its class, which `fill` makes of the `N` arguments.
///
/// EXCEPTION: MemoryError; TypeError for another number of arguments; that of `fill`.
///
/// # Safety
/// MicroPython has called the constructor of `T`'s class with these: there are `n_args` objects at
/// `args`.
pub unsafe fn new_object<T: Object, F: FnOnce(&mut T, &[Obj; N]), const N: usize>(
    class: *const mp_obj_type_t,
    n_args: usize,
    n_kw: usize,
    args: *const Obj,
    fill: F,
) -> Obj {
    const {
        assert!(!needs_drop::<T>() && !needs_drop::<F>());
        assert!(size_of::<Instance<T>>() > 2 * size_of::<usize>());
        assert!(size_of::<Instance<T>>().is_multiple_of(size_of::<usize>()));
        // The collector's blocks have four words.
        assert!(align_of::<Instance<T>>() <= 4 * size_of::<usize>());
        let _zero = T::ZERO;
    };
    check_arguments(N, n_args, n_kw);
    // SAFETY: of this size, see above; `fill` makes it an object, or raises, and nobody has it.
    let object = unsafe { allocate(class, size_of::<Instance<T>>()) };
    let instance: *mut Instance<T> = address(object).cast();
    // SAFETY: the memory is new, large enough, aligned to the collector's blocks and zero, which is
    // a value of each field; nobody else has it yet. There are `N` arguments, as was checked.
    unsafe { fill(&mut (*instance).state, &*args.cast()) };
    object
}

/// Calls `work` with what an object holds. Meanwhile, whoever else asks for the same object gets an
/// exception: a stream that the call reads, a finaliser, or another thread. Those that share a lock
/// over the interpreter, as threads do wherever Python's own objects bear being shared, take turns
/// only where Python code runs or a stream waits, and so not between test and mark.
///
/// EXCEPTION: TypeError, where the object is not of this class; RuntimeError, where it is in use;
/// that of `work`.
pub fn with<T: Object, F: FnMut(&mut T) -> Obj>(object: Obj, work: F) -> Obj {
    const { assert!(!needs_drop::<F>()) };
    let mut call = Call::<T, F> { instance: address(object).cast(), work, result: object };
    // SAFETY: only `new_object` makes objects of this class, with this layout. `run` is given the
    // call that it is for.
    unsafe { enter(object, T::CLASS, run::<T, F>, (&raw mut call).cast()) };
    call.result
}

/// One call of [`with`].
struct Call<T, F> {
    instance: *mut Instance<T>,
    work: F,
    /// Any object, until the work gives one.
    result: Obj,
}

/// EXCEPTION: that of the call's work.
///
/// # Safety
/// `call` is a [`Call`] of these types. By the mark, there is no reference to the object's state.
unsafe extern "C" fn run<T, F: FnMut(&mut T) -> Obj>(call: *mut c_void) {
    // SAFETY: as the caller promises.
    let Call { instance, work, result } = unsafe { &mut *call.cast::<Call<T, F>>() };
    // SAFETY: as the caller promises.
    *result = work(unsafe { &mut (**instance).state });
}

/// The part of [`with`] that is the same for all classes. The mark goes whichever way the call is
/// left: MicroPython's exceptions jump over Rust's frames, so it must be C that catches them.
///
/// # Safety
/// As for [`catch`], where the object is of the class, which is checked first.
#[inline(never)]
unsafe fn enter(object: Obj, class: Class, run: Run, call: *mut c_void) {
    if type_of(object) != type_of_class(class) {
        fail(Exception::Type, ErrorKind::OtherType);
    }
    // SAFETY: an object of each class begins so, and the mark is never borrowed but as shared.
    let in_use = unsafe { &(*address(object).cast::<Start>()).in_use };
    if in_use.replace(true) {
        fail(Exception::Runtime, ErrorKind::InUse);
    }
    // SAFETY: as the caller promises.
    let exception = unsafe { catch(run, call) };
    in_use.set(false);
    if let Some(exception) = exception {
        raise_again(exception);
    }
}

pub fn type_of_class(class: Class) -> *const mp_obj_type_t {
    // SAFETY: hands out the address of the type.
    unsafe { saguarota_type(class as c_uint) }
}
