//! Listing pages: what of them is a link, and which path it names.

mod listing_html;
mod listing_pages;
mod listing_properties;
mod sentences;

use saguarota::listing::Listing;
use sentences::sentence;

const RESERVED: &[u8] = b"ota_state.txt\nsaguarota_backup\ncfg/state/a.txt";

/// The links of a page that arrives in these pieces: the path, or `problem <- link`.
fn read<'a>(folder: &str, pieces: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let mut listing = Listing::new();
    listing.start(folder.as_bytes());
    let mut links = Vec::new();
    for piece in pieces {
        let mut at = 0;
        while let Some(found) = listing.next(piece, &mut at, RESERVED) {
            assert!(at <= piece.len());
            let path = std::str::from_utf8(found.path).expect("a text");
            links.push(match found.problem {
                None => path.to_owned(),
                Some(problem) => format!("{} <- {path}", sentence(problem)),
            });
        }
        assert_eq!(at, piece.len());
    }
    links
}

/// The links of a page below `folder`, which must not depend on its pieces.
#[track_caller]
fn links_below(folder: &str, page: impl AsRef<[u8]>) -> Vec<String> {
    let page = page.as_ref();
    let links = read(folder, [page].into_iter());
    for size in [1, 2, 3, 7] {
        assert_eq!(read(folder, page.chunks(size)), links, "in pieces of {size}");
    }
    links
}

#[track_caller]
fn links(page: impl AsRef<[u8]>) -> Vec<String> {
    links_below("", page)
}

/// What the value of one `href` comes to: the path, the problem, or nothing.
#[track_caller]
fn link_below(folder: &str, value: impl AsRef<[u8]>) -> String {
    let page = [b"<a href=\"", value.as_ref(), b"\">"].concat();
    let mut links = links_below(folder, &page);
    assert!(links.len() <= 1, "{links:?}");
    links.pop().unwrap_or_default()
}

#[track_caller]
fn link(value: impl AsRef<[u8]>) -> String {
    link_below("", value)
}

#[test]
fn links_that_lead_elsewhere_are_skipped() {
    let table = [
        "",
        " ",
        "\t\n\x0c\r",
        "/",
        "/x",
        "//host/x",
        "\\x",
        "\\\\host\\x",
        "?",
        "?C=N;O=D",
        "?C=N&amp;O=D",
        "x?y",
        "./?sort=name&order=desc",
        "#",
        "#top",
        "x#y",
        "x/#",
        "http://host/x",
        "HTTPS://host/x",
        "http:x",
        "javascript:void(0)",
        "java\nscript:x",
        " javascript:x",
        "mailto:a@b",
        "data:text/html,x",
        "a:",
        "a:b",
        "a+b-c.d9:x",
        "x:y/z",
        ".",
        "./",
        "././",
        "./.",
        "..",
        "../",
        "../x",
        "../../x/",
        "./..",
        "././../x",
        ".\t./x",
        "/%2e%2e/x",
        "?%2f",
    ];
    for value in table {
        assert_eq!(link(value), "", "{value:?}");
        assert_eq!(link_below("lib/a", value), "", "{value:?}");
    }
}

#[test]
fn paths() {
    let table = [
        ("x", "x"),
        ("x/", "x/"),
        ("a/b", "a/b"),
        ("a/b/", "a/b/"),
        ("./x", "x"),
        ("././x/", "x/"),
        (".\n/x", "x"),
        (" \n x \t", "x"),
        ("\x0c x \x0c ", "x"),
        ("x y", "x y"),
        ("a\r\nb", "ab"),
        (".x", ".x"),
        ("..x", "..x"),
        ("a%20b", "a b"),
        ("%61%2E%6d", "a.m"),
        ("caf%C3%A9.py", "caf\u{e9}.py"),
        ("caf%c3%a9.py", "caf\u{e9}.py"),
        ("caf\u{e9}.py", "caf\u{e9}.py"),
        ("%F0%9F%8C%B5/", "\u{1f335}/"),
        ("100%", "100%"),
        ("1%2", "1%2"),
        ("%zz%4g%g4%", "%zz%4g%g4%"),
        ("%%41", "%A"),
        ("%2541", "%41"),
        ("a%3Fb%23c", "a?b#c"),
        ("a+b", "a+b"),
        ("1:2", "path names a drive <- 1:2"),
        ("a/b:c", "a/b:c"),
        ("a_b:c/d", "path names a drive <- a_b:c/d"),
        (";x=1", ";x=1"),
        ("x;v=1", "x;v=1"),
    ];
    for (value, expected) in table {
        assert_eq!(link(value), expected, "{value:?}");
        if !expected.contains(" <- ") && !expected.is_empty() {
            assert_eq!(link_below("lib/a", value), format!("lib/a/{expected}"), "{value:?}");
        }
    }
    assert_eq!(link_below("lib", "1:2"), "lib/1:2");
}

#[test]
fn names_that_must_not_be_followed() {
    let table = [
        ("%2e%2e%2f", "encoded slash in the link"),
        ("%2e%2e%2fetc%2fpasswd", "encoded slash in the link"),
        ("..%2fx", "encoded slash in the link"),
        ("a%2Fb", "encoded slash in the link"),
        ("a%2f", "encoded slash in the link"),
        ("%2f", "encoded slash in the link"),
        ("%2fetc/x", "encoded slash in the link"),
        ("%2e%2e/x", "path leaves the destination"),
        ("%2e%2e", "path leaves the destination"),
        ("%2E./", "path leaves the destination"),
        ("a/../x", "path leaves the destination"),
        ("a/../../x", "path leaves the destination"),
        ("a/..", "path leaves the destination"),
        ("a/%2e%2e/", "path leaves the destination"),
        ("./%2e%2e/x", "path leaves the destination"),
        ("%2e", "segment . in path"),
        ("%2e/x", "segment . in path"),
        ("a/./b", "segment . in path"),
        ("a//b", "empty segment in path"),
        ("a//", "empty segment in path"),
        ("..\\x", "backslash in path"),
        ("a%5cb", "backslash in path"),
        ("%5c%5chost%5cx", "backslash in path"),
        ("a%00b", "control character in path"),
        ("a%0ab", "control character in path"),
        ("a%7f", "control character in path"),
        ("a%C2%85", "control character in path"),
        ("a\0b", "control character in path"),
        ("a\x0cb", "control character in path"),
        ("\x01/x", "control character in path"),
        ("a.", "segment ends in a dot or a space"),
        ("a%20", "segment ends in a dot or a space"),
        (".. /x", "segment ends in a dot or a space"),
        ("...", "segment ends in a dot or a space"),
        ("VERSIO~1.JSO", "path may be a short name of FAT"),
    ];
    for (value, problem) in table {
        let shown = value.replace(|c| !matches!(c, ' '..='~'), "?");
        assert_eq!(link(value), format!("{problem} <- {shown}"));
        assert_eq!(link_below("lib", value), format!("{problem} <- {shown}"));
    }
    for value in ["%ff", "a%80/", "%C3", "%ED%A0%80", "%C0%AE%C0%AE/x"] {
        assert_eq!(link(value), format!("name is not UTF-8 <- {value}"));
    }
    assert_eq!(link(b"caf\xe9.py"), "name is not UTF-8 <- caf?.py");
    assert_eq!(link("C%3A/x"), "path names a drive <- C%3A/x");
    assert_eq!(link(".//x"), "path is absolute <- .//x");
    assert_eq!(link_below("lib", ".//x"), "empty segment in path <- .//x");
}

#[test]
fn own_files_are_passed_over() {
    for (value, expected) in [
        ("ota_state.txt", ""),
        ("OTA_State.TXT", ""),
        ("%6fta_state.txt", ""),
        ("ota_state.txt/", ""),
        ("ota_state.txt/x", ""),
        ("saguarota_backup", ""),
        ("saguarota_backup/", ""),
        ("saguarota_backup/x/", ""),
        ("saguarota_backup/x/y", ""),
        ("ota_state.txt2", "ota_state.txt2"),
        // A file in the place of a folder that holds an own file; the folder may hold others.
        ("cfg", ""),
        ("cfg/", "cfg/"),
        ("CFG/state/", "CFG/state/"),
        ("cfg/state", ""),
        ("cfg/state/a.txt", ""),
        ("cfg/state/a.txt/", ""),
        ("cfg/state/b.txt", "cfg/state/b.txt"),
    ] {
        assert_eq!(link(value), expected, "{value}");
    }
    assert_eq!(link_below("cfg/state", "a.txt"), "");
    assert_eq!(link_below("cfg/state", "b.txt"), "cfg/state/b.txt");
    assert_eq!(link_below("saguarota_backup", "x"), "");
    assert_eq!(link_below("lib", "ota_state.txt"), "lib/ota_state.txt");
}

#[test]
fn lengths() {
    let x = |n| "x".repeat(n);
    assert_eq!(link(x(255)), x(255));
    assert_eq!(link(x(255) + "/"), x(255) + "/");
    assert_eq!(link_below("lib", x(251)), format!("lib/{}", x(251)));
    assert_eq!(link("%78".repeat(255)), x(255));
    assert_eq!(link(format!("./{}/", "%78".repeat(255))), x(255) + "/");
    assert_eq!(link("&amp;".repeat(255)), "&".repeat(255));
    assert_eq!(link("&#x26;".repeat(255) + "/"), "&".repeat(255) + "/");
    assert_eq!(link(" ".repeat(3000) + "x" + &"\n".repeat(3000)), "x");

    let encoded = format!("./{}/", "%78".repeat(255));
    let references: String = encoded.bytes().map(|b| format!("&#x0000{b:x};")).collect();
    assert_eq!(link(references), x(255) + "/");

    let over = |link: &str| format!("path over 255 bytes <- {}", &link[..255.min(link.len())]);
    assert_eq!(link(x(256)), over(&x(256)));
    assert_eq!(link(x(256) + "/"), over(&x(256)));
    assert_eq!(link(x(765)), over(&x(765)));
    assert_eq!(link("%78".repeat(256)), over(&"%78".repeat(256)));
    assert_eq!(link_below("lib", x(252)), over(&x(252)));
    assert_eq!(link_below(&x(255), "a"), over("a"));
    assert_eq!(link("\u{e9}".repeat(128)), over(&"?".repeat(255)));
    for folder in [256, 257, 258, 1000] {
        let page = "<a href=a><a href=a/><a href=../><a href=bc>";
        let all = [over("a"), over("a/"), over("bc")];
        let mut found = links_below(&x(folder), page);
        // Where nothing of the link fits, all of them are the same.
        found.dedup();
        assert_eq!(found, all, "{folder}");
    }

    let long = |link: &str| format!("link too long <- {}", &link[..255]);
    for n in [784, 1000, 100_000] {
        assert_eq!(link(x(n)), long(&x(n)));
        assert_eq!(link(x(n) + "/"), long(&x(n)));
        assert_eq!(link(format!("../{}", x(n))), "");
        assert_eq!(link(format!("/{}", x(n))), "");
        assert_eq!(link(format!("data:{}", x(n))), "");
        assert_eq!(link(format!("?{}", x(n))), "");
        assert_eq!(link(format!("x?{}", x(n))), "");
        assert_eq!(link(format!("{}&amp;&#63;&", x(n))), long(&x(n)));
        assert_eq!(link("&".repeat(n)), long(&"&".repeat(n)));
    }
    assert_eq!(link(x(768) + "&#63;y"), "");
    // A query that stands behind what is kept is not seen: no such page is below the folder.
    assert_eq!(link(x(1000) + "?y"), long(&x(1000)));
    let deep = "a/".repeat(17);
    assert_eq!(link(&deep), format!("path over 16 segments <- {deep}"));
    assert_eq!(link_below(&deep[..31], "b"), "path over 16 segments <- b");
    assert!(std::mem::size_of::<Listing>() <= 1200 && !std::mem::needs_drop::<Listing>());
}

#[test]
fn a_link_is_given_once() {
    let table: &[(&str, &[&str])] = &[
        ("x x x", &["x"]),
        ("x ./x %78 &#120;", &["x"]),
        ("x ?C=N ../ #x x", &["x"]),
        ("x y x", &["x", "y", "x"]),
        ("x x/ x", &["x", "x/", "x"]),
        ("x xy x", &["x", "xy", "x"]),
        ("xy x xy", &["xy", "x", "xy"]),
        ("X x", &["X", "x"]),
        ("a%00 a%00 b", &["control character in path <- a%00", "b"]),
        // A refused link stands for no other.
        ("a%2fb a%2fb a/b", &["encoded slash in the link <- a%2fb", "a/b"]),
        ("a/b a%2fb a/b", &["a/b", "encoded slash in the link <- a%2fb", "a/b"]),
    ];
    for (values, expected) in table {
        let page: String = values.split(' ').map(|v| format!("<a href=\"{v}\">")).collect();
        assert_eq!(links(&page), *expected, "{page}");
        let below: Vec<_> = links_below("lib", page);
        let join = |link: &&str| match link.contains(" <- ") {
            true => link.to_string(),
            false => format!("lib/{link}"),
        };
        assert_eq!(below, expected.iter().map(join).collect::<Vec<_>>());
    }
    // Long ones are not compared, and what is kept of one is no path.
    let long = "%78".repeat(300);
    let page = format!("<a href={long}><a href={long}><a href={}>", "x".repeat(255));
    let links = links(page);
    assert!(links[0].starts_with("link too long") && links[0] == links[1]);
    assert_eq!(links[2], "x".repeat(255));
    assert_eq!(links.len(), 3);
}

#[test]
fn a_hundred_thousand_links() {
    let mut listing = Listing::new();
    listing.start(b"lib");
    let mut links = 0;
    for n in 0..100_000u32 {
        let piece = format!("<tr><td><a href=\"f{n}.py\">f{n}.py</a><!-- - --><td>");
        let mut at = 0;
        while let Some(found) = listing.next(piece.as_bytes(), &mut at, RESERVED) {
            assert_eq!((found.path, found.problem), (format!("lib/f{n}.py").as_bytes(), None));
            links += 1;
        }
    }
    assert_eq!(links, 100_000);
}
