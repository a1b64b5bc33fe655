//! The fields of a response head that matter, and what they say about the body.

use super::body::Body;
use super::decimal;
use super::kept::{is_date, is_location, is_strong_tag, Kept, Kind};
use super::range::Range;
use crate::fault::Fault;
use crate::text::place;

/// Names of the fields that matter, first those that say how the body is to be read; then what
/// their values are compared with. In one list, as each text apart takes more.
const WORDS: &[u8] = b"connection content-encoding content-length transfer-encoding content-range \
    etag last-modified location close keep-alive identity chunked";
// Where they stand there.
const CONNECTION: usize = 0;
const CONTENT_ENCODING: usize = 1;
const CONTENT_LENGTH: usize = 2;
const TRANSFER_ENCODING: usize = 3;
const CONTENT_RANGE: usize = 4;
const ETAG: usize = 5;
const LAST_MODIFIED: usize = 6;
const LOCATION: usize = 7;
const CLOSE: usize = 8;
const KEEP_ALIVE: usize = 9;
const IDENTITY: usize = 10;
const CHUNKED: usize = 11;

/// Where a text stands in [`WORDS`], the case of letters aside; behind them all if it does not.
fn word(text: &[u8]) -> usize {
    place(WORDS, text, true)
}

/// What the fields said that matter.
pub(super) struct Fields {
    length: Option<u32>,
    /// Bit by bit, which words were said: `Connection` has the option [`CLOSE`] or [`KEEP_ALIVE`],
    /// the body is [`CHUNKED`], or in a content coding ([`CONTENT_ENCODING`]); there was a
    /// [`CONTENT_RANGE`].
    said: u32,
    kept: Kept,
    /// What `Content-Range` says, if it is the only one and can be used.
    range: Option<Range>,
}

impl Fields {
    pub const fn new() -> Self {
        let kept = Kept { kind: Kind::Nothing, usable: false };
        Self { length: None, said: 0, kept, range: None }
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
        let name = word(name);
        if long && name <= TRANSFER_ENCODING {
            return Err(Fault::FieldLong);
        }
        let mut said = 0;
        match name {
            CONNECTION => {
                for option in list(value) {
                    said |= 1 << word(option);
                }
                said &= 1 << CLOSE | 1 << KEEP_ALIVE;
            }
            // An empty field, as some object stores send it, names no coding.
            CONTENT_ENCODING if value.is_empty() || word(value) == IDENTITY => {}
            CONTENT_ENCODING => said = 1 << CONTENT_ENCODING,
            // A list of equal lengths is a length that a proxy repeated (RFC 9110 8.6).
            CONTENT_LENGTH => {
                for digits in list(value) {
                    let length = decimal(digits).ok_or(Fault::LengthNumber)?;
                    if self.length.is_some_and(|known| known != length) {
                        return Err(Fault::LengthsDiffer);
                    }
                    self.length = Some(length);
                }
            }
            TRANSFER_ENCODING => {
                if self.says(CHUNKED) || word(value) != CHUNKED {
                    return Err(Fault::TransferCoding);
                }
                said = 1 << CHUNKED;
            }
            CONTENT_RANGE => {
                let first = !self.says(CONTENT_RANGE) && !long;
                self.range = if first { Range::parse(value) } else { None };
                said = 1 << CONTENT_RANGE;
            }
            _ => {
                let (kind, good) = match name {
                    // A redirect's own validator is none of the file's.
                    ETAG if status < 300 => (Kind::Tag, is_strong_tag(value)),
                    LAST_MODIFIED if status < 300 => (Kind::Date, is_date(value)),
                    LOCATION if is_redirect(status) => (Kind::Location, is_location(value)),
                    _ => return Ok(false),
                };
                return Ok(self.kept.offer(kind, good && !long, value != kept));
            }
        }
        self.said |= said;
        Ok(false)
    }

    /// Whether this was said: see [`Fields`].
    fn says(&self, word: usize) -> bool {
        self.said & 1 << word != 0
    }

    /// Whether the connection can carry another request, if the body says where it ends.
    pub fn keep_alive(&self, modern: bool) -> bool {
        !self.says(CLOSE) && (modern || self.says(KEEP_ALIVE))
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
        if status < 300 && self.says(CONTENT_ENCODING) {
            return Err(Fault::ContentCoding);
        }
        if self.says(CHUNKED) && self.length.is_some() {
            return Err(Fault::BothFramings);
        }
        if self.says(CHUNKED) && !modern {
            return Err(Fault::TransferOld);
        }
        Ok(match self.length {
            _ if matches!(status, 204 | 304) => Body::sized(0),
            _ if self.says(CHUNKED) => Body::CHUNKED,
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
