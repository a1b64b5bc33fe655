//! Start tags of `a` elements and their `href`, found by the rules of HTML's tokenizer (HTML,
//! section 13.2.5) as far as these matter here. They stand in a table: as code they take more room.
//!
//! Left out: what `<!--` inside of a script does to the script's end, and elements other than those
//! of [`is_raw`] whose content is no markup; a listing has neither.

use super::href::Href;
use State::*;

/// What a byte is to the tokenizer.
#[derive(Clone, Copy)]
enum Class {
    Other,
    Letter,
    Space,
    Less,
    Greater,
    Slash,
    Equals,
    Double,
    Single,
    Bang,
    Dash,
    Question,
}

const CLASSES: usize = Class::Question as usize + 1;

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
/// The byte is a name's first.
const BEGIN: u8 = 2 << 5;
/// The byte belongs to the name.
const ADD: u8 = 3 << 5;
/// A tag's name has ended; the next state takes the byte as well.
const END_TAG_NAME: u8 = 4 << 5;
/// An attribute's name has ended; the next state takes the byte as well.
const END_NAME: u8 = 5 << 5;
/// The byte belongs to the value.
const PUSH: u8 = 6 << 5;
const END_TAG: u8 = 7 << 5;

/// What to do in each state with a byte of each class: act and next state.
static TABLE: [[u8; CLASSES]; STATES] = {
    use Class::*;
    const TEXT: (Class, u8) = (Greater, to(Text));
    const LEFT: u8 = AGAIN | to(BeforeName);
    const NAMED: u8 = END_TAG_NAME | to(BeforeName);
    const DONE: u8 = END_NAME | to(AfterName);
    let mut table = [[0; CLASSES]; STATES];
    table[Text as usize] = row(to(Text), &[(Less, to(Open))]);
    table[Open as usize] = row(
        AGAIN | to(Text),
        &[
            (Letter, BEGIN | to(TagName)),
            (Slash, to(EndOpen)),
            (Bang, to(Declaration)),
            (Question, to(Bogus)),
        ],
    );
    table[EndOpen as usize] = row(AGAIN | to(Bogus), &[(Letter, BEGIN | to(TagName))]);
    table[Declaration as usize] = row(AGAIN | to(Bogus), &[(Dash, to(DeclarationDash))]);
    table[DeclarationDash as usize] = row(AGAIN | to(Bogus), &[(Dash, to(CommentStart))]);
    table[Bogus as usize] = row(to(Bogus), &[TEXT]);
    table[CommentStart as usize] = row(to(Comment), &[(Dash, to(CommentStartDash)), TEXT]);
    table[CommentStartDash as usize] = row(to(Comment), &[(Dash, to(CommentEnd)), TEXT]);
    table[Comment as usize] = row(to(Comment), &[(Dash, to(CommentDash))]);
    table[CommentDash as usize] = row(to(Comment), &[(Dash, to(CommentEnd))]);
    table[CommentEnd as usize] =
        row(to(Comment), &[(Dash, to(CommentEnd)), (Bang, to(CommentBang)), TEXT]);
    table[CommentBang as usize] = row(to(Comment), &[(Dash, to(CommentDash)), TEXT]);
    table[TagName as usize] =
        row(ADD | to(TagName), &[(Space, NAMED), (Slash, NAMED), (Greater, NAMED)]);
    table[BeforeName as usize] = row(
        BEGIN | to(Name),
        &[(Space, to(BeforeName)), (Slash, to(BeforeName)), (Greater, END_TAG | to(Text))],
    );
    table[Name as usize] =
        row(ADD | to(Name), &[(Space, DONE), (Slash, DONE), (Greater, DONE), (Equals, DONE)]);
    table[AfterName as usize] = row(LEFT, &[(Space, to(AfterName)), (Equals, to(BeforeValue))]);
    table[BeforeValue as usize] = row(
        AGAIN | to(Unquoted),
        &[
            (Space, to(BeforeValue)),
            (Double, to(DoubleQuoted)),
            (Single, to(SingleQuoted)),
            (Greater, LEFT),
        ],
    );
    table[Unquoted as usize] = row(PUSH | to(Unquoted), &[(Space, LEFT), (Greater, LEFT)]);
    table[DoubleQuoted as usize] = row(PUSH | to(DoubleQuoted), &[(Double, to(BeforeName))]);
    table[SingleQuoted as usize] = row(PUSH | to(SingleQuoted), &[(Single, to(BeforeName))]);
    table[Raw as usize] = row(to(Raw), &[(Less, to(RawOpen))]);
    table[RawOpen as usize] = row(AGAIN | to(Raw), &[(Slash, to(RawEndOpen))]);
    table[RawEndOpen as usize] = row(AGAIN | to(Raw), &[(Letter, BEGIN | to(RawName))]);
    table[RawName as usize] = row(
        AGAIN | to(Raw),
        &[(Letter, ADD | to(RawName)), (Space, NAMED), (Slash, NAMED), (Greater, NAMED)],
    );
    table
};

const fn to(state: State) -> u8 {
    state as u8
}

const fn row(other: u8, rest: &[(Class, u8)]) -> [u8; CLASSES] {
    let mut row = [other; CLASSES];
    let mut at = 0;
    while at < rest.len() {
        row[rest[at].0 as usize] = rest[at].1;
        at += 1;
    }
    row
}

/// The place in the page.
pub(super) struct Scanner {
    /// A [`State`].
    state: u8,
    end_tag: bool,
    /// The tag may have an `href` that counts, and had none so far.
    wants_href: bool,
    /// The tag has an `href` that counts.
    has_href: bool,
    /// The value that is read next, or now, is that `href`'s.
    in_href: bool,
    /// The tag's or the attribute's name: see [`add`].
    name: u64,
    /// Name of the element that is open whose content is no markup; 0 outside of one.
    raw: u64,
}

impl Scanner {
    pub const fn new() -> Self {
        Self {
            state: Text as u8,
            end_tag: false,
            wants_href: false,
            has_href: false,
            in_href: false,
            name: 0,
            raw: 0,
        }
    }

    /// Takes the next byte; true where it ends the tag of a link, the value of whose `href` was put
    /// into `href`.
    pub fn is_link(&mut self, byte: u8, href: &mut Href) -> bool {
        let class = class(byte) as usize;
        loop {
            let old = self.state;
            let step = TABLE.get(old as usize).map_or(0, |row| row[class]);
            self.state = step & STATE;
            match step & !STATE {
                AGAIN => continue,
                BEGIN => {
                    self.end_tag = old != Open as u8;
                    self.name = add(0, byte);
                }
                ADD => self.name = add(self.name, byte),
                END_TAG_NAME => {
                    self.end_tag_name(href);
                    continue;
                }
                END_NAME => {
                    self.in_href = self.wants_href && self.name == HREF;
                    self.has_href |= self.in_href;
                    self.wants_href &= !self.in_href;
                    continue;
                }
                PUSH if self.in_href => href.push(byte),
                END_TAG => {
                    if self.raw != 0 {
                        self.state = Raw as u8;
                    }
                    return core::mem::take(&mut self.has_href);
                }
                _ => {}
            }
            return false;
        }
    }

    fn end_tag_name(&mut self, href: &mut Href) {
        if self.raw != 0 {
            if self.name != self.raw {
                self.state = Raw as u8;
                return;
            }
            self.raw = 0;
        } else if !self.end_tag && is_raw(self.name) {
            self.raw = self.name;
        }
        self.wants_href = !self.end_tag && self.name == A;
        href.clear();
    }
}

fn class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
        b' ' | b'\t' | b'\n' | b'\r' | 0x0c => Class::Space,
        b'<' => Class::Less,
        b'>' => Class::Greater,
        b'/' => Class::Slash,
        b'=' => Class::Equals,
        b'"' => Class::Double,
        b'\'' => Class::Single,
        b'!' => Class::Bang,
        b'-' => Class::Dash,
        b'?' => Class::Question,
        _ => Class::Other,
    }
}

const A: u64 = pack(b"a");
const HREF: u64 = pack(b"href");

/// Whether the element's content is no markup.
fn is_raw(name: u64) -> bool {
    const SCRIPT: u64 = pack(b"script");
    const STYLE: u64 = pack(b"style");
    const TITLE: u64 = pack(b"title");
    const TEXTAREA: u64 = pack(b"textarea");
    matches!(name, SCRIPT | STYLE | TITLE | TEXTAREA)
}

/// A name with one more byte: up to eight bytes in lower case, or all ones for a longer name.
const fn add(name: u64, byte: u8) -> u64 {
    if name >> 56 != 0 {
        return u64::MAX;
    }
    // A NUL must count, too.
    let byte = if byte == 0 { 0xff } else { byte.to_ascii_lowercase() };
    name << 8 | byte as u64
}

const fn pack(name: &[u8]) -> u64 {
    let mut packed = 0;
    let mut at = 0;
    while at < name.len() {
        packed = add(packed, name[at]);
        at += 1;
    }
    packed
}
