//! The fields of a response head that matter, and what they say about the body.

use super::body::Framing;
use super::decimal;
use super::kept::{is_date, is_location, is_strong_tag, Kept};
use super::range::Range;
use crate::text::same_letters as is;

/// The fields that matter.
#[derive(Clone, Copy)]
enum Name {
    Connection,
    ContentEncoding,
    ContentLength,
    ContentRange,
    ETag,
    LastModified,
    Location,
    TransferEncoding,
}

impl Name {
    const ALL: [Self; 8] = [
        Self::Connection,
        Self::ContentEncoding,
        Self::ContentLength,
        Self::ContentRange,
        Self::ETag,
        Self::LastModified,
        Self::Location,
        Self::TransferEncoding,
    ];
    /// All of them, in that order. As a list of texts they would take three times as much.
    const NAMES: &'static [u8] = b"connection,content-encoding,content-length,content-range,etag,\
        last-modified,location,transfer-encoding";

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
    pub coded: bool,
    kept: Kept,
    /// Of the only `Content-Range`; `Some(None)` for one that cannot be used, or several.
    range: Option<Option<Range>>,
}

impl Fields {
    pub const fn new() -> Self {
        Self {
            length: None,
            chunked: false,
            close: false,
            keep_alive: false,
            coded: false,
            kept: Kept::Nothing,
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
    ) -> Result<bool, &'static str> {
        use Name::*;
        let Some(name) = Name::of(name) else { return Ok(false) };
        if long && matches!(name, Connection | ContentEncoding | ContentLength | TransferEncoding) {
            return Err("header line too long");
        }
        match name {
            Connection => {
                for option in list(value) {
                    self.close |= is(option, b"close");
                    self.keep_alive |= is(option, b"keep-alive");
                }
            }
            // An empty field, as some object stores send it, names no coding.
            ContentEncoding => {
                self.coded |= !(value.is_empty() || is(value, b"identity"));
            }
            // A list of equal lengths is a length that a proxy repeated (RFC 9110 8.6).
            ContentLength => {
                for digits in list(value) {
                    let length = decimal(digits)
                        .ok_or("Content-Length is not a number below 4 GiB")?;
                    if self.length.is_some_and(|known| known != length) {
                        return Err("content lengths differ");
                    }
                    self.length = Some(length);
                }
            }
            ContentRange => {
                let only = self.range.is_none() && !long;
                self.range = Some(Range::parse(value).filter(|_| only));
            }
            // A redirect's own validator is none of the file's.
            ETag if status < 300 && !long && is_strong_tag(value) => {
                return Ok(self.kept.offer(Kept::Tag, Kept::UnusableTag, value != kept));
            }
            LastModified if status < 300 && !long && is_date(value) => {
                return Ok(self.kept.offer(Kept::Date, Kept::UnusableDate, value != kept));
            }
            Location if is_redirect(status) => {
                let good = !long && is_location(value);
                let kind = if good { Kept::Location } else { Kept::UnusableLocation };
                return Ok(self.kept.offer(kind, Kept::UnusableLocation, true) && good);
            }
            ETag | LastModified | Location => {}
            TransferEncoding => {
                if self.chunked || !is(value, b"chunked") {
                    return Err("transfer coding not understood");
                }
                self.chunked = true;
            }
        }
        Ok(false)
    }

    /// Whether there is one `Location`.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn has_location(&self) -> Result<bool, &'static str> {
        match self.kept {
            Kept::UnusableLocation => Err("location of the redirect cannot be used"),
            kept => Ok(kept == Kept::Location),
        }
    }

    /// Whether the kept value is a validator.
    pub fn has_validator(&self) -> bool {
        matches!(self.kept, Kept::Date | Kept::Tag)
    }

    /// The first byte's position by `Content-Range`, where that is right and goes with the length.
    pub fn first(&self) -> Option<u32> {
        let range = self.range??;
        let fits = self.length.map_or(true, |length| length.checked_sub(1) == Some(range.span));
        fits.then_some(range.first)
    }

    /// The length of the body (RFC 9112 6.3), stricter in that what is to be treated with
    /// suspicion there is refused here.
    pub fn framing(&self, status: u16, modern: bool) -> Result<Framing, &'static str> {
        if self.chunked && self.length.is_some() {
            return Err("both Transfer-Encoding and Content-Length");
        }
        if self.chunked && !modern {
            return Err("transfer coding in an HTTP/1.0 response");
        }
        Ok(match self.length {
            _ if matches!(status, 204 | 304) => Framing::Length(0),
            _ if self.chunked => Framing::Chunked,
            Some(length) => Framing::Length(length),
            None => Framing::UntilClose,
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
