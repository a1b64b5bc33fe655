//! What may be wrong with a manifest, a path, a link or a response: one code, which costs less to hand
//! on than an [`crate::error::Error`]. Python has the sentence of each: `saguarota/sentences.py`.

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

macro_rules! faults {
    ($($group:ident { $($name:ident = $code:literal,)* })*) => {
        /// What is wrong, by its code. `saguarota/sentences.py` has the same codes and names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Fault { $($($name = $code,)*)* }

        impl Fault {
            /// All of them.
            pub const ALL: &[Self] = &[$($(Self::$name,)*)*];

            /// What the error is about.
            pub const fn group(self) -> Group {
                match self { $($(Self::$name)|* => Group::$group,)* }
            }
        }
    };
}

faults! {
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
