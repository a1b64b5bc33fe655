//! MicroPython streams: read into a buffer with no bytecode in between.

use super::{call, fail, int_obj, raise_with, saguarota_seek, writable, Exception};
use crate::cursor::Source;
use crate::fault::Fault;
use micropython_sys as mp;
use mp::{mp_obj_t, mp_uint_t};

/// A stream and the buffer to read it with, for the time of one call.
pub struct Stream {
    stream: mp_obj_t,
    object: mp_obj_t,
    protocol: *const mp::mp_stream_p_t,
    buffer: *mut u8,
    len: usize,
}

impl Stream {
    /// EXCEPTION: OSError, where the object is no readable stream; TypeError, where the buffer
    /// cannot be written to; ValueError, where it is empty.
    pub fn new(stream: mp_obj_t, buffer: mp_obj_t) -> Self {
        let (pointer, len) = writable(buffer);
        if len == 0 {
            fail(Exception::Value, Fault::BufferEmpty);
        }
        let protocol = call!(get_stream_raise(stream, mp::MP_STREAM_OP_READ as i32));
        Self { stream, object: buffer, protocol, buffer: pointer, len }
    }

    /// Bytes that the buffer holds.
    pub fn capacity(&self) -> usize {
        self.len
    }

    /// One read of at most `want` bytes to `offset` of the buffer; 0 at the end.
    ///
    /// EXCEPTION: OSError, and what a stream written in Python raises.
    pub fn read(&mut self, offset: usize, want: usize) -> usize {
        let want = want.min(self.len.saturating_sub(offset));
        let mut errno = 0;
        // SAFETY: `protocol` has a read function, for `get_stream_raise` has checked it; the range
        // lies within the buffer, of which no slice is alive and which is asked for anew below.
        let got = unsafe {
            let read = (*self.protocol).read.unwrap_unchecked();
            read(self.stream, self.buffer.add(offset).cast(), want as mp_uint_t, &mut errno)
        };
        if got == mp_uint_t::MAX {
            // Signed: a TLS stream's are negative.
            let errno = errno as mp::mp_int_t as mp_uint_t;
            let errno = call!(native_to_obj(errno, mp::MP_NATIVE_TYPE_INT as mp_uint_t));
            raise_with(Exception::Os, &[errno]);
        }
        // A stream written in Python may have resized the buffer, which moves it.
        (self.buffer, self.len) = writable(self.object);
        got.min(want)
    }

    /// The bytes `from..to` of the buffer.
    pub fn bytes_mut(&mut self, from: usize, to: usize) -> &mut [u8] {
        let to = to.min(self.len);
        let from = from.min(to);
        // SAFETY: within the buffer; `self` is borrowed, so nothing is read into it meanwhile.
        unsafe { core::slice::from_raw_parts_mut(self.buffer.add(from), to - from) }
    }
}

impl Source for Stream {
    fn fill(&mut self) -> usize {
        self.read(0, self.len)
    }

    fn seek(&mut self, offset: u32) {
        // SAFETY: EXCEPTION as of the stream's own seek.
        unsafe { saguarota_seek(self.stream, int_obj(offset.into())) }
    }

    fn bytes(&self, filled: usize) -> &[u8] {
        // SAFETY: as in `bytes_mut`.
        unsafe { core::slice::from_raw_parts(self.buffer, filled.min(self.len)) }
    }
}
