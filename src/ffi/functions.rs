//! The module's plain functions.

use super::memory::bytes;
use super::obj::{bool_obj, str_obj, truth, Obj};
use super::stream::Stream;
use super::{fail, listed, Exception};
use crate::bytes::is_alphanumeric_or;
use crate::error::ErrorKind;
use crate::hash::{Algorithm, Digest};
use crate::manifest::path_hashes;
use crate::path;

/// What RFC 3986, section 3.3, lets stand in a path besides letters and digits.
const PLAIN: &[u8] = b"-._~/!$&'()*+,;=:@";
const HEX: &[u8; 16] = b"0123456789ABCDEF";

listed!(saguarota_digest, saguarota_quote, saguarota_extra);
#[cfg(feature = "defect")]
listed!(saguarota_defect);

/// `digest(name, stream, buffer) -> str`: hex digest of the rest of a stream, read in chunks of
/// the buffer's size.
///
/// EXCEPTION: ValueError for an unknown name; those of [`Stream`].
#[no_mangle]
extern "C" fn saguarota_digest(name: Obj, stream: Obj, chunk: Obj) -> Obj {
    // SAFETY: the name is not used any more when the stream is read.
    let Some(algorithm) = Algorithm::from_name(unsafe { bytes(&name) }) else {
        fail(Exception::Value, ErrorKind::DigestName);
    };
    // SAFETY: nothing but the stream runs Python code until its end.
    let mut stream = unsafe { Stream::new(stream, chunk) };
    let mut digest = Digest::new(algorithm);
    loop {
        let got = stream.read(0, stream.capacity());
        if got == 0 {
            break;
        }
        digest.update(stream.bytes_mut(got));
    }
    str_obj(digest.finish_hex(&mut [0; 64]))
}

/// `quote(path) -> str`: the path as a URL can carry it (RFC 3986, section 3.3).
///
/// EXCEPTION: TypeError, MemoryError.
#[no_mangle]
extern "C" fn saguarota_quote(path: Obj) -> Obj {
    let mut quoted = [0; 3 * path::PATH_MAX];
    let mut len = 0;
    let mut put = |byte| match quoted.get_mut(len) {
        Some(slot) => {
            *slot = byte;
            len += 1;
        }
        None => fail(Exception::Value, ErrorKind::Quoted),
    };
    // SAFETY: no Python code runs in this loop but where an exception ends it.
    for &byte in unsafe { bytes(&path) } {
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

/// `extra(table, ignores_case, reserved, path) -> bool`: the path is not in a table that
/// `Manifest.members` filled, and is not reserved.
///
/// EXCEPTION: TypeError, ValueError.
///
/// # Safety
/// For MicroPython to call.
#[no_mangle]
unsafe extern "C" fn saguarota_extra(_: usize, args: *const [Obj; 4]) -> Obj {
    // SAFETY: MicroPython's arguments, as many as the list says.
    let [table, ignores_case, reserved, path] = unsafe { *args };
    let ignores_case = truth(ignores_case);
    // SAFETY: no Python code runs any more but where an exception ends this.
    let (table, reserved, path) = unsafe { (bytes(&table), bytes(&reserved), bytes(&path)) };
    let (members, rest) = table.as_chunks();
    if !rest.is_empty() {
        fail(Exception::Value, ErrorKind::TableSize);
    }
    let named = path_hashes::contains(members, &path_hashes::path_hash(path, ignores_case));
    bool_obj(!named && !path::is_reserved(path, reserved, false))
}

/// `defect(bytes)`: takes the number of bytes as the index into an array of three elements, and so
/// panics for more than two.
///
/// EXCEPTION: RuntimeError.
#[cfg(feature = "defect")]
#[no_mangle]
extern "C" fn saguarota_defect(bytes: Obj) -> Obj {
    // SAFETY: the length alone is used.
    super::obj::int_obj([1, 2, 3][unsafe { super::memory::bytes(&bytes) }.len()])
}
