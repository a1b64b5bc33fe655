//! The module's plain functions.

use super::{bool_obj, buffer, call, manifest::TABLE, raise, str_obj, stream::Stream, truth};
use crate::digest::{Digest, Kind};
use crate::error::Error;
use crate::members::{self, Member};
use crate::path;
use core::mem::{size_of, ManuallyDrop};
use heapless::Vec;
use micropython_sys::mp_obj_t;
use percent_encoding::{percent_encode, AsciiSet, NON_ALPHANUMERIC};

/// What RFC 3986, section 3.3, does not let stand in a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// `digest(name, stream, buffer) -> str`: hex digest of the rest of a stream, read in chunks of
/// the buffer's size.
///
/// EXCEPTION: ValueError for an unknown name; those of [`Stream`].
#[no_mangle]
extern "C" fn saguarota_digest(name: mp_obj_t, stream: mp_obj_t, chunk: mp_obj_t) -> mp_obj_t {
    let Some(kind) = Kind::from_name(buffer(name)) else {
        raise(Error::new("digest is neither md5 nor sha256"));
    };
    let mut stream = Stream::new(stream, chunk);
    let mut digest = Digest::new(kind);
    loop {
        let got = stream.read(0, stream.capacity());
        if got == 0 {
            break;
        }
        digest.update(stream.bytes_mut(0, got));
    }
    str_obj(digest.finish(&mut [0; 64]))
}

/// `quote(path) -> str`: the path as a URL can carry it (RFC 3986, section 3.3).
///
/// EXCEPTION: TypeError, MemoryError.
#[no_mangle]
extern "C" fn saguarota_quote(path: mp_obj_t) -> mp_obj_t {
    let path = buffer(path);
    let mut quoted = ManuallyDrop::new(Vec::<u8, { 3 * crate::path::PATH_MAX }>::new());
    for piece in percent_encode(path, ESCAPED) {
        if quoted.extend_from_slice(piece.as_bytes()).is_err() {
            raise(Error::new("path over 765 bytes when quoted"));
        }
    }
    call!(obj_new_str(quoted.as_ptr().cast(), quoted.len()))
}

/// `extra(table, fold, own, path) -> bool`: the path is neither in a table that `Manifest.members`
/// filled, nor one of the updater's own, nor below one.
///
/// EXCEPTION: TypeError, ValueError.
#[no_mangle]
extern "C" fn saguarota_extra(args: *const mp_obj_t) -> mp_obj_t {
    // SAFETY: `glue.c` has checked that there are four.
    let args = unsafe { core::slice::from_raw_parts(args, 4) };
    let fold = truth(args[1]);
    let (table, own, path) = (buffer(args[0]), buffer(args[2]), buffer(args[3]));
    if table.len() % size_of::<Member>() != 0 {
        raise(Error::new(TABLE));
    }
    // SAFETY: whole groups of bytes, as has just been checked.
    let table = unsafe {
        let groups = table.len() / size_of::<Member>();
        core::slice::from_raw_parts(table.as_ptr().cast(), groups)
    };
    let named = members::contains(table, &members::member(path, fold));
    bool_obj(!named && !path::is_own(path, own, false))
}

/// `defect(bytes)`: takes the number of bytes as the index into an array of three elements, and so
/// panics for more than two.
///
/// EXCEPTION: RuntimeError.
#[cfg(feature = "defect")]
#[no_mangle]
extern "C" fn saguarota_defect(bytes: mp_obj_t) -> mp_obj_t {
    super::int_obj([1, 2, 3][buffer(bytes).len()])
}
