//! The head of a response: status line and fields.

use super::body::{Body, Framing};
use super::fields::{is_redirect, Fields};
use super::line::Line;
use super::{decimal, is_token};
use crate::error::Error;

/// The longest head, in bytes, interim responses included.
const LIMIT: u32 = 16 * 1024;

/// The head of a response to a GET request, in about 650 bytes. In this order: see [`Line`].
#[repr(C)]
pub struct Head {
    /// 0 until the status line has been read.
    status: u16,
    /// HTTP/1.1, not 1.0.
    modern: bool,
    fields: Fields,
    /// Known once the head is complete.
    framing: Option<Framing>,
    taken: u32,
    line: Line,
}

impl Head {
    /// A head of which nothing has been read.
    pub const fn new() -> Self {
        Self {
            line: Line::new(),
            taken: 0,
            status: 0,
            modern: false,
            fields: Fields::new(),
            framing: None,
        }
    }

    /// Takes the next bytes. `Some(n)`: the head is complete, and the first `n` of them belonged
    /// to it. `None`: all were taken, and more are needed. Interim responses (1xx) are passed over.
    ///
    /// # Errors
    /// Bytes that are no HTTP/1 response, a head of more than 16 KiB, framing that is malformed or
    /// ambiguous (RFC 9112 6.3), a redirect whose `Location` cannot be used, and a successful
    /// response in a content coding, as the request accepts none.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Option<usize>, Error> {
        if self.framing.is_some() {
            return Ok(Some(0));
        }
        for (at, &byte) in bytes.iter().enumerate() {
            self.taken += 1;
            if self.taken > LIMIT {
                return Err(Error::new("response head over 16 KiB"));
            }
            if self.line.push(byte).map_err(Error::new)? {
                self.end_line().map_err(Error::new)?;
                if self.framing.is_some() {
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
        self.kept(self.fields.has_location() == Ok(true))
    }

    /// What tells this version of the file from others, of a 200 or 206 and as `If-Range` takes it:
    /// a strong `ETag` of at most 128 bytes of UTF-8 or, without that, `Last-Modified`. Fields that
    /// differ are none.
    pub fn validator(&self) -> Option<&[u8]> {
        self.kept(matches!(self.status, 200 | 206) && self.fields.has_validator())
    }

    /// Where in the file the body of a 206 starts, in bytes, if it has one right `Content-Range`:
    /// of bytes, to the end of the file, as long as the body.
    pub fn first(&self) -> Option<u32> {
        self.fields.first().filter(|_| self.status == 206)
    }

    /// How the body that follows this complete head is to be read.
    pub fn body(&self) -> Body {
        Body::new(self.framing.unwrap_or(Framing::UntilClose))
    }

    /// The length of the body in bytes, where the head states it; 0 where there is no body.
    pub fn length(&self) -> Option<u32> {
        match self.framing {
            Some(Framing::Length(length)) => Some(length),
            _ => None,
        }
    }

    /// Whether the body says where it ends; if not, it ends with the connection.
    pub fn is_framed(&self) -> bool {
        matches!(self.framing, Some(Framing::Length(_) | Framing::Chunked))
    }

    /// Whether the connection can carry another request after the body (RFC 9112 9.3).
    pub fn keep_alive(&self) -> bool {
        self.is_framed() && !self.fields.close && (self.modern || self.fields.keep_alive)
    }

    fn kept(&self, wanted: bool) -> Option<&[u8]> {
        wanted.then_some(self.line.parts().0)
    }

    fn end_line(&mut self) -> Result<(), &'static str> {
        if self.status == 0 {
            self.status_line()?;
        } else if self.line.is_empty() {
            self.end_head()?;
        } else {
            self.field_line()?;
        }
        self.line.clear();
        Ok(())
    }

    fn field_line(&mut self) -> Result<(), &'static str> {
        let (kept, line) = self.line.parts();
        let end = line.iter().position(|&byte| !is_token(byte)).unwrap_or_default();
        let (name, rest) = line.split_at_checked(end).unwrap_or_default();
        let (1.., [b':', value @ ..]) = (end, rest) else { return Err("malformed header line") };
        let value = value.trim_ascii();
        if self.fields.take(self.status, name, value, self.line.long, kept)? {
            let offset = value.as_ptr() as usize - line.as_ptr() as usize;
            let len = value.len();
            self.line.keep(offset, len);
        }
        Ok(())
    }

    /// `HTTP/1.1 200 OK`, or 1.0, of which the reason may be missing, and the space before it.
    fn status_line(&mut self) -> Result<(), &'static str> {
        if self.line.long {
            return Err("status line too long");
        }
        let (_, line) = self.line.parts();
        let status = match line.strip_prefix(b"HTTP/1.") {
            Some([b'0' | b'1', b' ', rest @ ..]) => match rest.split_at_checked(3) {
                Some((digits, [] | [b' ', ..])) => decimal(digits),
                _ => None,
            },
            _ => None,
        };
        let Some(status @ 100..) = status else { return Err("not an HTTP response") };
        self.modern = line.get(7) == Some(&b'1');
        self.status = status as u16;
        Ok(())
    }

    fn end_head(&mut self) -> Result<(), &'static str> {
        if self.status < 200 {
            if self.status == 101 {
                return Err("switch of protocols that was not asked for");
            }
            self.status = 0;
            self.fields = Fields::new();
            self.line.reset();
            return Ok(());
        }
        if self.status < 300 && self.fields.coded {
            return Err("content coding not understood");
        }
        if is_redirect(self.status) {
            self.fields.has_location()?;
        }
        self.framing = Some(self.fields.framing(self.status, self.modern)?);
        Ok(())
    }
}

impl Default for Head {
    fn default() -> Self {
        Self::new()
    }
}
