//! The fields of a response head that matter, and what they say about the body.

use super::body::Framing;
use super::push_digit;
use crate::error::Error;

/// The longest `Location` that is kept, in bytes.
pub(super) const LOCATION: usize = 512;

/// The fields that matter.
#[derive(Clone, Copy)]
enum Name {
    Connection,
    ContentEncoding,
    ContentLength,
    Location,
    TransferEncoding,
}

impl Name {
    fn of(name: &str) -> Option<Self> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("connection") {
            Some(Self::Connection)
        } else if is("content-encoding") {
            Some(Self::ContentEncoding)
        } else if is("content-length") {
            Some(Self::ContentLength)
        } else if is("location") {
            Some(Self::Location)
        } else if is("transfer-encoding") {
            Some(Self::TransferEncoding)
        } else {
            None
        }
    }
}

/// What came of `Location`.
#[derive(Clone, Copy)]
enum Location {
    Absent,
    Kept,
    /// Too long, not UTF-8, or a second one.
    Unusable,
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
    location: Location,
}

impl Fields {
    pub const fn new() -> Self {
        Self {
            length: None,
            chunked: false,
            close: false,
            keep_alive: false,
            coded: false,
            location: Location::Absent,
        }
    }

    /// Takes one field; `long` when `value` is only its beginning. True for a `Location` that the
    /// caller is to keep.
    pub fn take(&mut self, name: &str, value: &[u8], long: bool) -> Result<bool, Error> {
        let Some(name) = Name::of(name) else { return Ok(false) };
        if long && !matches!(name, Name::Location) {
            return Err(Error::new("header line too long"));
        }
        match name {
            Name::Connection => {
                for option in list(value) {
                    self.close |= option.eq_ignore_ascii_case(b"close");
                    self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            // An empty field, as some object stores send it, names no coding.
            Name::ContentEncoding => {
                self.coded |= !(value.is_empty() || value.eq_ignore_ascii_case(b"identity"));
            }
            // A list of equal lengths is a length that a proxy repeated (RFC 9110 8.6).
            Name::ContentLength => {
                for digits in list(value) {
                    let length = decimal(digits)?;
                    if self.length.is_some_and(|known| known != length) {
                        return Err(Error::new("content lengths differ"));
                    }
                    self.length = Some(length);
                }
            }
            Name::Location => {
                let first = matches!(self.location, Location::Absent) && !long;
                let fits = value.len() <= LOCATION && core::str::from_utf8(value).is_ok();
                self.location = if first && fits { Location::Kept } else { Location::Unusable };
                return Ok(first && fits);
            }
            Name::TransferEncoding => {
                if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                    return Err(Error::new("transfer coding not understood"));
                }
                self.chunked = true;
            }
        }
        Ok(false)
    }

    /// Whether there is one `Location`.
    ///
    /// # Errors
    /// It cannot be used, which matters in redirects only.
    pub fn has_location(&self) -> Result<bool, Error> {
        match self.location {
            Location::Absent => Ok(false),
            Location::Kept => Ok(true),
            Location::Unusable => Err(Error::new("location of the redirect cannot be used")),
        }
    }

    /// The length of the body (RFC 9112 6.3), stricter in that what is to be treated with
    /// suspicion there is refused here.
    pub fn framing(&self, status: u16, modern: bool) -> Result<Framing, Error> {
        if self.chunked && self.length.is_some() {
            return Err(Error::new("both Transfer-Encoding and Content-Length"));
        }
        if self.chunked && !modern {
            return Err(Error::new("transfer coding in an HTTP/1.0 response"));
        }
        Ok(match self.length {
            _ if matches!(status, 204 | 304) => Framing::Length(0),
            _ if self.chunked => Framing::Chunked,
            Some(length) => Framing::Length(length),
            None => Framing::UntilClose,
        })
    }
}

/// The members of a comma-separated list.
fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii)
}

fn decimal(digits: &[u8]) -> Result<u32, Error> {
    let number = digits.iter().try_fold(0, |number, &digit| push_digit::<10>(number, digit));
    // No digits are no number.
    number
        .filter(|_| !digits.is_empty())
        .ok_or(Error::new("Content-Length is not a number below 4 GiB"))
}
