//! What a head says about the version of a file and the part of it: heads of real servers, and of
//! those that a device must not believe.

use super::*;
use proptest::prelude::*;
use proptest::sample::{subsequence, Index};

const NGINX: &str = "HTTP/1.1 206 Partial Content\r\nServer: nginx/1.26.3\r\n\
    Date: Tue, 20 May 2025 11:40:01 GMT\r\nContent-Type: application/octet-stream\r\n\
    Content-Length: 4\r\nLast-Modified: Mon, 19 May 2025 09:12:44 GMT\r\n\
    Connection: keep-alive\r\nETag: \"682af56c-a\"\r\nContent-Range: bytes 6-9/10\r\n\r\n";
const APACHE: &str = "HTTP/1.1 206 Partial Content\r\nDate: Tue, 20 May 2025 11:40:01 GMT\r\n\
    Server: Apache/2.4.62 (Debian)\r\nLast-Modified: Mon, 19 May 2025 09:12:44 GMT\r\n\
    ETag: \"a-63577ce1b8f7a\"\r\nAccept-Ranges: bytes\r\nContent-Length: 4\r\n\
    Content-Range: bytes 6-9/10\r\nContent-Type: text/x-python\r\n\r\n";
const PYTHON: &str = "HTTP/1.0 200 OK\r\nServer: SimpleHTTP/0.6 Python/3.13.5\r\n\
    Date: Tue, 20 May 2025 11:40:01 GMT\r\nContent-type: text/x-python\r\n\
    Content-Length: 4\r\nLast-Modified: Mon, 19 May 2025 09:12:44 GMT\r\n\r\n";
const S3: &str = "HTTP/1.1 206 Partial Content\r\nx-amz-id-2: c2FndWFyb3Rh\r\n\
    x-amz-request-id: 5S4G0R0TA\r\nDate: Tue, 20 May 2025 11:40:01 GMT\r\n\
    Last-Modified: Mon, 19 May 2025 09:12:44 GMT\r\n\
    ETag: \"781e5e245d69b566979b86e28d23f2c7\"\r\nx-amz-server-side-encryption: AES256\r\n\
    Accept-Ranges: bytes\r\nContent-Range: bytes 6-9/10\r\n\
    Content-Type: binary/octet-stream\r\nContent-Length: 4\r\nServer: AmazonS3\r\n\r\n";

const DATE: &str = "Mon, 19 May 2025 09:12:44 GMT";

/// A head of this status with these fields, and a body of four bytes.
fn head_of(status: u16, fields: &[&str]) -> String {
    format!("HTTP/1.1 {status} \r\n{}\r\nContent-Length: 4\r\n\r\nabcd", fields.join("\r\n"))
}

/// The validator of a 200 with these fields.
#[track_caller]
fn validator(fields: &[&str]) -> Option<String> {
    good(head_of(200, fields)).validator
}

/// The first byte's position by a `Content-Range` of this value.
#[track_caller]
fn first(range: &str) -> Option<u32> {
    good(head_of(206, &[&format!("Content-Range: {range}")])).first
}

#[test]
fn heads_of_real_servers() {
    for (head, tag, at) in [
        (NGINX, "\"682af56c-a\"", Some(6)),
        (APACHE, "\"a-63577ce1b8f7a\"", Some(6)),
        (PYTHON, DATE, None),
        (S3, "\"781e5e245d69b566979b86e28d23f2c7\"", Some(6)),
    ] {
        let read = good(head.to_owned() + "abcd");
        assert_eq!((read.validator.as_deref(), read.first), (Some(tag), at), "{head}");
        assert_eq!((read.length, read.location), (Some(4), None));
    }
}

#[test]
fn validators_are_of_files_that_came() {
    for status in [200, 206] {
        assert!(good(head_of(status, &["ETag: \"a\""])).validator.is_some());
        assert!(good(head_of(status, &[&format!("Last-Modified: {DATE}")])).validator.is_some());
    }
    for status in [201, 203, 302, 304, 404, 412, 416, 500] {
        let head = head_of(status, &["ETag: \"a\"", &format!("Last-Modified: {DATE}")]);
        let head = head.replace("abcd", if status == 304 { "" } else { "abcd" });
        assert_eq!(good(head).validator, None, "{status}");
    }
    // Neither of an interim response nor of the redirect that led here.
    let interim =
        format!("HTTP/1.1 103 Early Hints\r\nETag: \"a\"\r\nLast-Modified: {DATE}\r\n\r\n");
    assert_eq!(good(interim + &head_of(200, &["X: 1"])).validator, None);
    let redirect = good(head_of(302, &["ETag: \"a\"", "Location: /b", "Last-Modified: x"]));
    assert_eq!((redirect.location.as_deref(), redirect.validator), (Some("/b"), None));
}

#[test]
fn strong_tags_are_kept_as_sent() {
    let longest = format!("\"{}\"", "t".repeat(126));
    for tag in
        ["\"\"", "\"a\"", "\"W/a\"", "\"!#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\"", "\"\u{fc}\"", &longest]
    {
        assert_eq!(validator(&[&format!("ETag: {tag}")]).as_deref(), Some(tag));
        assert_eq!(validator(&[&format!("etag:\t{tag}  ")]).as_deref(), Some(tag));
    }
}

#[test]
fn unusable_tags_are_as_if_absent() {
    let long = format!("\"{}\"", "t".repeat(127));
    let longer = format!("\"{}\"", "t".repeat(3000));
    // What would be taken if only its beginning were seen.
    let cut = format!("\"a\"{}b", " ".repeat(3000));
    for tag in [
        "",
        "\"",
        "a",
        "\"a",
        "a\"",
        "'a'",
        "W/\"a\"",
        "w/\"a\"",
        "W\"a\"",
        "*",
        "\"a b\"",
        "\"a\tb\"",
        "\"a\"b\"",
        "\"a\", \"b\"",
        "\"a\";x",
        &long,
        &longer,
        &cut,
    ] {
        let field = format!("ETag: {tag}");
        let date = format!("Last-Modified: {DATE}");
        assert_eq!(validator(&[&field]), None, "{tag}");
        assert_eq!(validator(&[&field, &date]).as_deref(), Some(DATE), "{tag}");
        assert_eq!(validator(&[&date, &field]).as_deref(), Some(DATE), "{tag}");
    }
    let mut latin1 = head_of(200, &["ETag: \"_\""]).into_bytes();
    let at = latin1.iter().position(|&byte| byte == b'_').unwrap();
    latin1[at] = 0xfc;
    assert_eq!(good(latin1).validator, None);
}

#[test]
fn dates_have_the_one_form_of_today() {
    for no in [
        "",
        "0",
        "Mon, 19 May 2025 09:12:44 UTC",
        "Mon, 19 May 2025 09:12:44 +0000",
        "Monday, 19-May-25 09:12:44 GMT",
        "Mon May 19 09:12:44 2025",
        "Mon, 19 M\u{e4}y 2025 9:12:44 GMT",
        "Mon,\t19 May 2025 09:12:44 GMT",
        "Mon, 19 May 2025 09:12:44 GMT ; GMT",
        "2025-05-19T09:12:44Z",
    ] {
        assert_eq!(validator(&[&format!("Last-Modified: {no}")]), None, "{no}");
    }
    let cut = format!("Last-Modified: {DATE}{}x", " ".repeat(3000));
    assert_eq!(validator(&[&cut]), None);
}

#[test]
fn fields_that_differ_are_none_of_them_believed() {
    let date = format!("Last-Modified: {DATE}");
    let other = date.replace("19", "20");
    let (a, b) = ("ETag: \"a\"", "ETag: \"b\"");
    assert_eq!(validator(&[a, &date, a]).as_deref(), Some("\"a\""));
    assert_eq!(validator(&[&date, &date]).as_deref(), Some(DATE));
    for fields in [&[a, b, a][..], &[a, &date, b], &[&date, a, b, &date], &[&date, &other, &date]] {
        assert_eq!(validator(fields), None, "{fields:?}");
    }
    // A good tag says it all, whatever the dates are.
    for fields in [[a, &date, &other], [&date, a, &other], [&date, &other, a]] {
        assert_eq!(validator(&fields).as_deref(), Some("\"a\""), "{fields:?}");
    }
}

#[test]
fn long_lines_around_a_kept_value() {
    let tag = format!("ETag: \"{}\"", "t".repeat(126));
    let date = format!("Last-Modified: {DATE}");
    let long = format!("X: {}", "x".repeat(3000));
    for kept in [&[&date[..], &tag], &[&tag[..], &date]] {
        for at in 0..=2 {
            let mut fields = kept.to_vec();
            fields.insert(at, &long);
            assert_eq!(validator(&fields).as_deref(), Some(&tag[6..]), "{at}");
        }
        // A line that does not fit behind the kept value, of a field that matters.
        let fields = [&kept[..], &["Connection: close, x"]].concat();
        bad(head_of(200, &fields).replace(", x", &"x".repeat(600)), "header line too long");
    }
    assert_eq!(validator(&[&date, &long]).as_deref(), Some(DATE));
}

#[test]
fn ranges_to_the_end() {
    for (range, at) in [
        ("bytes 0-3/4", 0),
        ("bytes 6-9/10", 6),
        ("bytes 6-9/*", 6),
        ("BYTES 006-0009/00010", 6),
        ("bytes 4294967291-4294967294/4294967295", 4_294_967_291),
        ("bytes 4294967292-4294967295/*", 4_294_967_292),
    ] {
        assert_eq!(first(range), Some(at), "{range}");
    }
    let read = good(
        ok("Transfer-Encoding: chunked\r\nContent-Range: bytes 6-9/10\r\n")
            .replace("200 OK", "206 Partial")
            + "4\r\nabcd\r\n0\r\n\r\n",
    );
    assert_eq!((read.first, read.length, read.payload), (Some(6), None, b"abcd".to_vec()));
    let whole = "HTTP/1.1 206 \r\nContent-Range: bytes 0-4294967295/*\r\n\r\n";
    assert_eq!(good(whole).first, Some(0));
    bad(whole.replace("\r\n\r\n", "\r\nContent-Length: 4294967296\r\n\r\n"), NO_LENGTH);
    let empty = "HTTP/1.1 206 \r\nContent-Range: bytes 0-0/1\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(good(empty).first, None);
}

const NO_LENGTH: &str = "Content-Length is not a number below 4 GiB";

#[test]
fn ranges_that_are_not_believed() {
    for range in [
        "",
        "bytes",
        "bytes ",
        "bytes */10",
        "bytes */*",
        "bytes 6-9",
        "bytes 6-9/",
        "bytes 6-/10",
        "bytes -9/10",
        "bytes -",
        "bytes 6/10",
        "bytes 6/10-9",
        "bytes /",
        "bytes 6-9/11",
        "bytes 6-9/9",
        "bytes 6-9/0",
        "bytes 9-6/7",
        "bytes 9-6/10",
        "bytes 5-9/10",
        "bytes 7-10/11, bytes 7-10/11",
        "bytes 6-9/10,11-14/15",
        "bytes +6-9/10",
        "bytes 6-+9/10",
        "bytes 6-9/+10",
        "bytes --6-9/10",
        "bytes 6--9/10",
        "bytes 0x6-9/10",
        "bytes 6-9/10x",
        "bytes 6-9/**",
        "bytes 6-9/10/10",
        "bytes 6 -9/10",
        "bytes 6- 9/10",
        "bytes 6-9 /10",
        "bytes 6-9/ 10",
        "bytes  6-9/10",
        "bytes\t6-9/10",
        "bytes=6-9/10",
        "bytes: 6-9/10",
        "byte 6-9/10",
        "items 6-9/10",
        "6-9/10",
        "bytes \u{b2}-5/6",
        // 6, 9 and 10 to whoever lets a number overflow.
        "bytes 4294967302-4294967305/4294967306",
        "bytes 4294967292-4294967295/4294967296",
        "bytes 18446744073709551622-18446744073709551625/18446744073709551626",
        "bytes 4294967294-1/2",
        "bytes 6-9/4294967306",
    ] {
        assert_eq!(first(range), None, "{range}");
    }
    for status in [200, 203, 416] {
        let head = head_of(status, &["Content-Range: bytes 6-9/10"]);
        assert_eq!(good(head).first, None, "{status}");
    }
    let long = format!("bytes 6-9/10{}", " ".repeat(3000));
    assert_eq!(first(&format!("{long}0")), None);
    let one = "Content-Range: bytes 6-9/10";
    assert_eq!(good(head_of(206, &[one])).first, Some(6));
    for fields in [&[one, one][..], &[one, "content-range: bytes 1-4/5"], &[one, one, one]] {
        assert_eq!(good(head_of(206, fields)).first, None);
    }
    assert_eq!(good(head_of(206, &["Content-Range: x", one])).first, None);
    // The parts have ranges of their own; the response has none.
    let parts = "HTTP/1.1 206 \r\nContent-Type: multipart/byteranges; boundary=x\r\n\
        Content-Length: 40\r\n\r\n--x\r\nContent-Range: bytes 6-9/10\r\n\r\nabcd";
    assert_eq!(good(parts).first, None);
}

proptest! {
    #[test]
    fn any_range_is_read_as_its_numbers_say(first: u32, len in 1..=u32::MAX, more in 0..3u64) {
        let (start, end) = (u64::from(first), u64::from(first) + u64::from(len));
        let range = format!("bytes {start}-{}/{}", end - 1, end + more);
        let head = format!("HTTP/1.1 206 \r\nContent-Range: {range}\r\nContent-Length: {len}\r\n\r\n");
        let mut read = Head::new();
        prop_assert_eq!(read.feed(head.as_bytes()), Ok(Some(head.len())));
        let right = more == 0 && end <= u64::from(u32::MAX);
        prop_assert_eq!(read.first(), right.then_some(first));
    }

    #[test]
    fn any_order_and_any_split_say_the_same(
        fields in subsequence(vec![
            "ETag: \"a\"", "ETag: W/\"b\"", "Content-Range: bytes 6-9/10", "Location: /else",
            "Last-Modified: Mon, 19 May 2025 09:12:44 GMT", "Server: x", "Connection: close",
        ], 0..=7).prop_shuffle(),
        status in prop_oneof![Just(200u16), Just(206), Just(302), Just(416)],
        cuts: Vec<Index>,
    ) {
        let has = |field: &str| fields.iter().any(|has| has.starts_with(field));
        let raw = head_of(status, &fields);
        let tag = has("ETag: \"").then_some("\"a\"");
        let date = has("Last-Modified").then_some(DATE);
        let expected = tag.or(date).filter(|_| status < 300);
        let response = good(&raw);
        prop_assert_eq!(response.validator.as_deref(), expected);
        prop_assert_eq!(response.first, Some(6).filter(|_| status == 206 && has("Content-R")));
        let location = Some("/else").filter(|_| status == 302 && has("Location"));
        prop_assert_eq!(response.location.as_deref(), location);
        let pieces = http_properties::cut(raw.as_bytes(), &cuts);
        prop_assert_eq!(read(&pieces), Ok(Some(response)));
    }
}
