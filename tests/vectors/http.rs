//! HTTP responses as servers send them, as they must not, and in every way that a socket may cut
//! them up.

mod http_body;
mod http_properties;
mod http_validators;
mod sentences;

use saguarota::error::{Error, ErrorKind};
use saguarota::http::{Body, Head};
use sentences::sentence;

/// A response that was read to its end.
#[derive(Clone, Debug, PartialEq)]
struct Response {
    status: u16,
    keep_alive: bool,
    length: Option<u32>,
    location: Option<String>,
    validator: Option<String>,
    first: Option<u32>,
    payload: Vec<u8>,
}

/// What Python makes a str of, unchecked.
fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("not UTF-8")
}

/// Reads the pieces as a client reads a socket; after them, the peer closes. `Ok(None)`: it closed
/// before the head was complete.
fn read(pieces: &[&[u8]]) -> Result<Option<Response>, Error> {
    let mut head = Head::new();
    let mut body = None;
    let mut payload = Vec::new();
    for piece in pieces {
        let mut raw = piece.to_vec();
        if body.is_none() {
            let Some(taken) = head.feed(&raw)? else { continue };
            raw.drain(..taken);
        }
        let body = body.get_or_insert_with(|| head.body());
        let decoded = body.decode(&mut raw);
        // What is malformed never completes a body.
        assert!(matches!(decoded, Ok(_) | Err(ErrorKind::BodySurplus)) || !body.done());
        let kept = decoded?;
        payload.extend_from_slice(&raw[..kept]);
        assert_eq!(body.done(), body.want(1) == 0);
    }
    let Some(mut body) = body else { return Ok(None) };
    body.closed()?;
    assert!(body.done());
    Ok(Some(Response {
        status: head.status(),
        keep_alive: head.keep_alive(),
        length: head.length(),
        location: head.location().map(text),
        validator: head.validator().map(text),
        first: head.first(),
        payload,
    }))
}

/// Reads the bytes in one piece and one by one, which must come to the same.
fn read_both(bytes: impl AsRef<[u8]>) -> Result<Option<Response>, Error> {
    let bytes = bytes.as_ref();
    let whole = read(&[bytes]);
    assert_eq!(whole, read(&bytes.chunks(1).collect::<Vec<_>>()));
    whole
}

#[track_caller]
fn good(bytes: impl AsRef<[u8]>) -> Response {
    read_both(bytes).unwrap().expect("a complete head")
}

#[track_caller]
fn bad(bytes: impl AsRef<[u8]>, what: &str) {
    let text = String::from_utf8_lossy(bytes.as_ref()).into_owned();
    match read_both(bytes) {
        Err(error) => assert_eq!(sentence(error.kind), what, "{text:?}"),
        Ok(read) => panic!("{text:?} was read as {read:?}"),
    }
}

/// A head of 200 with these further lines.
fn ok(lines: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{lines}\r\n")
}

fn chunked(body: &str) -> String {
    ok("Transfer-Encoding: chunked\r\n") + body
}

#[test]
fn state_is_small() {
    assert!(size_of::<Head>() <= 672, "{}", size_of::<Head>());
    assert!(size_of::<Body>() <= 16);
}

#[test]
fn bare_line_feeds_end_lines_of_the_head() {
    assert_eq!(good("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc").payload, b"abc");
    assert_eq!(good("HTTP/1.1 200 OK\r\nContent-Length: 3\n\r\nabc").payload, b"abc");
}

#[test]
fn connections_are_kept_as_rfc_9112_says() {
    for (version, connection, keep) in [
        ("1.1", "", true),
        ("1.1", "Connection: close\r\n", false),
        ("1.1", "connection: Foo , CLOSE\r\n", false),
        ("1.1", "Connection: closed, keep-alive\r\n", true),
        ("1.1", "Connection: keep-alive\r\nConnection: close\r\n", false),
        ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive\r\n", true),
        ("1.0", "Connection: keep-alive, close\r\n", false),
    ] {
        let read = good(format!("HTTP/{version} 200 OK\r\n{connection}Content-Length: 0\r\n\r\n"));
        assert_eq!(read.keep_alive, keep, "{version} {connection:?}");
    }
    assert!(!good(chunked("0\r\n\r\n").replace("\r\nT", "\r\nConnection: close\r\nT")).keep_alive);
}

#[test]
fn interim_responses_are_passed_over() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\n\
                   HTTP/1.1 103 Early Hints\r\nLocation: /hint\r\nConnection: close\r\n\
                   Content-Length: 7\r\nContent-Encoding: br\r\n\r\n";
    let read = good(interim.to_owned() + &ok("Content-Length: 2\r\n") + "ab");
    assert_eq!((read.status, read.length, read.keep_alive), (200, Some(2), true));
    assert_eq!(read.location, None);
    assert_eq!(read_both(interim), Ok(None));
    let switch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n";
    bad(switch, "switch of protocols that was not asked for");
    bad("HTTP/1.1 100 Continue\r\n\r\n".repeat(1000), "response head over 16 KiB");
}

#[test]
fn redirects_say_where() {
    let redirect = |status, location: &str| {
        format!("HTTP/1.1 {status} \r\nLOCATION: {location}\r\nContent-Length: 0\r\n\r\n")
    };
    let longest = "/".repeat(512);
    for location in ["/else", "https://example.com/a?b#c", "", "/gr\u{fc}n", &longest] {
        assert_eq!(good(redirect(302, location)).location.as_deref(), Some(location));
    }
    assert_eq!(good("HTTP/1.1 301 \r\nContent-Length: 0\r\n\r\n").location, None);
    for unusable in ["/".repeat(513), "/".repeat(2000), "/a\r\nLocation: /b".into()] {
        for status in [301, 302, 303, 307, 308] {
            bad(redirect(status, &unusable), "location of the redirect cannot be used");
        }
        assert_eq!(good(redirect(200, &unusable)).location, None);
    }
    for status in [200, 201, 206, 404, 503] {
        assert_eq!(good(redirect(status, "/else")).location, None);
    }
    let mut latin1 = redirect(307, "/gr_n").into_bytes();
    let at = latin1.iter().position(|&byte| byte == b'_').unwrap();
    latin1[at] = 0xfc;
    bad(latin1, "location of the redirect cannot be used");
    // Without the space after the colon, one more byte of the value fits into a line.
    bad(
        redirect(301, &"/".repeat(513)).replace(": /", ":/"),
        "location of the redirect cannot be used",
    );
}

#[test]
fn a_long_line_matters_only_where_its_field_does() {
    let long = "x".repeat(3000);
    let read =
        good(ok(&format!("Set-Cookie: {long}\r\nContent-Length: 2\r\nX: {long}\r\n")) + "ab");
    assert_eq!(read.payload, b"ab");
    bad(format!("HTTP/1.1 200 {long}\r\n\r\n"), "status line too long");
    bad(ok(&format!("{long}: 1\r\n")), "malformed header line");
    for name in ["Content-Length", "Transfer-Encoding", "Connection", "Content-Encoding"] {
        bad(ok(&format!("{name}: {long}\r\n")), "header line too long");
    }
    // What is cut off a long line is still looked at.
    bad(ok(&format!("X: {long}\0\r\n")), "control character in the response head");
    bad(ok(&format!("X: {long}\rX: y\r\n")), "control character in the response head");
}

#[test]
fn a_head_has_at_most_16_kib() {
    let filled = |size: usize| {
        let line = format!("X: {}\r\n", "x".repeat(95));
        let rest = size - ok("Content-Length: 1\r\n").len();
        let pad = format!("X: {}\r\n", "x".repeat(rest % 100 + 95));
        ok(&(line.repeat(rest / 100 - 1) + &pad + "Content-Length: 1\r\n"))
    };
    assert_eq!(filled(16384).len(), 16384);
    assert_eq!(good(filled(16384) + "a").payload, b"a");
    bad(filled(16385) + "a", "response head over 16 KiB");
    bad("x".repeat(20000), "response head over 16 KiB");
}

#[test]
fn what_is_no_response_is_refused() {
    for no in [
        "\r\n",
        "\n",
        "GET / HTTP/1.1\r\n",
        "HTTP/2 200 OK\r\n",
        "HTTP/1.2 200 OK\r\n",
        "http/1.1 200 OK\r\n",
        "HTTP/1.1\r\n",
        "HTTP/1.1 \r\n",
        "HTTP/1.1 20 OK\r\n",
        "HTTP/1.1 2000 OK\r\n",
        "HTTP/1.1 2x0 OK\r\n",
        "HTTP/1.1 -20 OK\r\n",
        "HTTP/1.1  200 OK\r\n",
        "HTTP/1.1 000 OK\r\n",
        "HTTP/1.1 099 OK\r\n",
        "ICY 200 OK\r\n",
        " HTTP/1.1 200 OK\r\n",
        "<html>\n",
    ] {
        bad(no, "not an HTTP response");
    }
    for control in
        ["HTTP/1.1 200 \0\r\n", "HTTP/1.1 200 OK\r\r\n", "HTTP/1.1 200 O\rK\r\n", "\x16\x03\x01"]
    {
        bad(control, "control character in the response head");
    }
}

#[test]
fn malformed_header_lines_are_refused() {
    for line in [
        " folded: 1",
        "\tfolded: 1",
        "A: 1\r\n more",
        "no colon",
        ": no name",
        "white space: 1",
        "Content-Length : 1",
        "A\u{e9}: 1",
        "(: 1",
        "HTTP/1.1 200 OK",
    ] {
        bad(ok(&format!("{line}\r\n")), "malformed header line");
    }
    for line in ["A: \0", "A\0: 1", "A: \x08", "A: \x7f", "A: \x1b[0m", "A: 1\r", "A: 1\rB: 2"] {
        bad(ok(&format!("{line}\r\n")), "control character in the response head");
    }
    assert_eq!(good(ok("A:\r\nB:\t b\tb \r\nC: \u{e9}\r\nContent-Length: 0\r\n")).status, 200);
}

#[test]
fn content_codings_are_refused_where_the_body_is_wanted() {
    for coding in ["gzip", "br", "identity, gzip", "gzip\r\nContent-Encoding: identity"] {
        let head = ok(&format!("Content-Encoding: {coding}\r\nContent-Length: 0\r\n"));
        bad(&head, "content coding not understood");
        // A missing page is missing, in whatever coding the server says so.
        assert_eq!(good(head.replace("200 OK", "404 No")).status, 404);
    }
    for none in ["identity", "Identity", ""] {
        let head = ok(&format!("Content-Encoding: {none}\r\nContent-Length: 0\r\n"));
        assert_eq!(good(head).status, 200);
    }
}

#[test]
fn fields_behind_the_longest_location_are_read() {
    let location = "x".repeat(512);
    let head = format!(
        "HTTP/1.1 302 Found\r\nLocation: {location}\r\nX-Long: {location}\r\n\
         Content-Length: 4294967295\r\nConnection: close\r\n\r\n"
    );
    let mut read = Head::new();
    assert_eq!(read.feed(head.as_bytes()), Ok(Some(head.len())));
    assert_eq!(read.location(), Some(location.as_bytes()));
    assert_eq!((read.length(), read.keep_alive()), (Some(u32::MAX), false));
}

#[test]
fn a_head_that_is_reset_knows_nothing() {
    let location = "HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 7\r\n";
    let mut head = Head::new();
    for before in
        ["HTTP/1.1 200 OK\r", "no\n", &format!("{location}\r\n"), location, &"x".repeat(999)]
    {
        let _ = head.feed(before.as_bytes());
        head.reset();
        assert_eq!(head.feed(b"HTTP/1.0 200 OK\r\nA: b\n\n"), Ok(Some(23)));
        assert_eq!((head.status(), head.location(), head.length()), (200, None, None));
        head.reset();
        assert_eq!(head.feed("HTTP/1.1 100 \n\n".repeat(1092).as_bytes()), Ok(None));
        assert_eq!(head.feed(b"HTTP/1.1 200 \n\n"), Err(ErrorKind::HeadLong));
        head.reset();
    }
}
