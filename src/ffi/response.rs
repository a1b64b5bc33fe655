//! `Response`: an HTTP response read from a stream through one buffer.

use super::obj::{bool_obj, int_obj, none, str_obj, Obj};
use super::object::{new_object, with, Class, Object};
use super::stream::Stream;
use super::{listed, raise, record};
use crate::error::{Error, ErrorKind};
use crate::http::{move_to_front, Body, Head};
use micropython_sys::mp_obj_type_t;

listed!(
    saguarota_response_new,
    saguarota_response_open,
    saguarota_response_head,
    saguarota_response_read,
    saguarota_response_reusable,
);

#[repr(C)]
struct Response {
    stream: Obj,
    buffer: Obj,
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
    fn open(&mut self, stream: Obj) {
        self.stream = stream;
        self.head.reset();
        self.body = None;
        (self.at, self.filled) = (0, 0);
    }

    /// Takes one more piece of the head; true when it is complete.
    ///
    /// EXCEPTION: those of the stream.
    fn read_head(&mut self, stream: &mut Stream) -> Result<bool, ErrorKind> {
        let got = stream.read(0, stream.capacity());
        if got == 0 {
            return Err(ErrorKind::HeadEarly);
        }
        let Some(used) = self.head.feed(stream.bytes_mut(got))? else { return Ok(false) };
        (self.at, self.filled) = (used, got);
        self.body = Some(self.head.body());
        Ok(true)
    }

    /// Takes one more piece of the body: how many payload bytes are now at the front of the buffer;
    /// `None` at the end.
    ///
    /// EXCEPTION: those of the stream.
    fn read_body(&mut self, stream: &mut Stream) -> Result<Option<usize>, Error> {
        let Some(body) = &mut self.body else { return Err(Error::new(ErrorKind::NoResponse)) };
        let came_with_head = self.filled - self.at;
        let got = if came_with_head > 0 {
            move_to_front(stream.bytes_mut(self.filled), self.at, came_with_head);
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
        Ok(Some(body.decode(stream.bytes_mut(got))?))
    }
}

/// `Response(buffer)`: see the stubs.
///
/// EXCEPTION: MemoryError.
///
/// # Safety
/// For MicroPython to call, as the class's constructor.
#[no_mangle]
unsafe extern "C" fn saguarota_response_new(
    class: *const mp_obj_type_t,
    n_args: usize,
    n_kw: usize,
    args: *const Obj,
) -> Obj {
    let fill = |response: &mut Response, &[buffer]: &[Obj; 1]| {
        response.buffer = buffer;
        response.open(none());
    };
    // SAFETY: MicroPython's arguments.
    unsafe { new_object(class, n_args, n_kw, args, fill) }
}

/// `open(stream)`: a response comes on this stream.
///
/// EXCEPTION: TypeError; RuntimeError where the object is in use.
#[no_mangle]
extern "C" fn saguarota_response_open(object: Obj, stream: Obj) -> Obj {
    with(object, |response: &mut Response| {
        response.open(stream);
        none()
    })
}

/// `head() -> Head | None`.
///
/// EXCEPTION: ValueError for what is no HTTP; RuntimeError where the object is in use; those of the
/// stream.
#[no_mangle]
extern "C" fn saguarota_response_head(object: Obj) -> Obj {
    with(object, |response: &mut Response| {
        // SAFETY: nothing but the stream runs Python code until the head is read.
        let mut source = unsafe { Stream::new(response.stream, response.buffer) };
        if !response.read_head(&mut source).unwrap_or_else(|kind| raise(kind.into())) {
            return none();
        }
        let head = &response.head;
        let text = |text: Option<&[u8]>| text.map_or_else(none, str_obj);
        let number = |number: Option<u32>| number.map_or_else(none, |it| int_obj(it.into()));
        let record = record::Head {
            status: int_obj(head.status().into()),
            framed: bool_obj(head.is_framed()),
            redirect: text(head.location()),
            validator: text(head.validator()),
            start: number(head.first()),
            size: number(head.length()),
        };
        record.into_obj()
    })
}

/// `read() -> int | None`.
///
/// EXCEPTION: ValueError for a body that ends early or breaks its framing; RuntimeError where the
/// object is in use; those of the stream.
#[no_mangle]
extern "C" fn saguarota_response_read(object: Obj) -> Obj {
    with(object, |response: &mut Response| {
        // SAFETY: nothing but the stream runs Python code until the piece is read.
        let mut source = unsafe { Stream::new(response.stream, response.buffer) };
        let got = response.read_body(&mut source).unwrap_or_else(|error| raise(error));
        got.map_or_else(none, |got| int_obj(got as u64))
    })
}

/// `reusable() -> bool`: the body has ended and the connection may carry another request.
///
/// EXCEPTION: TypeError; RuntimeError where the object is in use.
#[no_mangle]
extern "C" fn saguarota_response_reusable(object: Obj) -> Obj {
    with(object, |response: &mut Response| {
        let done = response.body.as_ref().is_some_and(Body::done);
        bool_obj(done && response.head.keep_alive())
    })
}
