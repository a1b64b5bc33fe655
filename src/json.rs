//! JSON (RFC 8259) as a stream of tokens, from bytes that arrive in chunks of any size.
//!
//! The grammar is checked to the last byte, UTF-8 and escapes included. The text of the string or
//! number being read is kept, up to [`TEXT_MAX`] bytes; longer text is skipped and flagged, so a
//! value that nobody wants may have any length. Nesting is limited to [`DEPTH_MAX`] levels.

use crate::error::Error;
use heapless::Vec;

/// Bytes kept of a string (decoded to UTF-8) or of a number (as written), less those of a text that
/// is kept beside it.
pub const TEXT_MAX: usize = 320;
/// Levels of nested objects and arrays.
pub const DEPTH_MAX: u32 = 16;

/// What [`Lexer::next`] has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    /// A member's name; its text is in [`Lexer::text`].
    Key,
    /// A string; its text is in [`Lexer::text`].
    String,
    /// A number; its text is in [`Lexer::text`].
    Number,
    True,
    False,
    Null,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// A value must come.
    Value,
    /// A value or `]`, right after `[`.
    FirstValue,
    /// A name must come, after a comma.
    Key,
    /// A name or `}`, right after `{`.
    FirstKey,
    Colon,
    /// A comma or the end of the container.
    Comma,
    /// Nothing but white space may follow.
    End,
    Text,
    Escape,
    /// Inside the digits of `\u`.
    Hex,
    Number(NumberPart),
    /// Inside `true`, `false` or `null`, of which so many bytes were read.
    Word(Token, u8),
}

/// The place inside a number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NumberPart {
    Minus,
    Zero,
    Whole,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
}

/// The reading state: about 370 bytes.
pub struct Lexer {
    state: State,
    depth: u32,
    /// Bit `d` is set where the container at depth `d` is an object.
    objects: u32,
    offset: u32,
    text: Vec<u8, TEXT_MAX>,
    /// Where the current text starts; the kept one is before it.
    start: usize,
    /// The text is too long, or holds a surrogate without its partner.
    flawed: bool,
    key: bool,
    code: u16,
    code_digits: u8,
    /// A high surrogate that waits for its low one; 0 if none.
    high: u16,
    /// Continuation bytes still to come, and the range of the next one.
    utf8: (u8, u8, u8),
}

impl Lexer {
    /// A lexer that expects one value, at `offset` bytes from the start of the input.
    pub const fn new(offset: u32) -> Self {
        Self {
            state: State::Value,
            depth: 0,
            objects: 0,
            offset,
            text: Vec::new(),
            start: 0,
            flawed: false,
            key: false,
            code: 0,
            code_digits: 0,
            high: 0,
            utf8: (0, 0, 0),
        }
    }

    /// How many containers are open.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// Bytes read so far, from the start of the input.
    pub fn offset(&self) -> u32 {
        self.offset
    }

    /// The text of the last key, string or number; `None` where it is over [`TEXT_MAX`] bytes or
    /// holds a lone surrogate, which UTF-8 cannot express.
    pub fn text(&self) -> Option<&[u8]> {
        self.text.get(self.start..).filter(|_| !self.flawed)
    }

    /// Keeps the current text beside those that follow.
    pub fn keep(&mut self) {
        self.start = self.text.len();
    }

    /// The kept text; empty if there is none.
    pub fn kept(&self) -> &[u8] {
        self.text.get(..self.start).unwrap_or_default()
    }

    /// Forgets the kept text.
    pub fn release(&mut self) {
        self.start = 0;
        self.text.clear();
    }

    /// Whether the value has ended.
    pub fn at_end(&self) -> bool {
        self.state == State::End
    }

    /// Reads on from `input[*at..]` until a token is complete, and moves `at` past it.
    ///
    /// `None`: the input is used up. Errors name the byte; after one the lexer is of no use.
    pub fn next(&mut self, input: &[u8], at: &mut usize) -> Result<Option<Token>, Error> {
        while let Some(&byte) = input.get(*at) {
            if self.state == State::Text && self.plain_run(input, at) {
                continue;
            }
            // A number ends at the first byte that is not its own, which is left for later.
            if let State::Number(digits) = self.state {
                match digits.next(byte) {
                    Some(next) => {
                        self.push(byte);
                        self.state = State::Number(next);
                    }
                    None if digits.may_end() => {
                        self.after_value();
                        return Ok(Some(Token::Number));
                    }
                    None => return Err(self.error("malformed number")),
                }
            } else if let Some(token) = self.step(byte)? {
                *at += 1;
                self.offset += 1;
                return Ok(Some(token));
            }
            *at += 1;
            self.offset += 1;
        }
        Ok(None)
    }

    fn error(&self, what: &'static str) -> Error {
        Error::at(what, self.offset)
    }

    /// Takes the plain ASCII at the head of the input in one go; false if there is none.
    fn plain_run(&mut self, input: &[u8], at: &mut usize) -> bool {
        if self.utf8.0 != 0 || self.high != 0 {
            return false;
        }
        let rest = &input[*at..];
        let plain = |b: &u8| matches!(b, 0x20..=0x7f) && *b != b'"' && *b != b'\\';
        let run = rest.iter().position(|b| !plain(b)).unwrap_or(rest.len());
        if !self.flawed && self.text.extend_from_slice(&rest[..run]).is_err() {
            self.flawed = true;
        }
        *at += run;
        self.offset += run as u32;
        run > 0
    }

    fn step(&mut self, byte: u8) -> Result<Option<Token>, Error> {
        match self.state {
            State::Text => return self.string_byte(byte),
            State::Escape => self.escape(byte)?,
            State::Hex => self.hex_digit(byte)?,
            State::Word(token, done) => return self.word(token, done, byte),
            _ if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') => {}
            State::FirstValue if byte == b']' => return Ok(Some(self.close())),
            State::Value | State::FirstValue => return self.value(byte),
            State::FirstKey if byte == b'}' => return Ok(Some(self.close())),
            State::Key | State::FirstKey if byte == b'"' => self.begin_text(true),
            State::Key | State::FirstKey => return Err(self.error("name expected")),
            State::Colon if byte == b':' => self.state = State::Value,
            State::Colon => return Err(self.error("colon expected")),
            State::Comma => return self.comma(byte),
            State::End | State::Number(_) => return Err(self.error("bytes after the end")),
        }
        Ok(None)
    }

    fn value(&mut self, byte: u8) -> Result<Option<Token>, Error> {
        match byte {
            b'{' => return self.open(true),
            b'[' => return self.open(false),
            b'"' => self.begin_text(false),
            b't' => self.state = State::Word(Token::True, 1),
            b'f' => self.state = State::Word(Token::False, 1),
            b'n' => self.state = State::Word(Token::Null, 1),
            _ => match NumberPart::first(byte) {
                Some(digits) => {
                    self.begin_text(false);
                    self.push(byte);
                    self.state = State::Number(digits);
                }
                None => return Err(self.error("value expected")),
            },
        }
        Ok(None)
    }

    fn open(&mut self, object: bool) -> Result<Option<Token>, Error> {
        if self.depth == DEPTH_MAX {
            return Err(self.error("nested over 16 levels"));
        }
        let bit = 1 << self.depth;
        self.depth += 1;
        Ok(Some(if object {
            self.objects |= bit;
            self.state = State::FirstKey;
            Token::ObjectStart
        } else {
            self.objects &= !bit;
            self.state = State::FirstValue;
            Token::ArrayStart
        }))
    }

    fn in_object(&self) -> bool {
        self.depth > 0 && self.objects & (1 << (self.depth - 1)) != 0
    }

    fn close(&mut self) -> Token {
        let token = if self.in_object() { Token::ObjectEnd } else { Token::ArrayEnd };
        self.depth -= 1;
        self.after_value();
        token
    }

    fn comma(&mut self, byte: u8) -> Result<Option<Token>, Error> {
        match (byte, self.in_object()) {
            (b',', true) => self.state = State::Key,
            (b',', false) => self.state = State::Value,
            (b'}', true) | (b']', false) => return Ok(Some(self.close())),
            _ => return Err(self.error("comma or end expected")),
        }
        Ok(None)
    }

    fn after_value(&mut self) {
        self.state = if self.depth == 0 { State::End } else { State::Comma };
    }

    fn word(&mut self, token: Token, done: u8, byte: u8) -> Result<Option<Token>, Error> {
        let word: &[u8] = match token {
            Token::True => b"true",
            Token::False => b"false",
            _ => b"null",
        };
        if word.get(usize::from(done)) != Some(&byte) {
            return Err(self.error("value expected"));
        }
        if usize::from(done) + 1 < word.len() {
            self.state = State::Word(token, done + 1);
            return Ok(None);
        }
        self.after_value();
        Ok(Some(token))
    }

    fn begin_text(&mut self, key: bool) {
        self.text.truncate(self.start);
        self.flawed = false;
        self.key = key;
        self.state = State::Text;
    }

    fn push(&mut self, byte: u8) {
        if !self.flawed && self.text.push(byte).is_err() {
            self.flawed = true;
        }
    }

    fn string_byte(&mut self, byte: u8) -> Result<Option<Token>, Error> {
        if byte >= 0x80 || self.utf8.0 != 0 {
            self.lone_surrogate();
            if !self.utf8_byte(byte) {
                return Err(self.error("not UTF-8"));
            }
            self.push(byte);
            return Ok(None);
        }
        match byte {
            b'\\' => self.state = State::Escape,
            b'"' => {
                self.lone_surrogate();
                if self.key {
                    self.state = State::Colon;
                    return Ok(Some(Token::Key));
                }
                self.after_value();
                return Ok(Some(Token::String));
            }
            0..=0x1f => return Err(self.error("control character in a string")),
            _ => {
                self.lone_surrogate();
                self.push(byte);
            }
        }
        Ok(None)
    }

    /// The ranges of RFC 3629, section 4.
    fn utf8_byte(&mut self, byte: u8) -> bool {
        let (need, low, high) = self.utf8;
        if need != 0 {
            self.utf8 = (need - 1, 0x80, 0xbf);
            return (low..=high).contains(&byte);
        }
        self.utf8 = match byte {
            0xc2..=0xdf => (1, 0x80, 0xbf),
            0xe0 => (2, 0xa0, 0xbf),
            0xed => (2, 0x80, 0x9f),
            0xe1..=0xef => (2, 0x80, 0xbf),
            0xf0 => (3, 0x90, 0xbf),
            0xf1..=0xf3 => (3, 0x80, 0xbf),
            0xf4 => (3, 0x80, 0x8f),
            _ => return false,
        };
        true
    }

    fn escape(&mut self, byte: u8) -> Result<(), Error> {
        let plain = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                (self.code, self.code_digits) = (0, 0);
                self.state = State::Hex;
                return Ok(());
            }
            _ => return Err(self.error("unknown escape")),
        };
        self.lone_surrogate();
        self.push(plain);
        self.state = State::Text;
        Ok(())
    }

    fn hex_digit(&mut self, byte: u8) -> Result<(), Error> {
        let digit = (byte as char).to_digit(16).ok_or(self.error("malformed \\u escape"))?;
        self.code = self.code << 4 | digit as u16;
        self.code_digits += 1;
        if self.code_digits == 4 {
            self.code_unit();
            self.state = State::Text;
        }
        Ok(())
    }

    /// Takes one UTF-16 code unit; a pair of surrogates makes one character.
    fn code_unit(&mut self) {
        let unit = self.code;
        match unit {
            0xd800..=0xdbff => {
                self.lone_surrogate();
                self.high = unit;
            }
            0xdc00..=0xdfff if self.high != 0 => {
                let high = u32::from(self.high - 0xd800) << 10;
                self.high = 0;
                self.push_char(0x10000 + (high | u32::from(unit - 0xdc00)));
            }
            0xdc00..=0xdfff => self.flawed = true,
            _ => {
                self.lone_surrogate();
                self.push_char(unit.into());
            }
        }
    }

    fn push_char(&mut self, code: u32) {
        if let Some(c) = char::from_u32(code) {
            for &byte in c.encode_utf8(&mut [0; 4]).as_bytes() {
                self.push(byte);
            }
        }
    }

    /// Something else than a low surrogate follows: a waiting high one stays alone.
    fn lone_surrogate(&mut self) {
        if self.high != 0 {
            self.high = 0;
            self.flawed = true;
        }
    }
}

impl NumberPart {
    fn first(byte: u8) -> Option<Self> {
        match byte {
            b'-' => Some(Self::Minus),
            b'0' => Some(Self::Zero),
            b'1'..=b'9' => Some(Self::Whole),
            _ => None,
        }
    }

    fn next(self, byte: u8) -> Option<Self> {
        use NumberPart::{
            Exponent, ExponentDigits, ExponentSign, Fraction, Minus, Point, Whole, Zero,
        };
        match (self, byte) {
            (Minus, b'0') => Some(Zero),
            (Minus, b'1'..=b'9') | (Whole, b'0'..=b'9') => Some(Whole),
            (Zero | Whole, b'.') => Some(Point),
            (Point | Fraction, b'0'..=b'9') => Some(Fraction),
            (Zero | Whole | Fraction, b'e' | b'E') => Some(Exponent),
            (Exponent, b'+' | b'-') => Some(ExponentSign),
            (Exponent | ExponentSign | ExponentDigits, b'0'..=b'9') => Some(ExponentDigits),
            _ => None,
        }
    }

    fn may_end(self) -> bool {
        matches!(self, Self::Zero | Self::Whole | Self::Fraction | Self::ExponentDigits)
    }
}
