//! Start tags of `a` elements and their `href`, found by the rules of HTML's tokenizer (HTML,
//! section 13.2.5) as far as these matter here.
//!
//! Left out: what `<!--` inside of a script does to the script's end, and elements other than those
//! of [`RawElement`] whose content is no markup; a listing has neither.

use super::href::Href;
use crate::bounded::Bounded;
use Act::*;
use Class::*;
use State::*;

#[derive(Clone, Copy, PartialEq, Eq)]
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

/// What is done with a byte besides going to another state.
#[derive(Clone, Copy)]
enum Act {
    Skip,
    /// The next state takes the byte as well.
    Again,
    /// A tag's name has ended; the next state takes the byte as well.
    EndTagName,
    /// An attribute's name has ended; the next state takes the byte as well.
    EndName,
    /// The byte is a name's first.
    BeginName,
    AddToName,
    AddToValue,
    EndTag,
}

/// Which bytes a rule is for.
#[derive(Clone, Copy)]
enum Class {
    Letter,
    Space,
    Is(u8),
    /// All that no rule before this one is for.
    Any,
}

impl Class {
    fn has(self, byte: u8) -> bool {
        match self {
            Letter => byte.is_ascii_alphabetic(),
            Space => matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | b' '),
            Is(other) => byte == other,
            Any => true,
        }
    }
}

/// What is done in a state with a byte, and the next state. The first rule that fits counts. As
/// code they would take 0.3 KB more.
static RULES: [(State, Class, Act, State); 71] = [
    (Text, Is(b'<'), Skip, Open),
    (Text, Any, Skip, Text),
    (Open, Letter, BeginName, TagName),
    (Open, Is(b'/'), Skip, EndOpen),
    (Open, Is(b'!'), Skip, Declaration),
    (Open, Is(b'?'), Skip, Bogus),
    (Open, Any, Again, Text),
    (EndOpen, Letter, BeginName, TagName),
    (EndOpen, Any, Again, Bogus),
    (Declaration, Is(b'-'), Skip, DeclarationDash),
    (Declaration, Any, Again, Bogus),
    (DeclarationDash, Is(b'-'), Skip, CommentStart),
    (DeclarationDash, Any, Again, Bogus),
    (Bogus, Is(b'>'), Skip, Text),
    (Bogus, Any, Skip, Bogus),
    (CommentStart, Is(b'-'), Skip, CommentStartDash),
    (CommentStart, Is(b'>'), Skip, Text),
    (CommentStart, Any, Skip, Comment),
    (CommentStartDash, Is(b'-'), Skip, CommentEnd),
    (CommentStartDash, Is(b'>'), Skip, Text),
    (CommentStartDash, Any, Skip, Comment),
    (Comment, Is(b'-'), Skip, CommentDash),
    (Comment, Any, Skip, Comment),
    (CommentDash, Is(b'-'), Skip, CommentEnd),
    (CommentDash, Any, Skip, Comment),
    (CommentEnd, Is(b'-'), Skip, CommentEnd),
    (CommentEnd, Is(b'!'), Skip, CommentBang),
    (CommentEnd, Is(b'>'), Skip, Text),
    (CommentEnd, Any, Skip, Comment),
    (CommentBang, Is(b'-'), Skip, CommentDash),
    (CommentBang, Is(b'>'), Skip, Text),
    (CommentBang, Any, Skip, Comment),
    (TagName, Space, EndTagName, BeforeName),
    (TagName, Is(b'/'), EndTagName, BeforeName),
    (TagName, Is(b'>'), EndTagName, BeforeName),
    (TagName, Any, AddToName, TagName),
    (BeforeName, Space, Skip, BeforeName),
    (BeforeName, Is(b'/'), Skip, BeforeName),
    (BeforeName, Is(b'>'), EndTag, Text),
    (BeforeName, Any, BeginName, Name),
    (Name, Space, EndName, AfterName),
    (Name, Is(b'/'), EndName, AfterName),
    (Name, Is(b'>'), EndName, AfterName),
    (Name, Is(b'='), EndName, AfterName),
    (Name, Any, AddToName, Name),
    (AfterName, Space, Skip, AfterName),
    (AfterName, Is(b'='), Skip, BeforeValue),
    (AfterName, Any, Again, BeforeName),
    (BeforeValue, Space, Skip, BeforeValue),
    (BeforeValue, Is(b'"'), Skip, DoubleQuoted),
    (BeforeValue, Is(b'\''), Skip, SingleQuoted),
    (BeforeValue, Is(b'>'), Again, BeforeName),
    (BeforeValue, Any, Again, Unquoted),
    (Unquoted, Space, Again, BeforeName),
    (Unquoted, Is(b'>'), Again, BeforeName),
    (Unquoted, Any, AddToValue, Unquoted),
    (DoubleQuoted, Is(b'"'), Skip, BeforeName),
    (DoubleQuoted, Any, AddToValue, DoubleQuoted),
    (SingleQuoted, Is(b'\''), Skip, BeforeName),
    (SingleQuoted, Any, AddToValue, SingleQuoted),
    (Raw, Is(b'<'), Skip, RawOpen),
    (Raw, Any, Skip, Raw),
    (RawOpen, Is(b'/'), Skip, RawEndOpen),
    (RawOpen, Any, Again, Raw),
    (RawEndOpen, Letter, BeginName, RawName),
    (RawEndOpen, Any, Again, Raw),
    (RawName, Letter, AddToName, RawName),
    (RawName, Space, EndTagName, BeforeName),
    (RawName, Is(b'/'), EndTagName, BeforeName),
    (RawName, Is(b'>'), EndTagName, BeforeName),
    (RawName, Any, Again, Raw),
];

/// What to do in this state with this byte, and the next state.
#[inline(never)]
fn step(state: State, byte: u8) -> (Act, State) {
    for &(from, class, act, to) in &RULES {
        if from == state && class.has(byte) {
            return (act, to);
        }
    }
    // Each state has a rule for any byte.
    (Skip, state)
}

/// Bytes kept of a name: one more than `textarea` has, so that a longer name is not taken for it.
const NAME_MAX: usize = 9;

/// How far the tag that is read has come to be a link's.
#[derive(Clone, Copy, PartialEq, Eq)]
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
    state: State,
    /// The tag, or the attribute, is an end tag's.
    is_end_tag: bool,
    link: Link,
    /// The tag's or the attribute's name in lower case. What is cut off is none that matters.
    name: Bounded<NAME_MAX>,
    /// The element that is open whose content is no markup.
    raw: Option<RawElement>,
}

impl Scanner {
    pub const fn new() -> Self {
        Self { state: Text, is_end_tag: false, link: Link::No, name: Bounded::new(), raw: None }
    }

    /// Takes the next byte; true at the end of a link's tag, of which the value of its `href` is in
    /// `href` then.
    #[inline(never)]
    pub fn push(&mut self, byte: u8, href: &mut Href) -> bool {
        loop {
            let before = self.state;
            let (act, next) = step(before, byte);
            self.state = next;
            match act {
                Again => continue,
                EndTagName => {
                    self.end_tag_name();
                    continue;
                }
                EndName => {
                    self.end_name(href);
                    continue;
                }
                BeginName => {
                    self.is_end_tag = before != Open;
                    self.name.clear();
                    self.add_to_name(byte);
                }
                AddToName => self.add_to_name(byte),
                AddToValue if self.link == Link::Value => href.push(byte),
                AddToValue | Skip => {}
                EndTag => return self.end_tag(),
            }
            return false;
        }
    }

    fn add_to_name(&mut self, byte: u8) {
        self.name.extend_as_fits(&[byte.to_ascii_lowercase()]);
    }

    /// The end of an attribute's name.
    // This and the next as calls: in `push`, the names would be compared before each byte.
    #[inline(never)]
    fn end_name(&mut self, href: &mut Href) {
        if self.link == Link::Wanted && self.name.as_slice() == b"href" {
            self.link = Link::Value;
            href.clear();
        } else if self.link == Link::Value {
            self.link = Link::Known;
        }
    }

    /// The end of a tag; whether it is a link's.
    fn end_tag(&mut self) -> bool {
        if self.raw.is_some() {
            self.state = Raw;
        }
        let link = core::mem::replace(&mut self.link, Link::No);
        matches!(link, Link::Value | Link::Known)
    }

    /// The end of a tag's name.
    #[inline(never)]
    fn end_tag_name(&mut self) {
        let element = RawElement::of(&self.name);
        if self.raw.is_some() {
            if element != self.raw {
                self.state = Raw;
                return;
            }
            self.raw = None;
        } else if !self.is_end_tag {
            self.raw = element;
        }
        let is_link = !self.is_end_tag && self.name.as_slice() == b"a";
        self.link = if is_link { Link::Wanted } else { Link::No };
    }
}

/// An element whose content is no markup.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RawElement {
    Script,
    Style,
    Title,
    Textarea,
}

impl RawElement {
    /// The one of this name, in lower case.
    fn of(name: &[u8]) -> Option<Self> {
        let is = |known: &str| name == known.as_bytes();
        match () {
            _ if is("script") => Some(Self::Script),
            _ if is("style") => Some(Self::Style),
            _ if is("title") => Some(Self::Title),
            _ if is("textarea") => Some(Self::Textarea),
            _ => None,
        }
    }
}
