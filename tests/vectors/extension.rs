//! `size` and `sha256` of entries: read where they have their form, otherwise passed over as the
//! unknown members that they once were.

mod device;

use device::{line, read_all, Line};

const MD5: &str = "0123456789abcdef0123456789ABCDEF";

/// The first entry's size and SHA-256 under `"size": size, "sha256": sha256`.
fn extension(size: &str, sha256: &str) -> (Option<u64>, Option<String>) {
    let members = format!(r#""size":{size},"sha256":{sha256}"#);
    let before = read_all(&format!(r#"{{"files":[{{{members},"path":"a"}},{{"path":"b"}}]}}"#));
    let after = read_all(&format!(r#"{{"files":[{{"path":"a",{members}}},{{"path":"b"}}]}}"#));
    assert_eq!(before, after, "{members}");
    let mut lines = before.expect(&members).1;
    // The next entry has nothing of it.
    assert_eq!(lines.pop(), Some(line("b", 0, "")));
    let line = lines.remove(0);
    (line.size, line.sha256)
}

#[test]
fn size_and_sha256_are_read_where_they_have_their_form() {
    for (text, size) in [
        ("0", 0),
        ("7", 7),
        ("\"7\"", 7),
        ("\"007\"", 7),
        ("\"\\u0037\"", 7),
        ("9223372036854775807", i64::MAX as u64),
        ("\"9223372036854775807\"", i64::MAX as u64),
    ] {
        assert_eq!(extension(text, "null"), (Some(size), None), "{text}");
    }
    let digits = format!("{MD5}fedcba9876543210FEDCBA9876543210");
    let lower = Some(digits.to_lowercase());
    for text in [digits.clone(), digits.to_uppercase(), digits.replace('a', "\\u0061")] {
        assert_eq!(extension("null", &format!("\"{text}\"")), (None, lower.clone()), "{text}");
    }
    // Beside the longest path there is room for them.
    let path = "p".repeat(255);
    let file = format!(
        r#"{{"files":[{{"path":"{path}","sha256":"{digits}","size":"00000000001","md5":"{MD5}"}}]}}"#
    );
    let (found, lines) = read_all(&file).unwrap();
    let expected = Line { size: Some(1), sha256: lower, ..line(&path, 0, MD5) };
    assert_eq!((found.hashed, lines), (true, vec![expected]));
}

#[test]
fn size_and_sha256_in_other_forms_count_as_absent() {
    let digits = "a".repeat(64);
    let long = "1".repeat(1000);
    for text in [
        "null",
        "true",
        "false",
        "\"\"",
        "[]",
        "[1]",
        "{}",
        r#"{"path":"x","size":1,"sha256":["]"]}"#,
        "-1",
        "-0",
        "1.0",
        "1e3",
        "\"-1\"",
        "\"+1\"",
        "\" 1\"",
        "\"0x1\"",
        "\"\u{ff11}\"",
        "\"\\ud800\"",
        "9223372036854775808",
        "\"9223372036854775808\"",
        "18446744073709551617",
        &long,
        &digits.replace('a', "1"),
        &format!("\"{}\"", &digits[1..]),
        &format!("\"{digits}0\""),
        &format!("\" {}\"", &digits[1..]),
        &format!("\"{}g\"", &digits[1..]),
        &format!("\"0x{}\"", &digits[2..]),
        &format!("\"{}\u{e9}\"", &digits[2..]),
        &format!("[\"{digits}\"]"),
    ] {
        assert_eq!(extension(text, text), (None, None), "{text}");
    }
}

#[test]
fn validation_finds_whether_each_entry_has_a_sha256() {
    let good = format!(r#""sha256":"{}""#, "0".repeat(64));
    for (first, second, all) in [
        (good.as_str(), good.as_str(), true),
        (&good, r#""sha256":"0""#, false),
        (r#""size":1"#, &good, false),
    ] {
        let (a, b) = (format!(r#"{{"path":"a",{first}}}"#), format!(r#"{{"path":"b",{second}}}"#));
        for list in [format!("{a},{b}"), format!("{b},{a}")] {
            let (found, _) = read_all(&format!(r#"{{"files":[{list}]}}"#)).unwrap();
            assert_eq!(found.hashed, all, "{list}");
        }
    }
}
