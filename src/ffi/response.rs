//! `Response`: an HTTP response read from a stream through one buffer.

use super::{
    bool_obj, int_obj, new_object, none, object_mut, raise, saguarota_response_type, str_obj,
    stream::Stream, tuple_obj,
};
use crate::error::Error;
use crate::http::{Body, Head};
use micropython_sys as mp;
use mp::mp_obj_t;

#[repr(C)]
struct Response {
    base: mp::mp_obj_base_t,
    stream: mp_obj_t,
    buffer: mp_obj_t,
    head: Head,
    body: Option<Body>,
    /// Raw bytes of the buffer that came with the head.
    at: usize,
    filled: usize,
}

impl Response {
    /// EXCEPTION: TypeError.
    fn from<'a>(object: mp_obj_t) -> &'a mut Self {
        // SAFETY: hands out the address of the type.
        object_mut(object, unsafe { saguarota_response_type() })
    }

    /// EXCEPTION: those of the stream.
    fn read_head(&mut self, stream: &mut Stream) -> Result<(), Error> {
        self.head = Head::new();
        self.body = None;
        loop {
            let got = stream.read(0, stream.capacity());
            if got == 0 {
                return Err(Error::new("connection closed before the end of the response head"));
            }
            if let Some(used) = self.head.feed(stream.bytes_mut(0, got))? {
                (self.at, self.filled) = (used, got);
                self.body = Some(self.head.body());
                return Ok(());
            }
        }
    }

    /// Payload bytes now at the front of the buffer; 0 at the end of the body.
    ///
    /// EXCEPTION: those of the stream.
    fn read_body(&mut self, stream: &mut Stream) -> Result<usize, Error> {
        let Some(body) = &mut self.body else { return Err(Error::new("no response is open")) };
        if self.at < self.filled {
            let rest = self.filled - self.at;
            stream.bytes_mut(0, self.filled).copy_within(self.at.., 0);
            (self.at, self.filled) = (0, 0);
            let got = body.decode(stream.bytes_mut(0, rest))?;
            if got > 0 {
                return Ok(got);
            }
        }
        while !body.done() {
            let got = stream.read(0, body.want(stream.capacity()));
            if got == 0 {
                body.closed()?;
                continue;
            }
            let payload = body.decode(stream.bytes_mut(0, got))?;
            if payload > 0 {
                return Ok(payload);
            }
        }
        Ok(0)
    }
}

/// `Response(buffer)`: see the stubs.
///
/// EXCEPTION: MemoryError.
#[no_mangle]
extern "C" fn saguarota_response_new(buffer: mp_obj_t) -> mp_obj_t {
    new_object(|| Response {
        // SAFETY: hands out the address of the type.
        base: mp::mp_obj_base_t { type_: unsafe { saguarota_response_type() } },
        stream: none(),
        buffer,
        head: Head::new(),
        body: None,
        at: 0,
        filled: 0,
    })
}

/// `begin(stream) -> (status, length, location)`.
///
/// EXCEPTION: ValueError for what is no HTTP; those of the stream.
#[no_mangle]
extern "C" fn saguarota_response_begin(object: mp_obj_t, stream: mp_obj_t) -> mp_obj_t {
    let response = Response::from(object);
    response.stream = stream;
    let mut source = Stream::new(stream, response.buffer);
    response.read_head(&mut source).unwrap_or_else(|error| raise(error));
    let head = &response.head;
    tuple_obj(&[
        int_obj(head.status().into()),
        head.length().map_or_else(none, |length| int_obj(length.into())),
        head.location().map_or_else(none, |location| str_obj(location.as_bytes())),
    ])
}

/// `read() -> int`.
///
/// EXCEPTION: ValueError for a body that ends early or breaks its framing; those of the stream.
#[no_mangle]
extern "C" fn saguarota_response_read(object: mp_obj_t) -> mp_obj_t {
    let response = Response::from(object);
    let mut source = Stream::new(response.stream, response.buffer);
    let got = response.read_body(&mut source).unwrap_or_else(|error| raise(error));
    int_obj(got as u64)
}

/// `reusable() -> bool`: the body has ended and the connection may carry another request.
///
/// EXCEPTION: TypeError.
#[no_mangle]
extern "C" fn saguarota_response_reusable(object: mp_obj_t) -> mp_obj_t {
    let response = Response::from(object);
    let done = response.body.as_ref().is_some_and(Body::done);
    bool_obj(done && response.head.keep_alive())
}
