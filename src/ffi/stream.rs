//! MicroPython streams: read into a buffer with no bytecode in between.

use super::obj::{self, signed_obj, writable, Obj};
use super::{fail, raise_with, Exception};
use crate::error::ErrorKind;
use crate::json::Source;
use core::slice;
use micropython_sys as mp;

/// A stream and the buffer to read it with, for the time of one call.
pub struct Stream {
    stream: Obj,
    object: Obj,
    protocol: *const mp::mp_stream_p_t,
    /// Where the buffer was after the last read or seek, and of which length.
    buffer: *mut u8,
    len: usize,
}

impl Stream {
    /// EXCEPTION: OSError, where the object is no readable stream; TypeError, where the buffer
    /// cannot be written to; ValueError, where it is empty.
    ///
    /// # Safety
    /// From here to the last use of the stream, nothing runs Python code or makes an object but its
    /// own reading and seeking; nothing else refers to the buffer's bytes.
    pub unsafe fn new(stream: Obj, buffer: Obj) -> Self {
        let (pointer, len) = writable(buffer);
        if len == 0 {
            fail(Exception::Value, ErrorKind::BufferEmpty);
        }
        let protocol = obj::stream_protocol(stream);
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
        let offset = offset.min(self.len);
        let want = want.min(self.len - offset);
        // SAFETY: the protocol is the stream's; the range lies within the buffer, to which `new`'s
        // caller has no other reference, and `self` is borrowed.
        let got = unsafe {
            let memory = self.buffer.wrapping_add(offset);
            obj::read(self.stream, self.protocol, memory, want)
        };
        self.find_buffer();
        match got {
            Ok(got) => got.min(want),
            Err(errno) => raise_with(Exception::Os, &[signed_obj(errno)]),
        }
    }

    /// A stream written in Python may have resized the buffer, which moves it.
    fn find_buffer(&mut self) {
        (self.buffer, self.len) = writable(self.object);
    }

    /// The buffer's first `filled` bytes, or as many as it has.
    #[inline(never)]
    pub fn bytes_mut(&mut self, filled: usize) -> &mut [u8] {
        let len = filled.min(self.len);
        if len == 0 {
            return &mut [];
        }
        // SAFETY: the buffer was there at the last moment at which Python code ran; `self` is
        // borrowed, so nothing is read into it meanwhile.
        unsafe { slice::from_raw_parts_mut(self.buffer, len) }
    }
}

impl Source for Stream {
    fn fill(&mut self) -> usize {
        self.read(0, self.len)
    }

    fn seek(&mut self, offset: u32) {
        obj::seek(self.stream, offset);
        self.find_buffer();
    }

    fn bytes(&self, filled: usize) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: as in `bytes_mut`.
        unsafe { slice::from_raw_parts(self.buffer, filled.min(self.len)) }
    }
}
