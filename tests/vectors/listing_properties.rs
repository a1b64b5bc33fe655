//! What holds for every page, whoever made it.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use saguarota::path;
use std::fmt::Write;

/// A name that may be installed, as a file or (with a slash) as a folder.
fn names() -> impl Strategy<Value = String> {
    let part = "[a-zA-Z0-9 &<>'\"%+?#;=(){}\u{e9}\u{1f335}._~:-]{1,12}";
    (part, any::<bool>())
        .prop_map(|(name, folder)| if folder { name + "/" } else { name })
        .prop_filter("must be legal anywhere", |name| {
            path::validate(name.trim_end_matches('/').as_bytes(), RESERVED).is_ok()
        })
}

/// How a server writes its links.
#[derive(Clone, Debug)]
struct Style {
    /// In front of the value and behind it; without, white space ends it.
    quote: &'static str,
    before: &'static str,
    tag: &'static str,
    /// Every byte percent-encoded, not only what must be.
    percent_all: bool,
    /// Every character a reference, not only what must be.
    reference_all: bool,
    /// The icon is a link as well.
    icon: bool,
    dot: bool,
    between: String,
}

fn styles() -> impl Strategy<Value = Style> {
    let between = prop_oneof![
        Just("</a>\n"),
        Just("</a><!-- <a href=no> -->"),
        Just("<script>'<a href=no>'</script>"),
        Just("</a> 12 < 13 <td><a href=\"?C=N;O=D\">x</a><a href=\"../\">"),
        Just("<img src=no href=no><a name=href>"),
    ];
    (
        prop_oneof![Just("\""), Just("'"), Just("")],
        prop_oneof![Just("href="), Just("HREF = "), Just("class='>' href=\n"), Just("x href\t=")],
        prop_oneof![Just("<a "), Just("<A\n"), Just("<a/")],
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        between,
    )
        .prop_map(|(quote, before, tag, (percent_all, reference_all, icon, dot), between)| {
            let between = between.to_owned();
            Style { quote, before, tag, percent_all, reference_all, icon, dot, between }
        })
}

fn percent(name: &str, all: bool) -> String {
    let mut out = String::new();
    for &byte in name.as_bytes() {
        let plain = !all && (byte.is_ascii_alphanumeric() || b"&'+;=()._~-<>\"".contains(&byte));
        match byte {
            b'/' => out.push('/'),
            _ if plain => out.push(byte.into()),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
    }
    out
}

fn render(names: &[String], style: &Style) -> String {
    let mut page = "<!DOCTYPE html><title>Index of <a href=no></title>".to_owned();
    for name in names {
        let mut link = percent(name, style.percent_all);
        if style.dot {
            link = format!("./{link}");
        }
        let escape = |c: char| match c {
            '&' => "&amp;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&#39;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            c if style.reference_all => format!("&#x{:x};", c as u32),
            c => c.to_string(),
        };
        let value: String = link.chars().map(escape).collect();
        let Style { quote, before, tag, between, .. } = style;
        for _ in 0..1 + usize::from(style.icon) {
            write!(page, "{tag}{before}{quote}{value}{quote} title=\">\">{between}").unwrap();
        }
    }
    page
}

/// A path without a problem names something below the folder, and what it names is not the
/// updater's.
fn check_found(folder: &str, pieces: &[&[u8]]) {
    let mut listing = Listing::new();
    listing.start(folder.as_bytes());
    for piece in pieces {
        let mut at = 0;
        while let Some(found) = listing.next(piece, &mut at, RESERVED) {
            if found.problem.is_some() {
                assert!(found.path.len() <= 255);
                assert!(found.path.iter().all(|b| (b' '..=b'~').contains(b)));
                continue;
            }
            let below = match folder {
                "" => found.path,
                _ => {
                    found.path.strip_prefix(folder.as_bytes()).unwrap().strip_prefix(b"/").unwrap()
                }
            };
            assert!(!below.is_empty() && below != b"/");
            match found.path.strip_suffix(b"/") {
                Some(path) => assert_eq!(path::form(path), Ok(())),
                None => assert_eq!(path::validate(found.path, RESERVED), Ok(())),
            }
        }
    }
}

/// Cuts `bytes` at these places.
fn cut<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

fn folders() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(""), Just("lib"), Just("cfg/state"), Just("a/b c/d")]
}

/// What might lead astray.
const LINK: &str = "(\\.|/|%2[efEF]|%5c|\\\\|%00|&#4[67];|&amp;|:|%|a|ota_state.txt|\\t| ){1,12}";

proptest! {
    #[test]
    fn every_name_of_a_page_is_found(
        names in vec(names(), 0..8),
        style in styles(),
        folder in folders(),
        cuts: Vec<Index>,
    ) {
        let page = render(&names, &style);
        let mut expected: Vec<_> = names
            .iter()
            .map(|name| if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") })
            .collect();
        expected.dedup();
        prop_assert_eq!(&links_below(folder, &page), &expected, "{}", page);
        prop_assert_eq!(read(folder, cut(page.as_bytes(), &cuts).into_iter()), expected);
    }

    #[test]
    fn damaged_pages_lead_nowhere_else(
        names in vec(names(), 1..5),
        style in styles(),
        folder in folders(),
        damage in vec((any::<Index>(), prop_oneof![
            any::<u8>(),
            prop::sample::select(b"<>/\"'=&;#%.:\\- a2fe\0\n".to_vec()),
        ]), 1..12),
        cuts: Vec<Index>,
    ) {
        let mut page = render(&names, &style).into_bytes();
        for (at, byte) in damage {
            let at = at.index(page.len());
            page[at] = byte;
        }
        check_found(folder, &[&page]);
        let whole = read(folder, [&page[..]].into_iter());
        prop_assert_eq!(read(folder, cut(&page, &cuts).into_iter()), whole);
    }

    #[test]
    fn no_link_leads_above_its_folder(
        links in vec(LINK, 1..6),
        folder in folders(),
    ) {
        let page: String = links.iter().map(|link| format!("<a href=\"{link}\">")).collect();
        check_found(folder, &[page.as_bytes()]);
        links_below(folder, &page);
    }

    #[test]
    fn garbage_never_panics(page: Vec<u8>, value: Vec<u8>, folder: Vec<u8>, cuts: Vec<Index>) {
        let page = [b"<a href=", &value[..], b">", &page].concat();
        check_found("", &cut(&page, &cuts));
        let mut listing = Listing::new();
    listing.start(&folder);
        let mut at = 0;
        while listing.next(&page, &mut at, RESERVED).is_some() {}
    }
}
