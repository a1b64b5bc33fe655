//! Signatures of manifests: one known answer, and every form that is none.

mod device;

use device::{Device, SIZES};

/// Computed by Python's hmac over
/// `v=7\nboot.py\t7\t0123456789abcdef0123456789ABCDEF\nlib/é.py\t0\t`.
const SIGNATURE: &str = "2af51192bef7b854eded65cf4bec03033a2ec78bd226d69e9ae339cfd1d117d1";
/// The same over `v=0`.
const EMPTY: &str = "32f52665c3031a986143e454cd2bd5ef969ece5fa02bd881eaeaa9945ba70a25";
/// The same over the extended payload of `extended_files`, whose last line is
/// `lib/é.py\t0\t\t0\tffff…`.
const EXTENDED: &str = "6886c91c004bc0000071af33d183f714d4be2500a489080ae8fd2cd0deccf69f";
/// The same where `lib/é.py` has no size and no SHA-256: `lib/é.py\t0\t\t\t`.
const PARTLY_EXTENDED: &str = "5daa9d4d79e4133bd733d16d36116c561a4bd4e394e9b93f8e85319d7c675b17";
/// The same over `x=0`.
const EMPTY_EXTENDED: &str = "e06c17124520f5763a0042c78d92a50452c46052ae4b9e72a5d0b93e0a0c6db3";
const KEY: &[u8] = "clé-secrète".as_bytes();
const BOOT: &str = r#"{"path":"boot.py","version":"7","md5":"0123456789abcdef0123456789ABCDEF"}"#;
const LIB: &str = r#"{"path":"lib/\u00e9.py","md5":null}"#;

/// Signed, and the verdict, at every buffer size.
fn verdicts(file: &str, field: &'static [u8], key: &[u8]) -> (bool, bool) {
    let mut all = SIZES.map(|size| {
        let mut device = Device::new(file.as_bytes(), size);
        device.field = field;
        let found = device.prepare().expect(file);
        (found.signed, device.verify(key))
    });
    all.sort();
    assert_eq!(all[0], all[all.len() - 1], "{file}");
    all[0]
}

fn check(file: &str, expected: (bool, bool)) {
    assert_eq!(verdicts(file, b"signature", KEY), expected, "{file}");
}

#[test]
fn the_key_s_signature_is_valid_wherever_it_stands() {
    let (sorted, shuffled) = (format!("[{BOOT},{LIB}]"), format!("[{LIB},{BOOT}]"));
    let upper = SIGNATURE.to_uppercase();
    for sign in [SIGNATURE, &upper] {
        let yes = (true, true);
        check(&format!(r#"{{"version":7,"files":{sorted},"signature":"{sign}"}}"#), yes);
        check(&format!(r#"{{"signature":"{sign}","version":7,"files":{sorted}}}"#), yes);
        check(&format!(r#"{{"signature":"{sign}","files":{sorted},"version":7}}"#), yes);
        check(&format!(r#"{{"version":7,"files":{shuffled},"signature":"{sign}"}}"#), yes);
        check(&format!(r#"{{"files":{shuffled},"signature":"{sign}","version":"7"}}"#), yes);
    }
    check(&format!(r#"{{"files":[],"signature":"{EMPTY}"}}"#), (true, true));
    check(&format!(r#"{{"version":0,"files":[],"signature":"{EMPTY}"}}"#), (true, true));
}

#[test]
fn another_key_version_file_or_name_is_not() {
    let good = format!(r#"{{"version":7,"files":[{BOOT},{LIB}],"signature":"{SIGNATURE}"}}"#);
    let no = (true, false);
    for key in ["", "clé-secrèt", "clé-secrète ", "CLÉ-SECRÈTE"] {
        assert_eq!(verdicts(&good, b"signature", key.as_bytes()), no, "{key}");
    }
    for (from, to) in [
        (r#""version":7"#, r#""version":8"#),
        (r#""version":"7""#, r#""version":"6""#),
        ("boot", "bOot"),
        ("ABCDEF", "ABCDEf"),
        (r#""md5":null"#, r#""version":1"#),
        ("2af5", "3af5"),
        ("17d1", "17d0"),
    ] {
        assert_ne!(good.replacen(from, to, 1), good);
        check(&good.replacen(from, to, 1), no);
    }
    check(&good.replace(&format!(",{LIB}"), ""), no);
    check(&good.replace("\"signature\"", "\"HexDigest\""), (false, false));
    assert_eq!(verdicts(&good, b"hmac", KEY), (false, false));
    assert_eq!(verdicts(&good.replace("signature", "hmac"), b"hmac", KEY), (true, true));
}

#[test]
fn what_has_not_the_form_of_a_signature_is_never_valid() {
    let digits = "1".repeat(64);
    for form in [
        String::from("\"\""),
        format!("\"{}\"", &SIGNATURE[1..]),
        format!("\"{SIGNATURE}0\""),
        format!("\"0x{}\"", &SIGNATURE[2..]),
        format!("\" {}\"", &SIGNATURE[1..]),
        format!("\"{}g\"", &SIGNATURE[1..]),
        format!("\"{}\\u0000\"", &SIGNATURE[1..]),
        format!("\"{SIGNATURE}\\ud800\""),
        format!("\"{}\"", SIGNATURE.repeat(8)),
        format!("[\"{SIGNATURE}\",[]]"),
        format!("{{\"signature\":\"{SIGNATURE}\",\"files\":[]}}"),
        digits,
        String::from("true"),
        String::from("false"),
    ] {
        let files = format!("[{BOOT},{LIB}]");
        let no = (true, false);
        check(&format!(r#"{{"signature":{form},"version":7,"files":{files}}}"#), no);
        check(&format!(r#"{{"version":7,"files":{files},"signature":{form},"x":1}}"#), no);
    }
    let null = format!(r#"{{"version":7,"files":[{BOOT},{LIB}],"signature":null}}"#);
    check(&null, (false, false));
    check(&null.replace(",\"signature\":null", ""), (false, false));
}

/// The validate checks what the payload's form rests on: with a tab or a line feed in a path, two
/// manifests could share one payload.
#[test]
fn one_payload_has_one_manifest() {
    for path in ["a\\t1\\t\\nb", "a\\tb", "a\\nb"] {
        let file = format!(r#"{{"version":1,"files":[{{"path":"{path}"}}]}}"#);
        assert!(Device::new(file.as_bytes(), 64).validate().is_err(), "{path}");
    }
}

/// The files of the extended payload, in order, with this case of the SHA-256's digits.
fn extended_files(upper: bool) -> [String; 2] {
    let mut sha256 =
        String::from("00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef");
    let mut other = "f".repeat(64);
    if upper {
        sha256.make_ascii_uppercase();
        other.make_ascii_uppercase();
    }
    let with = |entry: &str, size: &str, sha256: &str| {
        entry.replace('}', &format!(r#","sha256":"{sha256}","size":{size}}}"#))
    };
    [with(BOOT, "1024", &sha256), with(LIB, "\"00\"", &other)]
}

/// The verdict and, apart from it, whether each file has what an extended signature covers, and it.
fn check_extended(file: &str, expected: (bool, bool), extended: bool) {
    check(file, expected);
    let found = Device::new(file.as_bytes(), 64).validate().expect(file);
    assert_eq!(found.extended && found.hashed, extended, "{file}");
}

#[test]
fn the_extended_signature_is_valid_wherever_it_stands() {
    let yes = (true, true);
    let sign = format!(r#""signature":"{SIGNATURE}""#);
    for upper in [false, true] {
        let [boot, lib] = extended_files(upper);
        let (sorted, shuffled) =
            (format!(r#""files":[{boot},{lib}]"#), format!(r#""files":[{lib},{boot}]"#));
        let digits = if upper { EXTENDED.to_uppercase() } else { EXTENDED.to_owned() };
        let ext = format!(r#""signature_ext":"{digits}""#);
        for (file, verdict) in [
            (format!(r#"{{"version":7,{sign},{ext},{sorted}}}"#), yes),
            (format!(r#"{{{ext},"version":"7",{sorted},{sign}}}"#), yes),
            (format!(r#"{{"version":7,{sign},{sorted},{ext}}}"#), yes),
            (format!(r#"{{{ext},{sign},{sorted},"version":7}}"#), yes),
            (format!(r#"{{"version":7,{sign},{ext},{shuffled}}}"#), yes),
        ] {
            check_extended(&file, verdict, true);
        }
    }
    let empty = format!(r#""signature":"{EMPTY}","signature_ext":"{EMPTY_EXTENDED}""#);
    check_extended(&format!(r#"{{{empty},"version":0,"files":[]}}"#), yes, true);
    check_extended(&format!(r#"{{"version":0,"files":[],"signature":"{EMPTY}"}}"#), yes, false);
}

#[test]
fn an_old_signature_does_not_cover_the_extension_nor_mind_it() {
    let [boot, lib] = extended_files(false);
    let good = format!(r#"{{"version":7,"signature":"{SIGNATURE}","files":[{boot},{lib}]}}"#);
    let yes = (true, true);
    check_extended(&good, yes, false);
    check_extended(&good.replace("1024", "1025"), yes, false);
    check_extended(&good.replace("aabbcc", "aabbcd"), yes, false);
    check_extended(&good.replace("\"files", "\"signature_ext\":null,\"files"), yes, false);
    // Not the names that the extension has.
    for name in ["_ext", "signature_exT", "signature_ext2", "signature__ext", "xsignature_ext"] {
        check_extended(&good.replace("\"files", &format!("\"{name}\":1,\"files")), yes, false);
    }
    let (field, renamed) = (b"hmac", good.replace("signature", "hmac"));
    let ext = format!(r#""hmac_ext":"{EXTENDED}","files""#);
    assert_eq!(verdicts(&renamed.replace("\"files\"", &ext), field, KEY), yes);
    let ext = format!(r#""hmac_ext":"{SIGNATURE}","files""#);
    let no = (true, false);
    assert_eq!(verdicts(&renamed.replace("\"files\"", &ext), field, KEY), no);
}

#[test]
fn what_the_extended_signature_covers_cannot_be_changed() {
    let [boot, lib] = extended_files(false);
    let ext = format!(r#""signature_ext":"{EXTENDED}""#);
    let files = format!(r#""files":[{boot},{lib}]"#);
    let before = format!(r#"{{"version":7,"signature":"{SIGNATURE}",{ext},{files}}}"#);
    let after = format!(r#"{{"version":7,"signature":"{SIGNATURE}",{files},{ext}}}"#);
    check_extended(&before, (true, true), true);
    for (from, to, extended) in [
        ("1024", "1025", true),
        ("1024", "\"\"", true),
        ("\"size\":1024", "\"Size\":1024", true),
        ("\"00\"", "1", true),
        ("\"00\"", "null", true),
        ("aabbcc", "aabbcd", true),
        ("aabbcc", "aabbc", false),
        ("\"sha256\":\"00", "\"sha255\":\"00", false),
        ("6886", "7886", true),
        ("6886", "688", true),
        ("f69f\"", "f690\"", true),
        (EXTENDED, SIGNATURE, true),
        (EXTENDED, PARTLY_EXTENDED, true),
        (&format!("\"{EXTENDED}\""), "[]", true),
        (&format!("\"{EXTENDED}\""), "false", true),
    ] {
        assert_ne!(before.replacen(from, to, 1), before, "{from}");
        check_extended(&before.replacen(from, to, 1), (true, false), extended);
        // The old signature alone is right, which is not enough.
        check_extended(&after.replacen(from, to, 1), (true, false), extended);
    }
    // The old signature is needed as well.
    let no = (true, false);
    check_extended(&before.replace("2af5", "2af4"), no, true);
    check_extended(&after.replace("2af5", "2af4"), no, true);
    check_extended(&after.replace(&format!("\"{SIGNATURE}\""), "null"), (false, false), true);
    // What is missing is signed as empty.
    let short = format!(r#""files":[{boot},{LIB}]"#);
    let partly = before.replace(&files, &short).replace(EXTENDED, PARTLY_EXTENDED);
    check_extended(&partly, (true, true), false);
}

#[test]
fn hashed_means_that_each_entry_has_a_sha256() {
    let [boot, lib] = extended_files(false);
    for (files, hashed) in [
        (format!("{boot},{lib}"), true),
        (format!("{lib},{boot}"), true),
        (format!("{boot},{LIB}"), false),
        (format!("{BOOT},{lib}"), false),
        (String::new(), true),
    ] {
        let file = format!(r#"{{"files":[{files}]}}"#);
        let found = Device::new(file.as_bytes(), 64).validate().unwrap();
        assert_eq!(found.hashed, hashed, "{file}");
    }
}
