//! `Response`: an HTTP response read from a stream through one buffer.

use super::{
    as_obj, bool_obj, int_obj, new_object, none, object_mut, raise, str_obj, stream::Stream,
    tuple_obj, Class, Object,
};
use crate::error::Error;
use crate::fault::Fault;
use crate::http::{move_to_front, Body, Head};
use micropython_sys as mp;
use mp::mp_obj_t;

#[repr(C)]
struct Response {
    base: mp::mp_obj_base_t,
    stream: mp_obj_t,
    buffer: mp_obj_t,
    body: Option<Body>,
    /// Raw bytes of the buffer that came with the head.
    at: usize,
    filled: usize,
    /// Last, as the code for fields behind a large one is larger.
    head: Head,
}

// SAFETY: addresses, numbers, and enums of which something is 0.
unsafe impl Object for Response {
    const CLASS: Class = Class::Response;
}

impl Response {
    fn open(&mut self, stream: mp_obj_t) {
        self.stream = stream;
        self.head.reset();
        self.body = None;
        (self.at, self.filled) = (0, 0);
    }

    /// Takes one more piece of the head; true when it is complete.
    ///
    /// EXCEPTION: those of the stream.
    fn read_head(&mut self, stream: &mut Stream) -> Result<bool, Fault> {
        let got = stream.read(0, stream.capacity());
        if got == 0 {
            return Err(Fault::HeadEarly);
        }
        let Some(used) = self.head.feed(stream.bytes_mut(0, got))? else { return Ok(false) };
        (self.at, self.filled) = (used, got);
        self.body = Some(self.head.body());
        Ok(true)
    }

    /// Takes one more piece of the body: how many payload bytes are now at the front of the buffer;
    /// `None` at the end.
    ///
    /// EXCEPTION: those of the stream.
    fn read_body(&mut self, stream: &mut Stream) -> Result<Option<usize>, Error> {
        let Some(body) = &mut self.body else { return Err(Error::new(Fault::NoResponse)) };
        let came_with_head = self.filled - self.at;
        let got = if came_with_head > 0 {
            move_to_front(stream.bytes_mut(0, self.filled), self.at, came_with_head);
            (self.at, self.filled) = (0, 0);
            came_with_head
        } else if body.done() {
            return Ok(None);
        } else {
            stream.read(0, body.want(stream.capacity()))
        };
        if got == 0 {
            body.closed()?;
            return Ok(None);
        }
        Ok(Some(body.decode(stream.bytes_mut(0, got))?))
    }
}

/// `Response(buffer)`: see the stubs.
///
/// EXCEPTION: MemoryError.
#[no_mangle]
extern "C" fn saguarota_response_new(
    class: *const mp::mp_obj_type_t,
    n_args: usize,
    n_kw: usize,
    args: *const mp_obj_t,
) -> mp_obj_t {
    let (response, &[buffer]) = new_object::<Response, 1>(class, n_args, n_kw, args);
    response.buffer = buffer;
    response.open(none());
    as_obj(response)
}

/// `open(stream)`: a response comes on this stream.
///
/// EXCEPTION: TypeError.
#[no_mangle]
extern "C" fn saguarota_response_open(object: mp_obj_t, stream: mp_obj_t) -> mp_obj_t {
    object_mut::<Response>(object).open(stream);
    none()
}

/// `head() -> (status, framed, location, validator, first, length) | None`; `framed`: the body says
/// where it ends.
///
/// EXCEPTION: ValueError for what is no HTTP; those of the stream.
#[no_mangle]
extern "C" fn saguarota_response_head(object: mp_obj_t) -> mp_obj_t {
    let response: &mut Response = object_mut(object);
    let mut source = Stream::new(response.stream, response.buffer);
    if !response.read_head(&mut source).unwrap_or_else(|fault| raise(fault.into())) {
        return none();
    }
    let head = &response.head;
    let text = |text: Option<&[u8]>| text.map_or_else(none, str_obj);
    let number = |number: Option<u32>| number.map_or_else(none, |number| int_obj(number.into()));
    tuple_obj(&[
        int_obj(head.status().into()),
        bool_obj(head.is_framed()),
        text(head.location()),
        text(head.validator()),
        number(head.first()),
        number(head.length()),
    ])
}

/// `read() -> int | None`.
///
/// EXCEPTION: ValueError for a body that ends early or breaks its framing; those of the stream.
#[no_mangle]
extern "C" fn saguarota_response_read(object: mp_obj_t) -> mp_obj_t {
    let response: &mut Response = object_mut(object);
    let mut source = Stream::new(response.stream, response.buffer);
    let got = response.read_body(&mut source).unwrap_or_else(|error| raise(error));
    got.map_or_else(none, |got| int_obj(got as u64))
}

/// `reusable() -> bool`: the body has ended and the connection may carry another request.
///
/// EXCEPTION: TypeError.
#[no_mangle]
extern "C" fn saguarota_response_reusable(object: mp_obj_t) -> mp_obj_t {
    let response: &mut Response = object_mut(object);
    let done = response.body.as_ref().is_some_and(Body::done);
    bool_obj(done && response.head.keep_alive())
}
