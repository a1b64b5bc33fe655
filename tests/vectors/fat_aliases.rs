//! Paths that are one file on FAT: known answers, every byte, and manifests against a naive model.

mod device;
mod sentences;

use device::{Device, Memory, RESERVED, SIZES};
use proptest::prelude::*;
use saguarota::fat::{form, is_short as is_short_name, same};
use saguarota::json::Source;
use saguarota::manifest::context::Fixed;
use saguarota::manifest::fat_aliases::find;
use saguarota::manifest::path_order::HeldPath;
use sentences::sentence;

/// Code page 437 from 0x80 on.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
                     └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// What FatFs puts into a short name for letters that it does not simply turn to upper case.
const WITHOUT_ACCENT: [(&str, char); 6] =
    [("âàá", 'A'), ("éêëè", 'E'), ("ïîìí", 'I'), ("ôòó", 'O'), ("ûùú", 'U'), ("ÿ", 'Y')];

/// The characters that FatFs takes a name's UTF-8 for.
fn characters(name: &str) -> Vec<char> {
    let page: Vec<char> = CP437.chars().collect();
    let character = |byte: u8| page.get(usize::from(byte) - 0x80).copied().unwrap();
    name.bytes().map(|byte| if byte < 0x80 { byte.into() } else { character(byte) }).collect()
}

fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    // None of code page 437's has a partner there that is several characters.
    upper.next().filter(|_| upper.next().is_none()).unwrap_or(c)
}

fn short_upper(c: char) -> char {
    match WITHOUT_ACCENT.iter().find(|(letters, _)| letters.contains(c)) {
        Some((_, letter)) => *letter,
        None if "σφ".contains(c) || !CP437.contains(upper(c)) && !c.is_ascii() => c,
        None => upper(c),
    }
}

fn is_short(name: &[char]) -> bool {
    let name: String = name.iter().collect();
    let (base, extension) = name.split_once('.').unwrap_or((&name, ""));
    (1..=8).contains(&base.chars().count())
        && extension.chars().count() <= 3
        && !extension.contains('.')
        && !name.contains(|c| " +,;=[]".contains(c))
}

/// `same` once more, character by character.
fn model(one: &str, other: &str) -> bool {
    let names = |path: &str| path.split('/').map(characters).collect::<Vec<_>>();
    let (one, other) = (names(one), names(other));
    one.len() == other.len()
        && one.iter().zip(&other).all(|(a, b)| {
            let all = |upper: fn(char) -> char| {
                a.iter().map(|c| upper(*c)).eq(b.iter().map(|c| upper(*c)))
            };
            all(upper) || is_short(a) && is_short(b) && all(short_upper)
        })
}

#[test]
fn known_pairs() {
    for (one, other) in [
        ("A.py", "a.py"),
        ("Lib/a.py", "lib/A.PY"),
        ("\u{e4}.py", "\u{e5}.py"),
        ("\u{e4}-module.py", "\u{e5}-module.py"),
        ("\u{c8}.py", "\u{c9}.py"),
        ("\u{c8}/b-module.py", "\u{ca}/B-Module.py"),
        // E4 B8 80 and E5 B8 80.
        ("\u{4e00}.py", "\u{5e00}.py"),
        ("a+b.py", "A+B.PY"),
    ] {
        assert!(same(one.as_bytes(), other.as_bytes()), "{one} {other}");
    }
    for (one, other) in [
        ("a.py", "b.py"),
        ("lib/a.py", "lib/b.py"),
        ("a/b", "ab"),
        ("a/bc", "ab/c"),
        ("a.py", "a.pyc"),
        ("[", "{"),
        ("@", "`"),
        // Long names keep their accents: too long, two dots, a dot first, what short names lack.
        ("\u{c8}-module.py", "\u{c9}-module.py"),
        ("\u{c8}1234567.py", "\u{c9}1234567.py"),
        ("\u{c8}.json", "\u{c9}.json"),
        ("\u{c8}.a.b", "\u{c9}.a.b"),
        (".\u{c8}", ".\u{c9}"),
        ("\u{c8}+.py", "\u{c9}+.py"),
        ("\u{c8} .py", "\u{c9} .py"),
        // One of the two accents is that of a capital letter.
        ("\u{d0}.py", "\u{c8}.py"),
        // Each half is one name with a third.
        ("\u{40c0}.py", "\u{5140}.py"),
    ] {
        assert!(!same(one.as_bytes(), other.as_bytes()), "{one} {other}");
    }
}

/// Each two bytes that can stand in one place of two paths, in a short name and in a long one.
#[test]
fn every_pair_of_bytes_is_what_the_code_page_says() {
    let mut texts: Vec<Vec<String>> =
        vec![(' '..='~').filter(|c| *c != '/').map(String::from).collect()];
    for before in [&[0xd0][..], &[0xe4, 0xb8], &[0xf1, 0x9f, 0x9f]] {
        texts.push((0x80..=0xbf).map(|last| utf8(&[before, &[last]].concat()).unwrap()).collect());
    }
    for behind in
        [&[0x9f][..], &[0x9f, 0x9f], &[0xbb, 0x9f], &[0x8f, 0x9f, 0x9f], &[0x9f, 0x9f, 0x9f]]
    {
        texts.push((0xc2..=0xf4).filter_map(|first| utf8(&[&[first], behind].concat())).collect());
    }
    let mut equal = 0;
    for list in texts {
        for (one, other) in list.iter().flat_map(|one| list.iter().map(move |other| (one, other))) {
            for name in ["b*.py", "b*-module.py"] {
                let (one, other) = (name.replace('*', one), name.replace('*', other));
                let found = same(one.as_bytes(), other.as_bytes());
                assert_eq!(found, model(&one, &other), "{one} {other}");
                let kind = is_short_name(one.as_bytes());
                let forms = |path: &str| path.bytes().map(|b| form(b, kind)).collect::<Vec<_>>();
                assert!(!found || forms(&one) == forms(&other), "{one} {other}");
                equal += usize::from(found && one < other);
            }
        }
    }
    // 26 letters; of 64 last bytes 8 pairs in any name and 21 in short ones, three times; two
    // pairs of first bytes, of which one can stand before two of the endings.
    assert_eq!(equal, 2 * 26 + 3 * (2 * 8 + 21) + 2 * 3);
}

fn utf8(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

/// Counts how often the file is read from its start.
struct Counting<'a>(Memory<'a>, usize);

impl Source for Counting<'_> {
    fn fill(&mut self) -> usize {
        self.0.fill()
    }

    fn seek(&mut self, offset: u32) {
        self.1 += usize::from(offset == 0);
        self.0.seek(offset);
    }

    fn bytes(&self, filled: usize) -> &[u8] {
        self.0.bytes(filled)
    }
}

fn manifest(paths: &[String]) -> String {
    let entry = |path| format!(r#"{{"path":{}}}"#, serde_json::Value::from(path));
    format!(
        r#"{{"files":[{}]}}"#,
        paths.iter().map(|p| entry(p.as_str())).collect::<Vec<_>>().join(",")
    )
}

/// The pair that a table of so many places finds, and the passes that it takes.
fn search(paths: &[String], size: usize, places: usize) -> (Option<(String, String)>, usize) {
    let file = manifest(paths);
    let mut device = Device::new(file.as_bytes(), size);
    let found = device.validate().unwrap();
    let source = Counting(Memory::new(file.as_bytes(), size), 0);
    let (index, table) = (&mut [], &mut *vec![0xaa; 4 * places]);
    let mut context = Fixed { source, field: b"signature", reserved: RESERVED, index, table };
    let mut pair = [HeldPath::new(), HeldPath::new()];
    let is_pair = find(&mut device.cursor, &mut context, &mut pair).unwrap();
    // The last one is the way back to the start.
    let passes = context.source.1 - 1;
    if found.ordered && !paths.is_empty() {
        assert_eq!(device.cursor.peek(&mut context), Ok(true));
        assert_eq!(device.cursor.path(), paths[0].as_bytes());
    }
    let text = |held: &HeldPath| String::from_utf8(held.get().to_vec()).unwrap();
    (is_pair.then(|| (text(&pair[0]), text(&pair[1]))), passes)
}

fn owned(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| path.to_string()).collect()
}

#[test]
fn a_pair_comes_in_the_order_of_the_manifest() {
    let paths = owned(&["b", "lib/x.py", "c", "LIB/X.py", "d/e/f"]);
    for size in SIZES {
        for places in [1, 2, 3, 100] {
            let (pair, _) = search(&paths, size, places);
            assert_eq!(pair, Some(("lib/x.py".to_owned(), "LIB/X.py".to_owned())), "{places}");
        }
    }
}

#[test]
fn a_file_that_is_the_folder_of_another_is_a_pair() {
    for paths in [["x/A", "x/a/b/c"], ["x/a/b/c", "x/A"]] {
        for places in [1, 2, 100] {
            let (pair, _) = search(&owned(&paths), 16, places);
            assert_eq!(pair, Some((paths[0].to_owned(), paths[1].to_owned())));
        }
    }
}

#[test]
fn folders_in_other_letters_are_one_folder_and_no_pair() {
    let paths = owned(&["LIB/a.py", "Lib/b.py", "lib/c.py", "lib/d/e", "liB/D/f"]);
    for places in [1, 2, 3, 100] {
        assert_eq!(search(&paths, 16, places).0, None);
    }
    assert_eq!(search(&[], 16, 1), (None, 1));
}

/// By their accents, which are no part of a short name's key, or by chance: their FNV-1a is the
/// same but for the lowest bit.
#[test]
fn paths_that_share_a_key_are_told_apart() {
    let accents = ["\u{d0}\u{d0}.py", "\u{c8}\u{d0}.py", "\u{d0}\u{c8}.py", "\u{c8}\u{c8}.py"];
    let chance = ["lib/module_10334.py", "lib/module_34931.py"];
    for (names, two) in [(&accents[..], "\u{c8}\u{c8}.PY"), (&chance, "LIB/Module_34931.py")] {
        for places in [1, 2, 3, 100] {
            let (pair, passes) = search(&owned(names), 16, places);
            assert_eq!(pair, None);
            // There is a shared key, or the table would have been enough.
            assert!(places < 100 || passes == 1 + names.len(), "{passes}");
            for at in 0..=names.len() {
                let mut paths = owned(names);
                paths.insert(at, two.to_owned());
                paths.push("z".to_owned());
                let (pair, _) = search(&paths, 16, places);
                let last = names[names.len() - 1];
                let (one, other) = if at == names.len() { (last, two) } else { (two, last) };
                assert_eq!(pair, Some((one.to_owned(), other.to_owned())));
            }
        }
    }
}

/// Whichever has the lower key, and comes first.
#[test]
fn a_pair_is_found_beside_paths_that_share_a_key() {
    for number in 0..20 {
        let pair = [format!("x{number}.py"), format!("X{number}.py")];
        let others = owned(&["\u{d0}.py", "\u{c8}.py"]);
        for paths in [[&pair[..], &others].concat(), [&others[..], &pair].concat()] {
            for places in [1, 2, 100] {
                let found = search(&paths, 16, places).0;
                assert_eq!(found, Some((pair[0].clone(), pair[1].clone())), "{places} {paths:?}");
            }
        }
    }
}

#[test]
fn a_pass_deals_with_as_many_names_as_the_table_has_places() {
    let paths: Vec<_> = (0..320).map(|number| format!("{}/{number}.py", number % 16)).collect();
    // 320 files and 16 folders; a full table does not know that nothing is left.
    for (places, passes) in [(1, 337), (2, 169), (32, 11), (100, 4), (335, 2), (336, 2), (337, 1)] {
        assert_eq!(search(&paths, 512, places), (None, passes), "{places}");
    }
}

#[test]
fn validation_must_come_first() {
    let mut device = Device::new(br#"{"files":[{"path":"a"}]}"#, 16);
    device.table = vec![0; 4];
    let (cursor, mut context) = device.parts();
    let found = find(cursor, &mut context, &mut [HeldPath::new(), HeldPath::new()]);
    assert_eq!(found.map_err(sentence), Err("manifest must be validated first"));
}

/// Names of which many are one: both cases, accents, and first bytes that FAT takes for one letter.
fn name() -> impl Strategy<Value = String> {
    const PARTS: [&str; 14] = [
        "a", "A", "b", ".py", ".PY", "-module", "\u{c8}", "\u{c9}", "\u{d0}", "\u{e9}", "\u{40c0}",
        "\u{50c0}", "\u{5140}", "+",
    ];
    let part = prop::sample::select(&PARTS[..]);
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.concat())
}

fn paths() -> impl Strategy<Value = Vec<String>> {
    let path = prop::collection::vec(name(), 1..4).prop_map(|names| names.join("/"));
    prop::collection::btree_set(path, 0..12)
        .prop_map(|set| {
            // No file is below one with the very same name: that a validate refuses.
            let is_below =
                |path: &String| path.match_indices('/').any(|(end, _)| set.contains(&path[..end]));
            set.iter().filter(|path| !is_below(path)).cloned().collect::<Vec<_>>()
        })
        .prop_shuffle()
}

/// A path and the folders above it.
fn beginnings(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
    ends.map(|end| &path[..end])
}

fn is_pair(one: &str, other: &str) -> bool {
    beginnings(one).any(|begin| model(begin, other))
        || beginnings(other).any(|begin| model(begin, one))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn two_paths_are_one_where_the_model_says_so(one in paths(), other in paths()) {
        for (one, other) in one.iter().zip(&other) {
            prop_assert_eq!(same(one.as_bytes(), other.as_bytes()), model(one, other));
        }
    }

    #[test]
    fn a_pair_is_found_where_there_is_one(paths in paths(), size in 1usize..=64, places in 1usize..40) {
        let (found, _) = search(&paths, size, places);
        let mut pairs = paths.iter().enumerate().flat_map(|(at, one)| {
            paths[at + 1..].iter().map(move |other| (one.clone(), other.clone()))
        }).filter(|(one, other)| is_pair(one, other));
        match found {
            Some(pair) => prop_assert!(pairs.any(|other| other == pair), "{:?}", pair),
            None => prop_assert_eq!(pairs.next(), None),
        }
    }
}
