//! Signatures of manifests: one known answer, and every form that is none.

mod device;

use device::{Device, SIZES};

/// Computed by Python's hmac over
/// `v=7\nboot.py\t7\t0123456789abcdef0123456789ABCDEF\nlib/é.py\t0\t`.
const SIGNATURE: &str = "2af51192bef7b854eded65cf4bec03033a2ec78bd226d69e9ae339cfd1d117d1";
/// The same over `v=0`.
const EMPTY: &str = "32f52665c3031a986143e454cd2bd5ef969ece5fa02bd881eaeaa9945ba70a25";
const KEY: &[u8] = "clé-secrète".as_bytes();
const BOOT: &str = r#"{"path":"boot.py","version":"7","md5":"0123456789abcdef0123456789ABCDEF"}"#;
const LIB: &str = r#"{"path":"lib/\u00e9.py","md5":null}"#;

/// Signed, the survey's verdict, and the one of `verify`, at every buffer size.
fn verdicts(file: &str, field: &'static [u8], key: &[u8]) -> (bool, Option<bool>, bool) {
    let mut all = SIZES.map(|size| {
        let mut device = Device::new(file.as_bytes(), size);
        device.field = field;
        let found = device.prepare(Some(key)).expect(file);
        (found.signed, found.valid, device.verify(key))
    });
    all.sort();
    assert_eq!(all[0], all[all.len() - 1], "{file}");
    all[0]
}

fn check(file: &str, expected: (bool, Option<bool>, bool)) {
    assert_eq!(verdicts(file, b"signature", KEY), expected, "{file}");
}

#[test]
fn the_key_s_signature_is_valid_wherever_it_stands() {
    let (sorted, shuffled) = (format!("[{BOOT},{LIB}]"), format!("[{LIB},{BOOT}]"));
    let upper = SIGNATURE.to_uppercase();
    for sign in [SIGNATURE, &upper] {
        let yes = (true, Some(true), true);
        check(&format!(r#"{{"version":7,"files":{sorted},"signature":"{sign}"}}"#), yes);
        check(&format!(r#"{{"signature":"{sign}","version":7,"files":{sorted}}}"#), yes);
        // The payload's head, or its order, is not known in time: `verify` has the word.
        let later = (true, None, true);
        check(&format!(r#"{{"signature":"{sign}","files":{sorted},"version":7}}"#), later);
        check(&format!(r#"{{"version":7,"files":{shuffled},"signature":"{sign}"}}"#), later);
        check(&format!(r#"{{"files":{shuffled},"signature":"{sign}","version":"7"}}"#), later);
    }
    check(&format!(r#"{{"files":[],"signature":"{EMPTY}"}}"#), (true, None, true));
    check(&format!(r#"{{"version":0,"files":[],"signature":"{EMPTY}"}}"#), (true, None, true));
}

#[test]
fn another_key_version_file_or_name_is_not() {
    let good = format!(r#"{{"version":7,"files":[{BOOT},{LIB}],"signature":"{SIGNATURE}"}}"#);
    let no = (true, Some(false), false);
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
    check(&good.replace("\"signature\"", "\"Signature\""), (false, None, false));
    assert_eq!(verdicts(&good, b"hmac", KEY), (false, None, false));
    assert_eq!(
        verdicts(&good.replace("signature", "hmac"), b"hmac", KEY),
        (true, Some(true), true)
    );
}

#[test]
fn what_has_not_the_form_of_a_signature_is_never_valid() {
    let digits = "1".repeat(64);
    for form in [
        String::from("\"\""),
        format!("\"{}\"", &SIGNATURE[1..]),
        format!("\"{SIGNATURE}0\""),
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
        let no = (true, Some(false), false);
        check(&format!(r#"{{"signature":{form},"version":7,"files":{files}}}"#), no);
        check(&format!(r#"{{"version":7,"files":{files},"signature":{form},"x":1}}"#), no);
    }
    let null = format!(r#"{{"version":7,"files":[{BOOT},{LIB}],"signature":null}}"#);
    check(&null, (false, None, false));
    check(&null.replace(",\"signature\":null", ""), (false, None, false));
}

#[test]
fn without_a_key_there_is_no_verdict() {
    let good = format!(r#"{{"version":7,"files":[{BOOT},{LIB}],"signature":"{SIGNATURE}"}}"#);
    let found = Device::new(good.as_bytes(), 64).survey(None).unwrap();
    assert_eq!((found.signed, found.valid), (true, None));
}

/// The survey checks what the payload's form rests on: with a tab or a line feed in a path, two
/// manifests could share one payload.
#[test]
fn one_payload_has_one_manifest() {
    for path in ["a\\t1\\t\\nb", "a\\tb", "a\\nb"] {
        let file = format!(r#"{{"version":1,"files":[{{"path":"{path}"}}]}}"#);
        assert!(Device::new(file.as_bytes(), 64).survey(Some(KEY)).is_err(), "{path}");
    }
}
