//! The module's plain functions.

use super::{bool_obj, buffer, fail, str_obj, stream::Stream, truth, Exception};
use crate::fault::Fault;
use crate::hash::{Algorithm, Digest};
use crate::members::{self, Member};
use crate::path;
use crate::text::is_alphanumeric_or;
use core::mem::size_of;
use micropython_sys::mp_obj_t;

/// What RFC 3986, section 3.3, lets stand in a path besides letters and digits.
const PLAIN: &[u8] = b"-._~/!$&'()*+,;=:@";
const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// `digest(name, stream, buffer) -> str`: hex digest of the rest of a stream, read in chunks of
/// the buffer's size.
///
/// EXCEPTION: ValueError for an unknown name; those of [`Stream`].
#[no_mangle]
extern "C" fn saguarota_digest(name: mp_obj_t, stream: mp_obj_t, chunk: mp_obj_t) -> mp_obj_t {
    let Some(algorithm) = Algorithm::from_name(buffer(name)) else {
        fail(Exception::Value, Fault::DigestName);
    };
    let mut stream = Stream::new(stream, chunk);
    let mut digest = Digest::new(algorithm);
    loop {
        let got = stream.read(0, stream.capacity());
        if got == 0 {
            break;
        }
        digest.update(stream.bytes_mut(0, got));
    }
    str_obj(digest.finish_hex(&mut [0; 64]))
}

/// `quote(path) -> str`: the path as a URL can carry it (RFC 3986, section 3.3).
///
/// EXCEPTION: TypeError, MemoryError.
#[no_mangle]
extern "C" fn saguarota_quote(path: mp_obj_t) -> mp_obj_t {
    let mut quoted = [0; 3 * path::PATH_MAX];
    let mut len = 0;
    let mut put = |byte| match quoted.get_mut(len) {
        Some(slot) => {
            *slot = byte;
            len += 1;
        }
        None => fail(Exception::Value, Fault::Quoted),
    };
    for &byte in buffer(path) {
        if is_alphanumeric_or(byte, PLAIN) {
            put(byte);
        } else {
            put(b'%');
            put(HEX[usize::from(byte >> 4)]);
            put(HEX[usize::from(byte & 15)]);
        }
    }
    str_obj(quoted.get(..len).unwrap_or_default())
}

/// `extra(table, fold, own, path) -> bool`: the path is neither in a table that `Manifest.members`
/// filled, nor one of the updater's own, nor below one.
///
/// EXCEPTION: TypeError, ValueError.
#[no_mangle]
extern "C" fn saguarota_extra(_: usize, args: &[mp_obj_t; 4]) -> mp_obj_t {
    let fold = truth(args[1]);
    let (table, own, path) = (buffer(args[0]), buffer(args[2]), buffer(args[3]));
    if !table.len().is_multiple_of(size_of::<Member>()) {
        fail(Exception::Value, Fault::TableSize);
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
