//! What may be wrong with a manifest, a path, a link or a response, as one byte: cheaper to hand on
//! than a sentence or an [`crate::error::Error`]. Whoever tells the user about it adds the place.

use crate::text::Text;

// Two arrays, made by `build.rs` of the sentences below: `PACKED`, all of them with a 95 behind each.
// A byte below 95 is a character, counted from the space; one above 95 stands for the two bytes in
// `PAIRS`, of which each may be a 95 or one above it.
include!(concat!(env!("OUT_DIR"), "/sentences.rs"));

macro_rules! faults {
    ($($name:ident: $sentence:literal,)*) => {
        /// What is wrong, in three groups: see [`Fault::is_of_path`] and [`Fault::is_of_content`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Fault { $($name),* }

        impl Fault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// A short sentence without a final full stop, such as `"path leaves the
            /// destination"`. Not for devices: [`Fault::say`] has the same in less room.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence),* }
            }
        }
    };
}

faults! {
    PathEmpty: "path is empty",
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
    Own: "path is reserved",
    PathTwice: "duplicate path",
    BelowFile: "path below a path that is a file",

    EndsEarly: "manifest ends early",
    NameExpected: "name expected",
    ColonExpected: "colon expected",
    CommaExpected: "comma or end expected",
    ValueExpected: "value expected",
    Surplus: "trailing data",
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
    NameTwice: "duplicate key",
    PathNoString: "path is not a string",
    PathNotKept: "path over 255 bytes or not Unicode",
    PathLong: "path over 255 bytes",
    Md5NoString: "md5 is not a string",
    Md5Digits: "md5 is not 32 hex digits",
    VersionNoNumber: "version is not a number",
    VersionNotWhole: "version is not a whole number from 0 up",
    VersionRange: "version is out of range",

    LinkLong: "link too long",
    EncodedSlash: "encoded slash in the link",
    NameNotUtf8: "name is not UTF-8",
    DigestName: "digest is neither md5 nor sha256",
    Quoted: "path over 765 bytes when quoted",
    IndexSize: "index is not 4 bytes an entry",
    TableSize: "table is not 8 bytes an entry",
    TableSmall: "table under 4 bytes",
    BufferEmpty: "buffer is empty",
    NoBuffer: "buffer expected",
    OtherType: "object of another type",
    Internal: "internal error in the native module",
    Itself: "a manifest cannot be compared with itself",
    HeadEarly: "connection closed before the end of the response head",
    NoResponse: "no response is open",
    NotSurveyed: "manifest must be validated first",
    NotSorted: "manifest must be sorted first",
    InUse: "object is in use",

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
    ChunkEnd: "chunk does not end at its size",
    Trailer: "malformed trailer",
    ChunkLong: "chunk extensions or trailers too long",
    BodySurplus: "trailing data after the body",
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

    /// Appends the sentence.
    #[inline(never)]
    pub fn say(self, out: &mut Text) {
        PACKED.iter().fold(self as u32, |before, &code| unpack(code, before, out));
    }
}

/// Takes a byte of `PACKED`, before which `before` sentences are still to be passed over, and returns
/// how many are then. Below 0 it goes on from a number that no sentence has.
fn unpack(code: u8, before: u32, out: &mut Text) -> u32 {
    match PAIRS.get(usize::from(code).wrapping_sub(96)) {
        Some(&[first, second]) => unpack(second, unpack(first, before, out), out),
        None if code == 95 => before.wrapping_sub(1),
        None => {
            if before == 0 {
                out.push(&[code + b' ']);
            }
            before
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_packed_without_loss() {
        for fault in Fault::ALL {
            let mut text = Text::new();
            fault.say(&mut text);
            assert_eq!(text.as_bytes(), fault.sentence().as_bytes());
        }
    }
}
