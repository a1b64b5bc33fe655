//! Start tags of `a` elements and their `href`, found by the rules of HTML's tokenizer (HTML,
//! section 13.2.5) as far as these matter here. They stand in a table: as code they take more room.
//!
//! Left out: what `<!--` inside of a script does to the script's end, and elements other than those
//! of [`is_raw`] whose content is no markup; a listing has neither.

use super::href::Href;
use State::*;

#[derive(Clone, Copy)]
enum State {
    Text,
    /// After `<`.
    Open,
    /// After `</`.
    EndOpen,
    /// After `<!`.
    Declaration,
    /// After `<!-`.
    DeclarationDash,
    /// What ends with the next `>`: a declaration, an instruction, a broken end tag.
    Bogus,
    /// After `<!--`.
    CommentStart,
    CommentStartDash,
    Comment,
    /// After `-`, after `--` and after `--!` in a comment.
    CommentDash,
    CommentEnd,
    CommentBang,
    TagName,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Unquoted,
    DoubleQuoted,
    SingleQuoted,
    /// In an element whose content is no markup, after `<` and after `</` there, and in the name
    /// that may be the one of its end tag.
    Raw,
    RawOpen,
    RawEndOpen,
    RawName,
}

const STATES: usize = State::RawName as usize + 1;

// What is done with a byte besides going to another state; the state stands in the low bits.
const STATE: u8 = 0x1f;
/// The next state takes the byte as well.
const AGAIN: u8 = 1 << 5;
/// A tag's name has ended; the next state takes the byte as well.
const END_TAG_NAME: u8 = 2 << 5;
/// An attribute's name has ended; the next state takes the byte as well.
const END_NAME: u8 = 3 << 5;
/// The byte is a name's first.
const BEGIN: u8 = 4 << 5;
/// The byte belongs to the name.
const ADD: u8 = 5 << 5;
/// The byte belongs to the value.
const PUSH: u8 = 6 << 5;
const END_TAG: u8 = 7 << 5;

/// A byte, and what is done with it. [`LETTER`] and [`SPACE`] stand for all of their kind.
type Rule = (u8, u8);

const LETTER: u8 = b'a';
const SPACE: u8 = b' ';
/// Any byte that no rule before this one is about.
const ELSE: u8 = 0;

const TAG_NAME_END: u8 = END_TAG_NAME | to(BeforeName);
const NAME_END: u8 = END_NAME | to(AfterName);
const VALUE_END: u8 = AGAIN | to(BeforeName);

/// The rules of each state, in the order of the states.
const RULES: [&[Rule]; STATES] = [
    &[(b'<', to(Open)), (ELSE, to(Text))],
    &[
        (LETTER, BEGIN | to(TagName)),
        (b'/', to(EndOpen)),
        (b'!', to(Declaration)),
        (b'?', to(Bogus)),
        (ELSE, AGAIN | to(Text)),
    ],
    &[(LETTER, BEGIN | to(TagName)), (ELSE, AGAIN | to(Bogus))],
    &[(b'-', to(DeclarationDash)), (ELSE, AGAIN | to(Bogus))],
    &[(b'-', to(CommentStart)), (ELSE, AGAIN | to(Bogus))],
    &[(b'>', to(Text)), (ELSE, to(Bogus))],
    &[(b'-', to(CommentStartDash)), (b'>', to(Text)), (ELSE, to(Comment))],
    &[(b'-', to(CommentEnd)), (b'>', to(Text)), (ELSE, to(Comment))],
    &[(b'-', to(CommentDash)), (ELSE, to(Comment))],
    &[(b'-', to(CommentEnd)), (ELSE, to(Comment))],
    &[(b'-', to(CommentEnd)), (b'!', to(CommentBang)), (b'>', to(Text)), (ELSE, to(Comment))],
    &[(b'-', to(CommentDash)), (b'>', to(Text)), (ELSE, to(Comment))],
    &[(SPACE, TAG_NAME_END), (b'/', TAG_NAME_END), (b'>', TAG_NAME_END), (ELSE, ADD | to(TagName))],
    &[
        (SPACE, to(BeforeName)),
        (b'/', to(BeforeName)),
        (b'>', END_TAG | to(Text)),
        (ELSE, BEGIN | to(Name)),
    ],
    &[
        (SPACE, NAME_END),
        (b'/', NAME_END),
        (b'>', NAME_END),
        (b'=', NAME_END),
        (ELSE, ADD | to(Name)),
    ],
    &[(SPACE, to(AfterName)), (b'=', to(BeforeValue)), (ELSE, VALUE_END)],
    &[
        (SPACE, to(BeforeValue)),
        (b'"', to(DoubleQuoted)),
        (b'\'', to(SingleQuoted)),
        (b'>', VALUE_END),
        (ELSE, AGAIN | to(Unquoted)),
    ],
    &[(SPACE, VALUE_END), (b'>', VALUE_END), (ELSE, PUSH | to(Unquoted))],
    &[(b'"', to(BeforeName)), (ELSE, PUSH | to(DoubleQuoted))],
    &[(b'\'', to(BeforeName)), (ELSE, PUSH | to(SingleQuoted))],
    &[(b'<', to(RawOpen)), (ELSE, to(Raw))],
    &[(b'/', to(RawEndOpen)), (ELSE, AGAIN | to(Raw))],
    &[(LETTER, BEGIN | to(RawName)), (ELSE, AGAIN | to(Raw))],
    &[
        (LETTER, ADD | to(RawName)),
        (SPACE, TAG_NAME_END),
        (b'/', TAG_NAME_END),
        (b'>', TAG_NAME_END),
        (ELSE, AGAIN | to(Raw)),
    ],
];

const COUNT: usize = {
    let (mut count, mut state) = (0, 0);
    while state < STATES {
        count += RULES[state].len();
        state += 1;
    }
    count
};

/// All rules in one table without addresses. Those of a state end with the one for [`ELSE`].
static TABLE: [Rule; COUNT] = {
    let mut table = [(0, 0); COUNT];
    let (mut at, mut state) = (0, 0);
    while state < STATES {
        let mut rule = 0;
        while rule < RULES[state].len() {
            table[at] = RULES[state][rule];
            rule += 1;
            at += 1;
        }
        assert!(table[at - 1].0 == ELSE);
        state += 1;
    }
    table
};

const fn to(state: State) -> u8 {
    state as u8
}

/// What to do in this state with this byte: act and next state.
fn step(state: u8, byte: u8) -> u8 {
    let key = match byte {
        _ if (byte | 0x20).is_ascii_lowercase() => LETTER,
        b'\t' | b'\n' | b'\r' | 0x0c => SPACE,
        _ => byte,
    };
    let mut states = u32::from(state) + 1;
    for &(wanted, step) in &TABLE {
        if states == 1 && (wanted == key || wanted == ELSE) {
            return step;
        }
        states -= u32::from(wanted == ELSE);
    }
    0
}

/// What a byte was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// To be given once more.
    No,
    Yes,
    /// The end of a link's tag.
    Link,
}

/// How far the tag that is read has come to be a link's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Link {
    No,
    /// It has no `href` yet.
    Wanted,
    /// The value that is read next, or now, is its `href`'s. A second one does not count.
    Value,
    Known,
}

/// The place in the page.
pub(super) struct Scanner {
    /// A [`State`].
    state: u8,
    end_tag: bool,
    link: Link,
    /// The tag's or the attribute's name: see [`add`].
    name: u32,
    /// Name of the element that is open whose content is no markup; 0 outside of one.
    raw: u32,
}

impl Scanner {
    pub const fn new() -> Self {
        Self { state: Text as u8, end_tag: false, link: Link::No, name: 0, raw: 0 }
    }

    /// Takes the next byte. At the end of a link's tag, the value of its `href` is in `href`.
    #[inline(never)]
    pub fn take(&mut self, byte: u8, href: &mut Href) -> Taken {
        let old = self.state;
        let step = step(old, byte);
        self.state = step & STATE;
        match step & !STATE {
            AGAIN => return Taken::No,
            END_TAG_NAME => {
                self.end_tag_name();
                return Taken::No;
            }
            END_NAME => {
                if self.link == Link::Wanted && self.name == HREF {
                    self.link = Link::Value;
                    href.clear();
                } else if self.link == Link::Value {
                    self.link = Link::Known;
                }
                return Taken::No;
            }
            BEGIN => {
                self.end_tag = old != Open as u8;
                self.name = add(NO_NAME, byte);
            }
            ADD => self.name = add(self.name, byte),
            PUSH if self.link == Link::Value => href.push(byte),
            END_TAG => {
                if self.raw != 0 {
                    self.state = Raw as u8;
                }
                if core::mem::replace(&mut self.link, Link::No) >= Link::Value {
                    return Taken::Link;
                }
            }
            _ => {}
        }
        Taken::Yes
    }

    fn end_tag_name(&mut self) {
        if self.raw != 0 {
            if self.name != self.raw {
                self.state = Raw as u8;
                return;
            }
            self.raw = 0;
        } else if !self.end_tag && is_raw(self.name) {
            self.raw = self.name;
        }
        self.link = if !self.end_tag && self.name == A { Link::Wanted } else { Link::No };
    }
}

const A: u32 = hash(b"a");
const HREF: u32 = hash(b"href");

/// Whether the element's content is no markup.
fn is_raw(name: u32) -> bool {
    const SCRIPT: u32 = hash(b"script");
    const STYLE: u32 = hash(b"style");
    const TITLE: u32 = hash(b"title");
    const TEXTAREA: u32 = hash(b"textarea");
    matches!(name, SCRIPT | STYLE | TITLE | TEXTAREA)
}

const NO_NAME: u32 = 1;

/// A name with one more byte, as 32 bits that are another name's by a rare chance, which only the
/// page's author could bring about. Letters count as lower case.
const fn add(name: u32, byte: u8) -> u32 {
    name.wrapping_mul(257).wrapping_add(byte.to_ascii_lowercase() as u32)
}

const fn hash(name: &[u8]) -> u32 {
    let mut hash = NO_NAME;
    let mut at = 0;
    while at < name.len() {
        hash = add(hash, name[at]);
        at += 1;
    }
    hash
}
