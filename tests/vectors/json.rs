//! The lexer against RFC 8259, case by case. serde_json must agree with each verdict, so that the
//! cases themselves are checked.

mod device;
mod sentences;

use device::Memory;
use saguarota::error::{Error, Location};
use saguarota::json::{Lexer, Token, TEXT_MAX};
use sentences::sentence;

/// A token, and the text that goes with it; `None` where the lexer could not keep it.
type Piece = (Token, Option<Vec<u8>>);

/// Reads a document through a buffer of `size` bytes; an end that comes too early is an error as
/// well.
fn lex(input: &[u8], size: usize) -> Result<Vec<Piece>, Error> {
    let mut source = Memory::new(input, size);
    let mut lexer = Lexer::new(0);
    let mut pieces = Vec::new();
    loop {
        if let Err(kind) = lexer.next(&mut source) {
            return Err(Error::at(kind, lexer.offset()));
        }
        let token = lexer.token();
        if token == Token::End {
            break;
        }
        let text = match token {
            Token::Key | Token::String | Token::Number => lexer.text().map(<[u8]>::to_vec),
            _ => None,
        };
        pieces.push((token, text));
    }
    assert_eq!(lexer.offset() as usize, input.len());
    Ok(pieces)
}

/// The same at every size.
fn lex_all(input: &[u8]) -> Result<Vec<Piece>, Error> {
    let whole = lex(input, input.len().max(1));
    for size in [1, 2, 3, 5, 16, 64] {
        assert_eq!(lex(input, size), whole, "{} by {size}", show(input));
    }
    whole
}

fn show(input: &[u8]) -> String {
    String::from_utf8_lossy(&input[..input.len().min(80)]).into_owned()
}

/// The text of the one string in `["..."]`.
fn text_of(inside: &[u8]) -> Option<Vec<u8>> {
    let pieces = lex_all(&[b"[\"", inside, b"\"]"].concat()).expect("a well-formed string");
    assert_eq!((pieces.len(), pieces[1].0), (3, Token::String));
    pieces[1].1.clone()
}

const ACCEPTED: &[&str] = &[
    "[]",
    "{}",
    " \t\r\n[ \t\r\n] \t\r\n",
    "{ } ",
    "[[],{}]",
    "[0]",
    "[-0]",
    "[0.0]",
    "[-0.5e+0]",
    "[10]",
    "[1234567890]",
    "[1e3,1E3,1e+3,1E-3,1.25e09]",
    "[0e1]",
    "[true,false,null]",
    "{\"a\":true ,\"b\" : null}",
    "{\"\":0}",
    "{\"a\":1,\"a\":2}",
    "[\"\"]",
    "[\"\u{7f}\"]",
    "[\"/\"]",
    "[\"\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}\"]",
    "[\"\\u0000\"]",
    "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
    "[\"\\uD834\\uDD1E\"]",
    "[\"\u{feff}\"]",
    "[\"[{,:}]\"]",
    "true",
    "null",
    "\"x\"",
    "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
];

#[test]
fn accepts_what_the_grammar_has() {
    for input in ACCEPTED {
        assert!(serde_json::from_str::<serde_json::Value>(input).is_ok(), "serde_json: {input}");
        assert!(lex_all(input.as_bytes()).is_ok(), "{input}");
    }
}

#[test]
fn an_early_end_is_never_a_success() {
    for input in ACCEPTED {
        let input = input.trim_end_matches([' ', '\t', '\r', '\n']);
        for end in 0..input.len() {
            assert!(lex_all(&input.as_bytes()[..end]).is_err(), "{end} bytes of {input}");
        }
    }
}

#[test]
fn refuses_what_the_grammar_has_not() {
    // Each with the byte at which the error is seen.
    let cases: &[(&[u8], u32)] = &[
        (b"", 0),
        (b" ", 1),
        (b"[", 1),
        (b"]", 0),
        (b"}", 0),
        (b",", 0),
        (b"[1,]", 3),
        (b"[,1]", 1),
        (b"[1,,2]", 3),
        (b"[1 2]", 3),
        (b"[1}", 2),
        (b"[}", 1),
        (b"{]", 1),
        (b"{\"a\":1]", 6),
        (b"{\"a\":1,}", 7),
        (b"{,\"a\":1}", 1),
        (b"{\"a\" 1}", 5),
        (b"{\"a\",1}", 4),
        (b"{\"a\"}", 4),
        (b"{\"a\":}", 5),
        (b"{\"a\"::1}", 5),
        (b"{1:1}", 1),
        (b"{a:1}", 1),
        (b"{'a':1}", 1),
        (b"{null:1}", 1),
        (b"[1:2]", 2),
        (b"[] []", 3),
        (b"{}x", 2),
        (b"[]]", 2),
        (b"{}}", 2),
        (b"[],", 2),
        (b"[]\0", 2),
        (b"\0[]", 0),
        (b"// no\n[]", 0),
        (b"[/**/]", 1),
        (b"[] #", 3),
        (b"\xef\xbb\xbf[]", 0),
        (b"\xff\xfe[\0]\0", 0),
        (b"\xc2\xa0[]", 0),
        (b"\x0b[]", 0),
        (b"\x0c[]", 0),
        // Words.
        (b"[True]", 1),
        (b"[tru]", 4),
        (b"[trux]", 4),
        (b"[truee]", 5),
        (b"[nul]", 4),
        (b"[nulll]", 5),
        (b"[fals ]", 5),
        (b"[NaN]", 1),
        (b"[Infinity]", 1),
        (b"[-Infinity]", 2),
        (b"[undefined]", 1),
        // Numbers.
        (b"[01]", 2),
        (b"[-01]", 3),
        (b"[00]", 2),
        (b"[+1]", 1),
        (b"[-]", 2),
        (b"[--1]", 2),
        (b"[.5]", 1),
        (b"[-.5]", 2),
        (b"[1.]", 3),
        (b"[1.e1]", 3),
        (b"[0.]", 3),
        (b"[1e]", 3),
        (b"[1e+]", 4),
        (b"[1e+-1]", 4),
        (b"[1e1.5]", 4),
        (b"[1.2.3]", 4),
        (b"[0x10]", 2),
        (b"[1_000]", 2),
        (b"[1a]", 2),
        (b"[1 e1]", 3),
        (b"[1\"\"]", 2),
        ("[\u{ff11}]".as_bytes(), 1),
        // Strings.
        (b"[\"]", 3),
        (b"['a']", 1),
        (b"[\"a\nb\"]", 3),
        (b"[\"\t\"]", 2),
        (b"[\"\0\"]", 2),
        (b"[\"\x1f\"]", 2),
        (b"[\"\\\n\"]", 3),
        (b"[\"\\a\"]", 3),
        (b"[\"\\'\"]", 3),
        (b"[\"\\0\"]", 3),
        (b"[\"\\x41\"]", 3),
        (b"[\"\\U0041\"]", 3),
        (b"[\"\\u\"]", 4),
        (b"[\"\\u004\"]", 7),
        (b"[\"\\u004g\"]", 7),
        (b"[\"\\u+041\"]", 4),
        (b"[\"\\u 041\"]", 4),
        (b"[\"\\ud834\\u00\"]", 12),
        (b"[\"\\", 3),
        (b"[\"\\\"]", 5),
        (b"[\"\\\xc3\xa9\"]", 3),
        // UTF-8 (RFC 3629): lone continuation, overlong, surrogates, over U+10FFFF, cut off.
        (b"[\"\x80\"]", 2),
        (b"[\"\xbf\"]", 2),
        (b"[\"\xc0\x80\"]", 2),
        (b"[\"\xc0\xaf\"]", 2),
        (b"[\"\xc1\xbf\"]", 2),
        (b"[\"\xe0\x80\x80\"]", 3),
        (b"[\"\xe0\x9f\xbf\"]", 3),
        (b"[\"\xed\xa0\x80\"]", 3),
        (b"[\"\xed\xbf\xbf\"]", 3),
        (b"[\"\xf0\x80\x80\x80\"]", 3),
        (b"[\"\xf0\x8f\xbf\xbf\"]", 3),
        (b"[\"\xf4\x90\x80\x80\"]", 3),
        (b"[\"\xf5\x80\x80\x80\"]", 2),
        (b"[\"\xf8\x88\x80\x80\x80\"]", 2),
        (b"[\"\xfe\"]", 2),
        (b"[\"\xff\"]", 2),
        (b"[\"\xc3\"]", 3),
        (b"[\"\xe2\x82\"]", 4),
        (b"[\"\xf0\x9f\x8c\"]", 5),
        (b"[\"\xe2\x28\xa1\"]", 3),
        (b"[\"\xe2\x82\x28\"]", 4),
        (b"[\"\xf0\x9f\x28\xb5\"]", 4),
        (b"[\"\xc3\\u0041\"]", 3),
        (b"[\"\xe9t\xe9\"]", 3),
        (b"{\"\xc3(\":1}", 3),
    ];
    for &(input, byte) in cases {
        let verdict = serde_json::from_slice::<serde_json::Value>(input);
        assert!(verdict.is_err(), "serde_json accepts {}", show(input));
        let error = lex_all(input).expect_err(&show(input));
        assert_eq!(
            error.location,
            Location::Byte(byte),
            "{}: {}",
            show(input),
            sentence(error.kind)
        );
    }
}

#[test]
fn nesting_ends_at_sixteen_levels() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = |levels: usize| {
            let leaf = if open == "[" { "" } else { "0" };
            format!("{}{leaf}{}", open.repeat(levels), close.repeat(levels))
        };
        assert!(lex_all(nested(16).as_bytes()).is_ok());
        let error = lex_all(nested(17).as_bytes()).unwrap_err();
        assert_eq!(error.location, Location::Byte(16 * open.len() as u32));
        assert!(sentence(error.kind).contains("16 levels"), "{}", sentence(error.kind));
    }
    // Levels that were left do not count, and each container is closed by its own kind.
    assert!(lex_all(format!("[{}0]", "[[]],{\"a\":[{}]},".repeat(40)).as_bytes()).is_ok());
    assert!(lex_all(b"[{\"a\":[{\"b\":[]}]},{\"c\":{\"d\":[[]]}}]").is_ok());
    assert!(lex_all(b"[{\"a\":[{\"b\":[]}}]]").is_err());
}

#[test]
fn tokens_and_texts_come_in_order() {
    use Token::{ArrayEnd, ArrayStart, Key, Number, ObjectEnd, ObjectStart, String};
    let input = br#" {"a":[1,-2.5e+3 ,"x\ty"],"b\u0041":{"c":null},"d":[true,false]} "#;
    let text = |token, text: &str| (token, Some(text.as_bytes().to_vec()));
    let bare = |token| (token, None);
    let expected = vec![
        bare(ObjectStart),
        text(Key, "a"),
        bare(ArrayStart),
        text(Number, "1"),
        text(Number, "-2.5e+3"),
        text(String, "x\ty"),
        bare(ArrayEnd),
        text(Key, "bA"),
        bare(ObjectStart),
        text(Key, "c"),
        bare(Token::Null),
        bare(ObjectEnd),
        text(Key, "d"),
        bare(ArrayStart),
        bare(Token::True),
        bare(Token::False),
        bare(ArrayEnd),
        bare(ObjectEnd),
    ];
    assert_eq!(lex_all(input), Ok(expected));
}

#[test]
fn escapes_are_decoded() {
    let cases: &[(&str, &str)] = &[
        (r#"\""#, "\""),
        (r"\\", "\\"),
        (r"\/", "/"),
        (r"\b", "\u{8}"),
        (r"\f", "\u{c}"),
        (r"\n", "\n"),
        (r"\r", "\r"),
        (r"\t", "\t"),
        (r"\u0000", "\0"),
        (r"\u0041\u0062", "Ab"),
        (r"\u00e9\u00E9", "\u{e9}\u{e9}"),
        (r"\u07ff\u0800", "\u{7ff}\u{800}"),
        (r"\ud7ff\ue000\uffff", "\u{d7ff}\u{e000}\u{ffff}"),
        (r"\ud800\udc00", "\u{10000}"),
        (r"\uD83C\udf35!", "\u{1f335}!"),
        (r"\uDBFF\uDFFF", "\u{10ffff}"),
        (r"\\u0041", "\\u0041"),
        ("caf\u{e9} \u{20ac} \u{1f335}", "caf\u{e9} \u{20ac} \u{1f335}"),
    ];
    for (escaped, plain) in cases {
        assert_eq!(text_of(escaped.as_bytes()).as_deref(), Some(plain.as_bytes()), "{escaped}");
    }
}

#[test]
fn lone_surrogates_are_read_but_have_no_text() {
    for lone in [
        r"\ud800",
        r"\udbff",
        r"\udc00",
        r"\udfff",
        r"\ud800a",
        r"\ud800\n",
        r"\ud800\u0041",
        r"\ud800\ud800",
        r"\ud800\ud800\udc00",
        r"\udc00\ud800",
        r"\ud800\udc00\udc00",
        "\\ud800\u{e9}",
        "\\ud800\u{7f}",
        r"\ud800\\udc00",
        // Something in between keeps the two apart.
        r"\ud800a\udc00",
        r"\ud800\n\udc00",
        r"\ud800\u0041\udc00",
        "\\ud800\u{e9}\\udc00",
    ] {
        assert_eq!(text_of(lone.as_bytes()), None, "{lone}");
    }
    // The flaw ends with its string, and with no closing quote's help.
    let pieces = lex_all(br#"["\ud800","\udc00","ok"]"#).unwrap();
    assert_eq!(pieces[3].1.as_deref(), Some(&b"ok"[..]));
}

#[test]
fn texts_are_kept_up_to_their_limit() {
    for (unit, width) in
        [("a", 1), ("\\n", 1), ("\\u0041", 1), ("\u{e9}", 2), ("\\ud83c\\udf35", 4)]
    {
        let kept = text_of(unit.repeat(TEXT_MAX / width).as_bytes());
        assert_eq!(kept.map(|text| text.len()), Some(TEXT_MAX), "{unit}");
        assert_eq!(text_of(unit.repeat(TEXT_MAX / width + 1).as_bytes()), None, "{unit}");
        let long = [unit.repeat(TEXT_MAX / width).as_bytes(), b"b"].concat();
        assert_eq!(text_of(&long), None, "{unit}");
    }
    let digits = "1".repeat(TEXT_MAX);
    for (number, kept) in [(digits.clone(), true), (digits + "1", false)] {
        let pieces = lex_all(format!("[{number},2]").as_bytes()).unwrap();
        assert_eq!(pieces[1].1.is_some(), kept);
        assert_eq!(pieces[2].1.as_deref(), Some(&b"2"[..]));
    }
}
