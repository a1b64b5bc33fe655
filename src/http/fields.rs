//! The fields of a response head that matter, and what they say about the body.

use super::body::Body;
use super::content_range::ContentRange;
use super::decimal;
use super::retained::{is_date, is_location, is_strong_tag, Kind, Retained};
use crate::bytes::{eq_ignore_ascii_case, split};
use crate::error::ErrorKind;

/// The fields that matter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Connection,
    ContentEncoding,
    ContentLength,
    TransferEncoding,
    ContentRange,
    ETag,
    LastModified,
    Location,
}

impl Name {
    /// The field of this name, in which the case of letters does not count.
    #[inline(never)]
    fn of(name: &[u8]) -> Option<Self> {
        let is = |known: &str| eq_ignore_ascii_case(name, known.as_bytes());
        match () {
            _ if is("Connection") => Some(Self::Connection),
            _ if is("Content-Encoding") => Some(Self::ContentEncoding),
            _ if is("Content-Length") => Some(Self::ContentLength),
            _ if is("Transfer-Encoding") => Some(Self::TransferEncoding),
            _ if is("Content-Range") => Some(Self::ContentRange),
            _ if is("ETag") => Some(Self::ETag),
            _ if is("Last-Modified") => Some(Self::LastModified),
            _ if is("Location") => Some(Self::Location),
            _ => None,
        }
    }

    /// Whether the field says how the body, or what follows it, is to be read.
    fn is_of_framing(self) -> bool {
        use Name::*;
        matches!(self, Connection | ContentEncoding | ContentLength | TransferEncoding)
    }
}

/// What the fields said that matter.
pub(super) struct Fields {
    length: Option<u32>,
    /// `Connection` has the option `close`.
    close: bool,
    /// `Connection` has the option `keep-alive`.
    keep_alive: bool,
    /// The body is in a content coding.
    coded: bool,
    /// The body is in chunks.
    chunked: bool,
    /// There was a `Content-Range`.
    ranged: bool,
    retained: Retained,
    /// What `Content-Range` says, if it is the only one and can be used.
    range: Option<ContentRange>,
}

impl Fields {
    pub const fn new() -> Self {
        Self {
            length: None,
            close: false,
            keep_alive: false,
            coded: false,
            chunked: false,
            ranged: false,
            retained: Retained { kind: Kind::Nothing, usable: false },
            range: None,
        }
    }

    /// Notes one field of a response; `long` when `value` is only its beginning, `retained` the
    /// value that was retained last. True where the caller is to keep this one in its place.
    #[inline(never)]
    pub fn push(
        &mut self,
        status: u16,
        name: &[u8],
        value: &[u8],
        long: bool,
        retained: &[u8],
    ) -> Result<bool, ErrorKind> {
        let Some(name) = Name::of(name) else { return Ok(false) };
        if long && name.is_of_framing() {
            return Err(ErrorKind::FieldLong);
        }
        let candidate = match name {
            Name::Connection => {
                for option in list(value) {
                    self.close |= eq_ignore_ascii_case(option, b"close");
                    self.keep_alive |= eq_ignore_ascii_case(option, b"keep-alive");
                }
                None
            }
            Name::ContentEncoding => {
                // An empty field, as some object stores send it, names no coding.
                self.coded |= !(value.is_empty() || eq_ignore_ascii_case(value, b"identity"));
                None
            }
            // A list of equal lengths is a length that a proxy repeated (RFC 9110 8.6).
            Name::ContentLength => {
                for digits in list(value) {
                    let length = decimal(digits).ok_or(ErrorKind::LengthNumber)?;
                    if self.length.is_some_and(|known| known != length) {
                        return Err(ErrorKind::LengthsDiffer);
                    }
                    self.length = Some(length);
                }
                None
            }
            Name::TransferEncoding => {
                if self.chunked || !eq_ignore_ascii_case(value, b"chunked") {
                    return Err(ErrorKind::TransferCoding);
                }
                self.chunked = true;
                None
            }
            Name::ContentRange => {
                let usable = !self.ranged && !long;
                self.range = if usable { ContentRange::parse(value) } else { None };
                self.ranged = true;
                None
            }
            // A redirect's validator belongs to the redirect, not to the file.
            Name::ETag if status < 300 => Some((Kind::Tag, is_strong_tag(value))),
            Name::LastModified if status < 300 => Some((Kind::Date, is_date(value))),
            Name::Location if is_redirect(status) => Some((Kind::Location, is_location(value))),
            Name::ETag | Name::LastModified | Name::Location => None,
        };
        let offer = |(kind, good)| self.retained.offer(kind, good && !long, value != retained);
        Ok(candidate.is_some_and(offer))
    }

    /// Whether the connection can carry another request, if the body says where it ends.
    pub fn keep_alive(&self, modern: bool) -> bool {
        !self.close && (modern || self.keep_alive)
    }

    /// Whether the retained value is of this kind and can be used.
    pub fn has(&self, kind: Kind) -> bool {
        self.retained.usable && self.retained.kind == kind
    }

    /// The first byte's position by `Content-Range`, where that is right and goes with the length.
    pub fn first(&self) -> Option<u32> {
        let range = self.range?;
        match self.length {
            Some(length) if length == 0 || length - 1 != range.span => None,
            _ => Some(range.first),
        }
    }

    /// The body that follows (RFC 9112 6.3), where what is to be treated with suspicion there is
    /// refused here.
    pub fn body(&self, status: u16, modern: bool) -> Result<Body, ErrorKind> {
        if is_redirect(status) && self.retained.kind == Kind::Location && !self.retained.usable {
            return Err(ErrorKind::Location);
        }
        if status < 300 && self.coded {
            return Err(ErrorKind::ContentCoding);
        }
        if self.chunked && self.length.is_some() {
            return Err(ErrorKind::BothFramings);
        }
        if self.chunked && !modern {
            return Err(ErrorKind::TransferOld);
        }
        Ok(match self.length {
            _ if matches!(status, 204 | 304) => Body::sized(0),
            _ if self.chunked => Body::CHUNKED,
            Some(length) => Body::sized(length),
            None => Body::UNTIL_CLOSE,
        })
    }
}

pub(super) fn is_redirect(status: u16) -> bool {
    status / 100 == 3
}

/// The members of a comma-separated list.
fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    split(value, b',').map(<[u8]>::trim_ascii)
}
