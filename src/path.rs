//! Which paths of a manifest may be installed: those that name, on littlefs and on FAT alike, one
//! file below the destination that is not the updater's own.

use crate::bytes::{eq_ignore_ascii_case, has, split};
use crate::error::ErrorKind;

/// Longest path in bytes of UTF-8: littlefs's and FAT's limit for one name.
pub const PATH_MAX: usize = 255;
/// Most segments of a path.
pub const SEGMENTS_MAX: usize = 16;

/// Says what is wrong with a path, or nothing.
///
/// `path` is UTF-8. `reserved` lists the updater's own files and folders relative to the
/// destination, one a line, of which one with a dot at its end stands for all names that begin so;
/// they, the folders above them and what is below them are refused whatever their case, for FAT has
/// none.
///
/// ```
/// use saguarota::{error::ErrorKind, path};
///
/// assert_eq!(path::validate(b"lib/app.py", b"ota_state.txt"), Ok(()));
/// assert_eq!(path::validate(b"OTA_STATE.TXT", b"ota_state.txt"), Err(ErrorKind::Reserved));
/// assert_eq!(path::validate(b"../main.py", b""), Err(ErrorKind::Leaves));
/// ```
pub fn validate(path: &[u8], reserved: &[u8]) -> Result<(), ErrorKind> {
    form(path)?;
    if is_reserved(path, reserved, true) {
        return Err(ErrorKind::Reserved);
    }
    Ok(())
}

/// Says what is wrong with a path's form, as [`validate`] does, whosever file it names.
pub fn form(path: &[u8]) -> Result<(), ErrorKind> {
    if path.is_empty() {
        return Err(ErrorKind::PathEmpty);
    }
    if path.len() > PATH_MAX {
        return Err(ErrorKind::PathLong);
    }
    if path.first() == Some(&b'/') {
        return Err(ErrorKind::PathAbsolute);
    }
    let mut last = 0;
    for &byte in path {
        if byte == b'\\' {
            return Err(ErrorKind::Backslash);
        }
        // C0, DEL and, as U+0080 to U+009F in UTF-8, C1.
        if byte < 0x20 || byte == 0x7f || last == 0xc2 && matches!(byte, 0x80..=0x9f) {
            return Err(ErrorKind::ControlInPath);
        }
        last = byte;
    }
    let mut segments = 0;
    for segment in split(path, b'/') {
        segments += 1;
        check_segment(segment, segments)?;
    }
    if segments > SEGMENTS_MAX {
        return Err(ErrorKind::Segments);
    }
    Ok(())
}

/// Whether the path is, or is below, one of the updater's `reserved` files and folders; with
/// `above`, also whether it is a folder above one.
pub fn is_reserved(path: &[u8], reserved: &[u8], above: bool) -> bool {
    let meets = |name| is_at_or_below(path, name) || (above && is_at_or_below(name, path));
    split(reserved, b'\n').any(meets)
}

#[inline(never)]
fn check_segment(segment: &[u8], number: usize) -> Result<(), ErrorKind> {
    match segment {
        b"" => Err(ErrorKind::SegmentEmpty),
        b"." => Err(ErrorKind::SegmentDot),
        b".." => Err(ErrorKind::Leaves),
        // FAT drops these, so that two paths would name one file, or `.. ` the parent.
        [.., b'.' | b' '] => Err(ErrorKind::SegmentEnd),
        _ if is_short_name(segment) => Err(ErrorKind::ShortName),
        _ if number == 1 && has(segment, b':') => Err(ErrorKind::Drive),
        _ => Ok(()),
    }
}

/// Whether FAT could have made this name up for a file with a longer one (`VERSIO~1.JSO`), which a
/// path must not reach by it: up to eight characters that end in a tilde and digits, and up to
/// three after a dot. Hexadecimal digits: from the sixth name on, FatFs numbers by a hash
/// (`VER~F568.JSO`).
fn is_short_name(segment: &[u8]) -> bool {
    let dot = segment.iter().position(|&b| b == b'.').unwrap_or(segment.len());
    let (base, extension) = segment.split_at(dot);
    let mut name = base;
    while let [before @ .., b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F'] = name {
        name = before;
    }
    name.len() < base.len() && base.len() <= 8 && extension.len() <= 4 && name.last() == Some(&b'~')
}

fn is_at_or_below(path: &[u8], name: &[u8]) -> bool {
    match path.get(..name.len()) {
        Some(head) if !name.is_empty() && eq_ignore_ascii_case(head, name) => {
            name.last() == Some(&b'.') || matches!(path.get(name.len()), None | Some(b'/'))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[u8] =
        b"ota_state.txt\nsaguarota_backup\nversions.json\ncfg/state/a.txt\nota12345.\nd/ota12345.";

    #[test]
    fn accepts_what_stays_inside() {
        let short = ["~", "~1x", "a~g.py", "longname~1.py", "a~1.json", "backup~"];
        for path in ["a", "main.py", "lib/a.b/c.mpy", "..a/b..c", "a b", "-"].iter().chain(&short) {
            assert_eq!(validate(path.as_bytes(), OWN), Ok(()), "{path}");
        }
        assert_eq!(validate("caf\u{e9}/\u{1f335}.py".as_bytes(), OWN), Ok(()));
        assert_eq!(validate(b"lib/a:b", OWN), Ok(()));
        assert_eq!(validate(&[b'a'; 255], OWN), Ok(()));
        assert_eq!(validate(b"a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", OWN), Ok(()));
    }

    #[test]
    fn refuses_what_does_not() {
        let table: &[(&[u8], ErrorKind)] = &[
            (b"", ErrorKind::PathEmpty),
            (b"/etc/passwd", ErrorKind::PathAbsolute),
            (b"..", ErrorKind::Leaves),
            (b"../x", ErrorKind::Leaves),
            (b"a/../../x", ErrorKind::Leaves),
            (b"a/..", ErrorKind::Leaves),
            (b"./a", ErrorKind::SegmentDot),
            (b"a//b", ErrorKind::SegmentEmpty),
            (b"a/", ErrorKind::SegmentEmpty),
            (b"C:/x", ErrorKind::Drive),
            (b"0:x", ErrorKind::Drive),
            (b"x:y/..z", ErrorKind::Drive),
            (b"VERSIO~1.JSO", ErrorKind::ShortName),
            (b"lib/sagua~12", ErrorKind::ShortName),
            (b"~1", ErrorKind::ShortName),
            (b"ver~F568.JSO", ErrorKind::ShortName),
            (b"long~ec4.py", ErrorKind::ShortName),
            (b"~1a", ErrorKind::ShortName),
            (b"a\\b", ErrorKind::Backslash),
            (b"..\\x", ErrorKind::Backslash),
            (b"a\0b", ErrorKind::ControlInPath),
            (b"a\nb", ErrorKind::ControlInPath),
            (b"a\x7fb", ErrorKind::ControlInPath),
            (b"a\xc2\x85b", ErrorKind::ControlInPath),
            (b"a/.. /b", ErrorKind::SegmentEnd),
            (b"main.py.", ErrorKind::SegmentEnd),
            (&[b'a'; 256], ErrorKind::PathLong),
            (b"a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", ErrorKind::Segments),
            (b"ota_state.txt", ErrorKind::Reserved),
            (b"OTA_State.TXT", ErrorKind::Reserved),
            (b"versions.json", ErrorKind::Reserved),
            (b"saguarota_backup", ErrorKind::Reserved),
            (b"saguarota_backup/x/y", ErrorKind::Reserved),
            (b"cfg", ErrorKind::Reserved),
            (b"CFG/State", ErrorKind::Reserved),
            (b"ota12345.prt", ErrorKind::Reserved),
            (b"OTA12345.x/y.py", ErrorKind::Reserved),
            (b"d/ota12345.new", ErrorKind::Reserved),
            (b"d", ErrorKind::Reserved),
        ];
        for (path, expected) in table {
            assert_eq!(validate(path, OWN), Err(*expected), "{:?}", core::str::from_utf8(path));
        }
    }

    #[test]
    fn own_files_are_matched_whole() {
        for path in [
            "ota_state.txt2",
            "lib/ota_state.txt",
            "saguarota_backup2/x",
            "cfg/x",
            "cfg/stat",
            "ota12345",
            "lib/ota12345.prt",
            "d/ota1234",
        ] {
            assert_eq!(validate(path.as_bytes(), OWN), Ok(()), "{path}");
        }
        assert_eq!(validate(b"a", b""), Ok(()));
    }
}
