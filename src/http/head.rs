//! The head of a response: status line and fields.

use super::body::{Body, Framing};
use super::fields::{is_redirect, Fields};
use super::line::Line;
use crate::error::Error;

/// The longest head, in bytes, interim responses included.
const LIMIT: u32 = 16 * 1024;

/// The head of a response to a GET request, in about 650 bytes.
pub struct Head {
    line: Line,
    taken: u32,
    /// 0 until the status line has been read.
    status: u16,
    /// HTTP/1.1, not 1.0.
    modern: bool,
    fields: Fields,
    /// Known once the head is complete.
    framing: Option<Framing>,
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
            if self.line.push(byte)? {
                self.end_line()?;
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
    pub fn location(&self) -> Option<&str> {
        self.kept(self.fields.has_location() == Ok(true))
    }

    /// What tells this version of the file from others, of a 200 or 206 and as `If-Range` takes it:
    /// a strong `ETag` of at most 128 bytes of UTF-8 or, without that, `Last-Modified`. Fields that
    /// differ are none.
    pub fn validator(&self) -> Option<&str> {
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

    fn kept(&self, wanted: bool) -> Option<&str> {
        core::str::from_utf8(self.line.kept()).ok().filter(|_| wanted)
    }

    fn end_line(&mut self) -> Result<(), Error> {
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

    fn field_line(&mut self) -> Result<(), Error> {
        let long = self.line.long;
        let (kept, line) = self.line.ended();
        let mut one = [httparse::EMPTY_HEADER];
        let Ok(httparse::Status::Complete((_, [header]))) = httparse::parse_headers(line, &mut one)
        else {
            return Err(Error::new("malformed header line"));
        };
        if self.fields.take(self.status, header.name, header.value, long, kept)? {
            let offset = header.value.as_ptr() as usize - line.as_ptr() as usize;
            let len = header.value.len();
            self.line.keep(offset, len);
        }
        Ok(())
    }

    fn status_line(&mut self) -> Result<(), Error> {
        if self.line.long {
            return Err(Error::new("status line too long"));
        }
        let mut response = httparse::Response::new(&mut []);
        let parsed = response.parse(self.line.ended().1);
        match (parsed, response.version, response.code) {
            (Ok(httparse::Status::Complete(_)), Some(minor), Some(status @ 100..)) => {
                self.modern = minor == 1;
                self.status = status;
                Ok(())
            }
            _ => Err(Error::new("not an HTTP response")),
        }
    }

    fn end_head(&mut self) -> Result<(), Error> {
        if self.status < 200 {
            if self.status == 101 {
                return Err(Error::new("switch of protocols that was not asked for"));
            }
            self.status = 0;
            self.fields = Fields::new();
            self.line.reset();
            return Ok(());
        }
        if self.status < 300 && self.fields.coded {
            return Err(Error::new("content coding not understood"));
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
