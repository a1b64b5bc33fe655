//! What C and Rust share, as bindgen makes it of `mpy_glue/prototypes.h` (`build.rs`): C's
//! functions, the numbers of classes and exceptions, and for each function that C expects of
//! `src/ffi` its type, by the same name. [`listed!`] compares.
//!
//! All of it is used, or it does not compile: a row of `mpy_glue/module.h` is a promise of
//! `src/ffi`.

#![deny(dead_code, reason = "mpy_glue/module.h lists what src/ffi lacks, or has without `listed!`")]
#![allow(non_camel_case_types, clippy::upper_case_acronyms)]

include!(concat!(env!("OUT_DIR"), "/seam.rs"));

/// States that these functions are those of `mpy_glue/module.h`: they have the same names and
/// types.
macro_rules! listed {
    ($($function:ident),+ $(,)?) => {
        $(const _: $crate::ffi::seam::$function = Some($function);)+
    };
}
pub(super) use listed;
