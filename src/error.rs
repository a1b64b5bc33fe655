//! The one error type of the core: what is wrong, and where. Inside, functions return the
//! [`ErrorKind`] alone, one byte; the reader that knows the location makes an [`Error`] of it.
//!
//! `ffi` turns it into a Python exception; nothing else in the crate raises. Python has the
//! sentence of each kind: `saguarota/message.py`.

/// What was found wrong with bytes that came from outside, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    pub kind: ErrorKind,
    /// Where it was found.
    pub location: Location,
}

/// Where an error was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// None in particular.
    None,
    /// At a byte offset from the start of the input, counted from 0.
    Byte(u32),
    /// In an entry of a manifest's `files` (counted from 0), at a byte offset of the manifest.
    Entry { index: u32, byte: u32 },
    /// A message body ended after `got` of `of` bytes.
    Body { got: u32, of: u32 },
}

impl Error {
    /// An error without a location.
    pub const fn new(kind: ErrorKind) -> Self {
        Self { kind, location: Location::None }
    }

    /// An error at a byte offset.
    pub const fn at(kind: ErrorKind, byte: u32) -> Self {
        Self { kind, location: Location::Byte(byte) }
    }

    /// The exception's two arguments behind the code: entry and byte, or how many bytes of how many
    /// a body had.
    pub const fn numbers(&self) -> (Option<u32>, Option<u32>) {
        match self.location {
            Location::None => (None, None),
            Location::Byte(byte) => (None, Some(byte)),
            Location::Entry { index, byte } => (Some(index), Some(byte)),
            Location::Body { got, of } => (Some(got), Some(of)),
        }
    }
}

/// Without a location.
impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

/// What an error is about, which decides where its location is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// A path, or an entry that is complete: the location is that of the entry.
    Path,
    /// The bytes of a manifest: the location is the byte where the reader stopped.
    Content,
    /// Anything else, a response or the caller's arguments: it has no location in a manifest.
    Call,
}

macro_rules! kinds {
    ($($group:ident { $($name:ident = $code:literal,)* })*) => {
        /// What is wrong, by its code. `saguarota/message.py` has the same codes and names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum ErrorKind { $($($name = $code,)*)* }

        impl ErrorKind {
            /// All of them.
            pub const ALL: &[Self] = &[$($(Self::$name,)*)*];

            /// What the error is about.
            pub const fn group(self) -> Group {
                match self { $($(Self::$name)|* => Group::$group,)* }
            }
        }
    };
}

kinds! {
    Path {
        PathEmpty = 1,
        PathAbsolute = 2,
        Backslash = 3,
        ControlInPath = 4,
        SegmentEmpty = 5,
        SegmentDot = 6,
        Leaves = 7,
        SegmentEnd = 8,
        ShortName = 9,
        Drive = 10,
        Segments = 11,
        Reserved = 12,
        PathTwice = 13,
        BelowFile = 14,
    }
    Content {
        EndsEarly = 15,
        NameExpected = 16,
        ColonExpected = 17,
        CommaExpected = 18,
        ValueExpected = 19,
        Surplus = 20,
        Nested = 21,
        Number = 22,
        NotUtf8 = 23,
        Control = 24,
        Escape = 25,
        HexEscape = 26,
        NotAnObject = 27,
        NoFiles = 28,
        FilesNoList = 29,
        Entries = 30,
        EntryNoObject = 31,
        NoPath = 32,
        NameTwice = 33,
        PathNoString = 34,
        PathNotUnicode = 35,
        PathLong = 36,
        Md5NoString = 37,
        Md5Digits = 38,
        VersionNoNumber = 39,
        VersionNotWhole = 40,
        VersionRange = 41,
    }
    Call {
        LinkLong = 42,
        EncodedSlash = 43,
        NameNotUtf8 = 44,
        DigestName = 45,
        Quoted = 46,
        IndexSize = 47,
        TableSize = 48,
        TableSmall = 49,
        BufferEmpty = 50,
        NoBuffer = 51,
        OtherType = 52,
        Itself = 53,
        HeadEarly = 54,
        NoResponse = 55,
        NotValidated = 56,
        NotSorted = 57,
        HeadControl = 58,
        StatusLong = 59,
        NotHttp = 60,
        FieldMalformed = 61,
        FieldLong = 62,
        HeadLong = 63,
        Switch = 64,
        ContentCoding = 65,
        TransferCoding = 66,
        LengthNumber = 67,
        LengthsDiffer = 68,
        BothFramings = 69,
        TransferOld = 70,
        Location = 71,
        ChunkSize = 72,
        ChunkEnd = 73,
        Trailer = 74,
        ChunkLong = 75,
        BodySurplus = 76,
        BodyEarly = 77,
        InUse = 78,
    }
}
