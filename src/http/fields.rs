//! The fields of a response head that matter, and what they say about the body.

use super::body::Body;
use super::decimal;
use super::kept::{is_date, is_location, is_strong_tag, Kept, Kind};
use super::range::Range;
use crate::fault::Fault;
use crate::text::same_letters as is;

/// The fields that matter, first those that say how the body is to be read.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
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
    const ALL: [Self; 8] = [
        Self::Connection,
        Self::ContentEncoding,
        Self::ContentLength,
        Self::TransferEncoding,
        Self::ContentRange,
        Self::ETag,
        Self::LastModified,
        Self::Location,
    ];
    /// All of them, in that order. A list of texts would take twice as much.
    const NAMES: &'static [u8] = b"connection,content-encoding,content-length,transfer-encoding,\
        content-range,etag,last-modified,location";

    fn of(name: &[u8]) -> Option<Self> {
        let at = list(Self::NAMES).position(|known| is(name, known))?;
        Self::ALL.get(at).copied()
    }
}

/// What the fields said that matter.
pub(super) struct Fields {
    length: Option<u32>,
    chunked: bool,
    /// `Connection` has the option `close`.
    pub close: bool,
    /// `Connection` has the option `keep-alive`.
    pub keep_alive: bool,
    /// The body is in a content coding.
    coded: bool,
    kept: Kept,
    /// There was a `Content-Range`; and what it says, if it is the only one and can be used.
    ranged: bool,
    range: Option<Range>,
}

impl Fields {
    pub const fn new() -> Self {
        Self {
            length: None,
            chunked: false,
            close: false,
            keep_alive: false,
            coded: false,
            kept: Kept { kind: Kind::Nothing, usable: false },
            ranged: false,
            range: None,
        }
    }

    /// Takes one field of a response; `long` when `value` is only its beginning, `kept` the value
    /// that was kept last. True where the caller is to keep this one in its place.
    pub fn take(
        &mut self,
        status: u16,
        name: &[u8],
        value: &[u8],
        long: bool,
        kept: &[u8],
    ) -> Result<bool, Fault> {
        use Name::*;
        let Some(name) = Name::of(name) else { return Ok(false) };
        if long && name <= TransferEncoding {
            return Err(Fault::FieldLong);
        }
        let (kind, good) = match name {
            Connection => {
                self.close |= has(value, b"close");
                self.keep_alive |= has(value, b"keep-alive");
                return Ok(false);
            }
            // An empty field, as some object stores send it, names no coding.
            ContentEncoding => {
                self.coded |= !(value.is_empty() || is(value, b"identity"));
                return Ok(false);
            }
            // A list of equal lengths is a length that a proxy repeated (RFC 9110 8.6).
            ContentLength => {
                for digits in list(value) {
                    let length = decimal(digits).ok_or(Fault::LengthNumber)?;
                    if self.length.is_some_and(|known| known != length) {
                        return Err(Fault::LengthsDiffer);
                    }
                    self.length = Some(length);
                }
                return Ok(false);
            }
            TransferEncoding => {
                if self.chunked || !is(value, b"chunked") {
                    return Err(Fault::TransferCoding);
                }
                self.chunked = true;
                return Ok(false);
            }
            ContentRange => {
                self.range = if self.ranged || long { None } else { Range::parse(value) };
                self.ranged = true;
                return Ok(false);
            }
            // A redirect's own validator is none of the file's.
            ETag if status < 300 => (Kind::Tag, is_strong_tag(value)),
            LastModified if status < 300 => (Kind::Date, is_date(value)),
            Location if is_redirect(status) => (Kind::Location, is_location(value)),
            ETag | LastModified | Location => return Ok(false),
        };
        Ok(self.kept.offer(kind, good && !long, value != kept))
    }

    /// Whether the kept value is of this kind and can be used.
    pub fn has(&self, kind: Kind) -> bool {
        self.kept.usable && self.kept.kind == kind
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
    pub fn body(&self, status: u16, modern: bool) -> Result<Body, Fault> {
        if is_redirect(status) && self.kept.kind == Kind::Location && !self.kept.usable {
            return Err(Fault::Location);
        }
        if status < 300 && self.coded {
            return Err(Fault::ContentCoding);
        }
        if self.chunked && self.length.is_some() {
            return Err(Fault::BothFramings);
        }
        if self.chunked && !modern {
            return Err(Fault::TransferOld);
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
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii)
}

fn has(value: &[u8], option: &[u8]) -> bool {
    list(value).any(|member| is(member, option))
}
