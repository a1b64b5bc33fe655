//! The head of a response: status line and fields.

use super::body::Body;
use super::fields::Fields;
use super::line::Line;
use super::retained::Kind;
use super::{decimal, is_token};
use crate::error::ErrorKind;

/// The longest head, in bytes, interim responses included.
const LIMIT: u32 = 16 * 1024;

/// The head of a response to a GET request, in about 650 bytes.
///
/// ```
/// use saguarota::http::Head;
///
/// let bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
/// let mut head = Head::new();
/// let end = head.feed(bytes)?.expect("the head is complete");
/// assert_eq!((head.status(), head.is_framed(), head.length()), (200, true, None));
///
/// let mut body = head.body();
/// let mut raw = bytes[end..].to_vec();
/// let len = body.decode(&mut raw)?;
/// assert_eq!((&raw[..len], body.done()), (&b"abc"[..], true));
/// # Ok::<(), saguarota::error::ErrorKind>(())
/// ```
// In this order, as the code for fields behind a large one is larger.
#[repr(C)]
pub struct Head {
    /// 0 until the status line has been read.
    status: u16,
    /// HTTP/1.1, not 1.0.
    modern: bool,
    complete: bool,
    bytes: u32,
    fields: Fields,
    /// What follows, once the head is complete.
    body: Body,
    line: Line,
}

impl Head {
    /// A head of which nothing has been read.
    pub const fn new() -> Self {
        Self {
            line: Line::new(),
            bytes: 0,
            status: 0,
            modern: false,
            fields: Fields::new(),
            complete: false,
            body: Body::UNTIL_CLOSE,
        }
    }

    /// As if nothing had been read.
    pub fn reset(&mut self) {
        self.bytes = 0;
        self.start();
    }

    /// Reads the next bytes. `Some(n)`: the head is complete, and the first `n` of them belonged to
    /// it. `None`: all belonged to it, and more are needed. Interim responses (1xx) are passed
    /// over.
    ///
    /// # Errors
    /// Bytes that are no HTTP/1 response, a head of more than 16 KiB, framing that is malformed or
    /// ambiguous (RFC 9112 6.3), a redirect whose `Location` cannot be used, and a successful
    /// response in a content coding, as the request accepts none.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Option<usize>, ErrorKind> {
        if self.complete {
            return Ok(Some(0));
        }
        for (at, &byte) in bytes.iter().enumerate() {
            self.bytes += 1;
            if self.bytes > LIMIT {
                return Err(ErrorKind::HeadLong);
            }
            if self.line.push(byte)? {
                self.end_line()?;
                if self.complete {
                    return Ok(Some(at + 1));
                }
            }
        }
        Ok(None)
    }

    /// The status code, 200 to 999; of any use once the head is complete.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The value of a redirect's `Location`: UTF-8 without control characters, at most 512 bytes.
    pub fn location(&self) -> Option<&[u8]> {
        self.retained(self.fields.has(Kind::Location))
    }

    /// What tells this version of the file from others, of a 200 or 206 and as `If-Range` takes it:
    /// a strong `ETag` of at most 128 bytes of UTF-8 or, without that, `Last-Modified`. Fields that
    /// differ are none.
    pub fn validator(&self) -> Option<&[u8]> {
        let has = self.fields.has(Kind::Tag) || self.fields.has(Kind::Date);
        self.retained(has && matches!(self.status, 200 | 206))
    }

    /// Where in the file the body of a 206 starts, in bytes, if it has one right `Content-Range`:
    /// of bytes, to the end of the file, as long as the body.
    pub fn first(&self) -> Option<u32> {
        self.fields.first().filter(|_| self.status == 206)
    }

    /// How the body that follows this complete head is to be read.
    pub fn body(&self) -> Body {
        self.body
    }

    /// The length of the body in bytes, where the head states it; 0 where there is no body.
    pub fn length(&self) -> Option<u32> {
        self.body.length()
    }

    /// Whether the body says where it ends; if not, it ends with the connection.
    pub fn is_framed(&self) -> bool {
        self.body.is_framed()
    }

    /// Whether the connection can carry another request after the body (RFC 9112 9.3).
    pub fn keep_alive(&self) -> bool {
        self.is_framed() && self.fields.keep_alive(self.modern)
    }

    /// Another head begins, perhaps after that of an interim response.
    #[inline(never)]
    fn start(&mut self) {
        self.status = 0;
        self.fields = Fields::new();
        self.complete = false;
        self.line.reset();
    }

    fn retained(&self, wanted: bool) -> Option<&[u8]> {
        wanted.then(|| self.line.retained())
    }

    fn end_line(&mut self) -> Result<(), ErrorKind> {
        if self.status == 0 {
            self.status_line()?;
        } else if self.line.text().is_empty() {
            self.end_head()?;
        } else {
            self.field_line()?;
        }
        self.line.clear();
        Ok(())
    }

    fn field_line(&mut self) -> Result<(), ErrorKind> {
        let line = self.line.text();
        let end = line.iter().position(|&byte| !is_token(byte)).unwrap_or_default();
        let (name, rest) = line.split_at_checked(end).unwrap_or_default();
        let (1.., [b':', value @ ..]) = (end, rest) else { return Err(ErrorKind::FieldMalformed) };
        let value = value.trim_ascii_start();
        let offset = line.len() - value.len();
        let value = value.trim_ascii_end();
        let retained = self.line.retained();
        if self.fields.push(self.status, name, value, self.line.long, retained)? {
            let len = value.len();
            self.line.retain(offset, len);
        }
        Ok(())
    }

    fn status_line(&mut self) -> Result<(), ErrorKind> {
        if self.line.long {
            return Err(ErrorKind::StatusLong);
        }
        let (modern, status) = parse_status(self.line.text()).ok_or(ErrorKind::NotHttp)?;
        self.modern = modern;
        self.status = status;
        Ok(())
    }

    #[inline(never)]
    fn end_head(&mut self) -> Result<(), ErrorKind> {
        match self.status {
            101 => Err(ErrorKind::Switch),
            ..200 => {
                self.start();
                Ok(())
            }
            status => {
                self.body = self.fields.body(status, self.modern)?;
                self.complete = true;
                Ok(())
            }
        }
    }
}

/// Whether this is HTTP/1.1 and not 1.0, and the code. The reason may be missing, and the space
/// before it.
fn parse_status(line: &[u8]) -> Option<(bool, u16)> {
    let [minor @ (b'0' | b'1'), b' ', rest @ ..] = line.strip_prefix(b"HTTP/1.")? else {
        return None;
    };
    let (code, reason) = rest.split_at_checked(3)?;
    let status = decimal(code)? as u16;
    let good = status >= 100 && matches!(reason, [] | [b' ', ..]);
    good.then_some((*minor == b'1', status))
}

impl Default for Head {
    fn default() -> Self {
        Self::new()
    }
}
