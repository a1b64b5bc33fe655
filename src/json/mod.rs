//! JSON (RFC 8259) as a stream of tokens, from bytes that arrive in chunks of any size.
//!
//! The grammar is checked to the last byte, UTF-8 and escapes included. The text of the string or
//! number being read is kept, up to [`TEXT_MAX`] bytes; longer text is skipped and flagged, so a
//! value that nobody wants may have any length. Nesting is limited to [`DEPTH_MAX`] levels.

mod number;
mod string;

use crate::error::Error;
use number::NumberPart;
use string::Gathered;

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
    Number(NumberPart),
    /// Inside `true`, `false` or `null`, of which so many bytes were read.
    Word(Token, u8),
}

/// The reading state: about 370 bytes.
pub struct Lexer {
    state: State,
    depth: u32,
    /// Bit `d` is set where the container at depth `d` is an object.
    objects: u32,
    offset: u32,
    text: Gathered,
    /// The text is a name.
    key: bool,
}

impl Lexer {
    /// A lexer that expects one value, at `offset` bytes from the start of the input.
    pub const fn new(offset: u32) -> Self {
        Self {
            state: State::Value,
            depth: 0,
            objects: 0,
            offset,
            text: Gathered::new(),
            key: false,
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
        self.text.get()
    }

    /// Keeps the current text beside those that follow.
    pub fn keep(&mut self) {
        self.text.keep();
    }

    /// The kept text; empty if there is none.
    pub fn kept(&self) -> &[u8] {
        self.text.kept()
    }

    /// Forgets the kept text.
    pub fn release(&mut self) {
        self.text.release();
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
            if self.state == State::Text {
                let run = self.text.plain_run(&input[*at..]);
                if run > 0 {
                    *at += run;
                    self.offset += run as u32;
                    continue;
                }
            }
            // A number ends at the first byte that is not its own, which is left for later.
            if let State::Number(digits) = self.state {
                match digits.next(byte) {
                    Some(next) => {
                        self.text.push(byte);
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

    fn step(&mut self, byte: u8) -> Result<Option<Token>, Error> {
        match self.state {
            State::Text => {
                let ended = self.text.byte(byte).map_err(|what| self.error(what))?;
                return Ok(ended.then(|| self.end_text()));
            }
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
                    self.text.push(byte);
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
        self.text.begin();
        self.key = key;
        self.state = State::Text;
    }

    fn end_text(&mut self) -> Token {
        if self.key {
            self.state = State::Colon;
            return Token::Key;
        }
        self.after_value();
        Token::String
    }
}
