//! Where bodies end, and what is inside.

use super::*;
use saguarota::error::Location;

#[test]
fn a_body_of_known_length() {
    let read = good("HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH:  3\t\r\n\r\nabc");
    assert_eq!((read.status, read.length, read.keep_alive), (200, Some(3), true));
    assert_eq!(read.payload, b"abc");
    assert_eq!(read.location, None);
    assert_eq!(good(ok("Content-Length: 0\r\n")).length, Some(0));
    assert_eq!(good(ok("Content-Length: 2\r\nContent-Length: 02\r\n") + "ab").length, Some(2));
    assert_eq!(good(ok("Content-Length: 2, 2 ,002\r\n") + "ab").length, Some(2));
    // Without a reason, and with one that is not ASCII.
    assert_eq!(good("HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n").status, 404);
    assert_eq!(good("HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n").status, 404);
    assert_eq!(good("HTTP/1.1 404 Niemand dah\u{e4}m\r\nContent-Length: 0\r\n\r\n").status, 404);
}

#[test]
fn a_body_until_the_connection_closes() {
    let read = good(ok("") + "all that comes");
    assert_eq!((read.length, read.keep_alive), (None, false));
    assert_eq!(read.payload, b"all that comes");
    assert_eq!(good(ok("Connection: keep-alive\r\n")).payload, b"");
    assert!(!good(ok("Connection: keep-alive\r\n")).keep_alive);
}

#[test]
fn a_body_in_chunks() {
    let read = good(chunked("3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n"));
    assert_eq!((read.length, read.keep_alive), (None, true));
    assert_eq!(read.payload, b"abc0123456789");
    assert_eq!(good(chunked("0\r\n\r\n")).payload, b"");
    assert_eq!(good(ok("TRANSFER-encoding: Chunked\r\n") + "0\r\n\r\n").payload, b"");
    let more =
        "3;a;b=\"c\"\r\nabc\r\n2 \t;x\r\nde\r\n1  \r\nf\r\n0;last\r\nTrailer: 1\r\nB: 2\r\n\r\n";
    assert_eq!(good(chunked(more)).payload, b"abcdef");
    let long = format!("0;{}\r\nT: {}\r\n\r\n", "e".repeat(252), "t".repeat(4000));
    assert_eq!(good(chunked(&long)).payload, b"");
}

#[test]
fn no_body_where_there_can_be_none() {
    for status in ["204 No Content", "304 Not Modified"] {
        for field in ["", "Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n"] {
            let read = good(format!("HTTP/1.1 {status}\r\n{field}\r\n"));
            assert_eq!((read.length, read.keep_alive), (Some(0), true));
            bad(format!("HTTP/1.1 {status}\r\n{field}\r\n0"), "trailing data after the body");
        }
    }
}

#[test]
fn ambiguous_framing_is_refused() {
    let not_a_number = "Content-Length is not a number below 4 GiB";
    for wrong in [
        "Content-Length: \r\n",
        "Content-Length: +1\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x1\r\n",
        "Content-Length: 1a\r\n",
        "Content-Length: 1 1\r\n",
        "Content-Length: 1,\r\n",
        "Content-Length: 4294967296\r\n",
        "Content-Length: 42949672950\r\n",
        "Content-Length: 18446744073709551617\r\n",
    ] {
        bad(ok(wrong) + "0\r\n\r\n", not_a_number);
    }
    for wrong in ["Content-Length: 1, 2\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n"] {
        bad(ok(wrong) + "0\r\n\r\n", "content lengths differ");
    }
    for wrong in [
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
    ] {
        bad(ok(wrong) + "0\r\n\r\n", "both Transfer-Encoding and Content-Length");
    }
    for wrong in [
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: \r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    ] {
        bad(ok(wrong) + "0\r\n\r\n", "transfer coding not understood");
    }
    let old = ok("Transfer-Encoding: chunked\r\n").replace("1.1", "1.0");
    bad(old, "transfer coding in an HTTP/1.0 response");
    let ended = read_both(ok("Content-Length: 4294967295\r\n") + "abc").unwrap_err();
    assert_eq!(ended.location, Location::Body { got: 3, of: u32::MAX });
}

#[test]
fn malformed_chunks_are_refused() {
    for wrong in [
        "\r\n",
        " 3\r\nabc",
        ";x\r\n",
        "g\r\n",
        "0x3\r\nabc",
        "-3\r\nabc",
        "3 3\r\nabc",
        "3\nabc",
        "3\rabc",
        "3;\nabc",
        "3;\0\r\nabc",
        "100000000\r\n",
        "10000000000000003\r\nabc",
    ] {
        bad(chunked(wrong), "malformed chunk size");
    }
    for wrong in ["3\r\nabcd\r\n", "3\r\nabc\n0\r\n\r\n", "3\r\nabc\r0\r\n\r\n"] {
        bad(chunked(wrong), "chunk does not end at its size");
    }
    for wrong in
        ["0\r\n\n", "0\r\nT: 1\n\r\n", "0\r\nT: \0\r\n\r\n", "0\r\nT: 1\rx\r\n", "0\r\n\rx"]
    {
        bad(chunked(wrong), "malformed trailer");
    }
    let long = "chunk extensions or trailers too long";
    bad(chunked(&format!("0;{}\r\n\r\n", "e".repeat(253))), long);
    bad(chunked(&format!("{}3\r\nabc\r\n0\r\n\r\n", "0".repeat(300))), long);
    bad(chunked(&format!("0\r\nT: {}\r\n\r\n", "t".repeat(4096))), long);
    bad(chunked(&("0\r\n".to_owned() + &"T: 1\r\n".repeat(700) + "\r\n")), long);
}

#[test]
fn bytes_after_the_body_are_refused() {
    let surplus = "trailing data after the body";
    bad(ok("Content-Length: 3\r\n") + "abcd", surplus);
    bad(ok("Content-Length: 0\r\n") + "\r\n", surplus);
    bad(chunked("0\r\n\r\n\r\n"), surplus);
    bad(chunked("3\r\nabc\r\n0\r\n\r\n3"), surplus);
    let mut body = {
        let mut head = Head::new();
        head.feed(ok("").as_bytes()).unwrap();
        head.body()
    };
    body.closed().unwrap();
    assert_eq!(sentence(body.decode(&mut [0]).unwrap_err()), surplus);
}

#[test]
fn reading_never_goes_beyond_the_body() {
    let start = |bytes: String| {
        let mut head = Head::new();
        assert_eq!(head.feed(bytes.as_bytes()), Ok(Some(bytes.len())));
        // A complete head takes nothing more.
        assert_eq!(head.feed(b"HTTP/1.1 500"), Ok(Some(0)));
        head.body()
    };
    let mut sized = start(ok("Content-Length: 5\r\n"));
    assert_eq!((sized.want(3), sized.want(5), sized.want(600)), (3, 5, 5));
    assert_eq!(sized.decode(&mut [0; 2]), Ok(2));
    assert_eq!((sized.want(600), sized.done()), (3, false));
    let mut chunked = start(ok("Transfer-Encoding: chunked\r\n"));
    assert_eq!(chunked.want(600), 600);
    let mut raw = *b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n";
    assert_eq!(chunked.decode(&mut raw), Ok(5));
    assert_eq!(&raw[..5], b"abcde");
    assert_eq!((chunked.want(600), chunked.done()), (0, true));
    let mut open = start(ok(""));
    assert_eq!((open.want(600), open.decode(&mut [0; 9]), open.done()), (600, Ok(9), false));
}
