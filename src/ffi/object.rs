//! Objects of this module's own classes: made here, and entered by one call at a time.

use super::obj::{address, allocate, catch, check_arguments, raise_again, type_of, Obj};
use super::{fail, Exception};
use crate::error::ErrorKind;
use core::cell::Cell;
use core::ffi::c_uint;
use core::mem::{needs_drop, size_of, zeroed, ManuallyDrop};
use micropython_sys as mp;
use mp::mp_obj_type_t;

/// The classes, numbered as in `glue.c`.
#[derive(Clone, Copy)]
#[repr(C)]
pub enum Class {
    Listing = 0,
    Manifest = 1,
    Response = 2,
    /// Of the objects in [`super::record`].
    Record = 3,
}

extern "C" {
    fn saguarota_type(class: c_uint) -> *const mp_obj_type_t;
}

/// What the objects of a class hold. It has a valid value of which each byte is 0.
///
/// # Safety
/// `Self::ZERO` is that value; the compiler, which makes it, refuses one that is invalid. No other
/// type has the same class.
pub unsafe trait Object: Sized {
    const CLASS: Class;
    // SAFETY: see above.
    const ZERO: ManuallyDrop<Self> = ManuallyDrop::new(unsafe { zeroed() });
}

/// An object as it lies in the garbage collector's memory. That runs no destructor.
#[repr(C)]
struct Instance<T> {
    base: mp::mp_obj_base_t,
    in_use: Cell<bool>,
    state: T,
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
        let _zero = T::ZERO;
    };
    check_arguments(N, n_args, n_kw);
    let object = allocate(class, size_of::<Instance<T>>());
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
pub fn with<T: Object, F: FnMut(&mut T) -> Obj>(object: Obj, mut work: F) -> Obj {
    const { assert!(!needs_drop::<F>()) };
    check_class(object, T::CLASS);
    let instance: *mut Instance<T> = address(object).cast();
    // SAFETY: only `new_object` makes objects of this class, with this layout, and the mark is
    // never borrowed but as shared.
    let in_use = unsafe { &(*instance).in_use };
    use_once(in_use, &mut || {
        // SAFETY: as above; by the mark, there is no other reference to the state.
        work(unsafe { &mut (*instance).state })
    })
}

/// The part of [`with`] that is the same for all classes. The mark goes whichever way `work` is
/// left: MicroPython's exceptions jump over Rust's frames, so it must be C that catches them.
#[inline(never)]
fn use_once(in_use: &Cell<bool>, work: &mut dyn FnMut() -> Obj) -> Obj {
    if in_use.replace(true) {
        fail(Exception::Runtime, ErrorKind::InUse);
    }
    let outcome = catch(work);
    in_use.set(false);
    outcome.unwrap_or_else(|exception| raise_again(exception))
}

pub fn type_of_class(class: Class) -> *const mp_obj_type_t {
    // SAFETY: hands out the address of the type.
    unsafe { saguarota_type(class as c_uint) }
}

/// EXCEPTION: TypeError.
#[inline(never)]
fn check_class(object: Obj, class: Class) {
    if type_of(object) != type_of_class(class) {
        fail(Exception::Type, ErrorKind::OtherType);
    }
}
