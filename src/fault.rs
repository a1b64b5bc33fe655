//! What may be wrong with a manifest, a path, a link or a response, as one byte: cheaper to hand on
//! than a sentence or an [`crate::error::Error`]. Whoever tells the user about it adds the place.

macro_rules! faults {
    ($($name:ident: $sentence:literal,)*) => {
        /// What is wrong, in three groups: see [`Fault::is_of_path`] and [`Fault::is_of_content`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Fault { $($name),* }

        // One text takes less room than a table of them.
        const SENTENCES: &str = concat!($($sentence, "\n"),*);
    };
}

faults! {
    PathEmpty: "path is empty",
    PathLong: "path over 255 bytes",
    PathAbsolute: "path is absolute",
    Backslash: "backslash in path",
    ControlInPath: "control character in path",
    SegmentEmpty: "empty segment in path",
    SegmentDot: "segment . in path",
    Leaves: "path leaves the destination",
    SegmentEnd: "segment ends in a dot or a space",
    ShortName: "path may be a short name of FAT",
    Drive: "path names a drive",
    Segments: "path over 16 segments",
    Own: "path names a file of the updater",
    PathTwice: "path given twice",
    BelowFile: "path below a path that is a file",

    EndsEarly: "manifest ends early",
    NameExpected: "name expected",
    ColonExpected: "colon expected",
    CommaExpected: "comma or end expected",
    ValueExpected: "value expected",
    Surplus: "bytes after the end",
    Nested: "nested over 16 levels",
    Number: "malformed number",
    NotUtf8: "not UTF-8",
    Control: "control character in a string",
    Escape: "unknown escape",
    HexEscape: "malformed \\u escape",
    NotAnObject: "manifest is not a JSON object",
    NoFiles: "manifest has no files",
    FilesNoList: "files is not a list",
    Entries: "over 32768 entries",
    EntryNoObject: "entry is not an object",
    NoPath: "entry has no path",
    NameTwice: "name given twice",
    PathNoString: "path is not a string",
    PathNotKept: "path over 255 bytes or not Unicode",
    PathTooLong: "path over 255 bytes",
    Md5NoString: "md5 is not a string",
    Md5Digits: "md5 is not 32 hex digits",
    VersionNoNumber: "version is not a number",
    VersionNotWhole: "version is not a whole number from 0 up",
    VersionRange: "version is out of range",

    LinkLong: "link too long",
    EncodedSlash: "encoded slash in the link",
    NameNotUtf8: "name is not UTF-8",
    NotSurveyed: "manifest must be surveyed first",
    NotSorted: "manifest must be sorted first",
    IndexLarge: "index is larger than the manifest",
    IndexSmall: "index is smaller than the manifest",
    TableLarge: "table is larger than the manifest",
    TableSmall: "table is smaller than the manifest",

    HeadControl: "control character in the response head",
    StatusLong: "status line too long",
    NotHttp: "not an HTTP response",
    FieldMalformed: "malformed header line",
    FieldLong: "header line too long",
    HeadLong: "response head over 16 KiB",
    Switch: "switch of protocols that was not asked for",
    ContentCoding: "content coding not understood",
    TransferCoding: "transfer coding not understood",
    LengthNumber: "Content-Length is not a number below 4 GiB",
    LengthsDiffer: "content lengths differ",
    BothFramings: "both Transfer-Encoding and Content-Length",
    TransferOld: "transfer coding in an HTTP/1.0 response",
    Location: "location of the redirect cannot be used",
    ChunkSize: "malformed chunk size",
    ChunkEnd: "chunk does not end where its size says",
    Trailer: "malformed trailer",
    ChunkLong: "chunk extensions or trailers too long",
    BodySurplus: "bytes after the end of the body",
    BodyEarly: "body ended early",
}

impl Fault {
    /// It was found when the path, or its entry, was complete.
    pub fn is_of_path(self) -> bool {
        self <= Self::BelowFile
    }

    /// It was found at a certain byte; otherwise it is the caller's.
    pub fn is_of_content(self) -> bool {
        self < Self::LinkLong
    }

    /// A short sentence without a final full stop, such as `"path leaves the destination"`.
    pub fn sentence(self) -> &'static str {
        let mut left = self as u8;
        let mut start = 0;
        for (at, &byte) in SENTENCES.as_bytes().iter().enumerate() {
            if byte == b'\n' {
                if left == 0 {
                    return SENTENCES.get(start..at).unwrap_or_default();
                }
                left -= 1;
                start = at + 1;
            }
        }
        ""
    }
}
