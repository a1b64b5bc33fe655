//! JSON (RFC 8259) as a stream of tokens, pulled from a file through a buffer of any size.
//!
//! The grammar is checked to the last byte, UTF-8 and escapes included. The text of the string or
//! number being read is kept, up to [`TEXT_MAX`] bytes; longer text is skipped and flagged, so a
//! value that nobody wants may have any length. Nesting is limited to [`DEPTH_MAX`] levels.

mod input;
mod text;

use crate::chars::{encode, Utf8};
use crate::fault::Fault;
use input::Input;
pub use input::Source;
use text::Text;

/// Bytes kept of a string (decoded to UTF-8) or of a number (as written), less those of a text that
/// is kept beside it.
pub const TEXT_MAX: usize = 320;
/// Levels of nested objects and arrays.
pub const DEPTH_MAX: u32 = 16;

/// What may stand behind a backslash, each with what it stands for.
const ESCAPES: &[u8] = b"\"\"\\\\//b\x08f\x0cn\nr\rt\t";

/// What [`Lexer::next`] has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    ObjectStart,
    ArrayStart,
    ObjectEnd,
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
    /// The end of the file, behind the one value that it has.
    End,
}

impl Token {
    /// Whether it is the start of an object or an array.
    pub fn opens(self) -> bool {
        matches!(self, Self::ObjectStart | Self::ArrayStart)
    }
}

/// What stands before the next token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing.
    Start,
    /// `{` or `[`.
    Opened,
    /// A name.
    Named,
    /// A value in a container.
    Comma,
    /// The whole value.
    End,
}

/// The reading state: about 350 bytes.
// In this order, so that short instructions reach what is before the long text.
#[repr(C)]
pub struct Lexer {
    state: State,
    token: Token,
    input: Input,
    /// How many containers are open.
    depth: u32,
    /// Bit 0 is set where the innermost is an object, bit 1 for the one around it, and so on.
    objects: u32,
    text: Text,
}

impl Lexer {
    /// A lexer that expects one value, at `offset` bytes from the start of the file, where the
    /// source must stand.
    pub const fn new(offset: u32) -> Self {
        Self {
            state: State::Start,
            token: Token::ObjectStart,
            input: Input::new(offset),
            depth: 0,
            objects: 0,
            text: Text::new(),
        }
    }

    /// Starts again, as [`Lexer::new`] does.
    pub fn restart(&mut self, offset: u32) {
        self.input = Input::new(offset);
        self.state = State::Start;
        (self.depth, self.objects) = (0, 0);
        self.text.release();
    }

    /// Bytes read so far, from the start of the file.
    pub fn offset(&self) -> u32 {
        self.input.offset()
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

    /// What was read last.
    pub fn token(&self) -> Token {
        self.token
    }

    /// Reads the next token. After a fault, which is one of the byte at [`Lexer::offset`], and
    /// where the source has raised, the lexer is of no use until it is restarted.
    #[inline(never)]
    pub fn next<S: Source>(&mut self, source: &mut S) -> Result<(), Fault> {
        self.read(source).map_err(|fault| {
            self.input.back();
            // The end counts as a byte that can stand nowhere.
            if self.input.ended() {
                Fault::EndsEarly
            } else {
                fault
            }
        })
    }

    /// Reads the rest of the container that the last token has opened.
    pub fn pass_over<S: Source>(&mut self, source: &mut S) -> Result<(), Fault> {
        let inside = self.depth;
        while self.depth >= inside {
            self.next(source)?;
        }
        Ok(())
    }

    fn read<S: Source>(&mut self, source: &mut S) -> Result<(), Fault> {
        let in_object = self.objects & 1 != 0 && self.state != State::Named;
        let mut byte = self.visible(source);
        match self.state {
            State::Opened | State::Comma if byte == if in_object { '}' } else { ']' } => {
                self.depth -= 1;
                self.objects >>= 1;
                self.after_value();
                self.token = if in_object { Token::ObjectEnd } else { Token::ArrayEnd };
                return Ok(());
            }
            State::Start | State::Opened => {}
            State::Named if byte != ':' => return Err(Fault::ColonExpected),
            State::Comma if byte != ',' => return Err(Fault::CommaExpected),
            State::Named | State::Comma => byte = self.visible(source),
            State::End if !self.input.ended() => return Err(Fault::Surplus),
            State::End => {
                self.input.back();
                self.token = Token::End;
                return Ok(());
            }
        }
        if in_object {
            if byte != '"' {
                return Err(Fault::NameExpected);
            }
            self.string(source)?;
            self.state = State::Named;
            self.token = Token::Key;
            return Ok(());
        }
        // The rest of a word is a number, its first letter lowest: less code than a slice.
        let (token, mut word) = match byte {
            '{' | '[' => return self.open_container(byte == '{'),
            '"' => {
                self.string(source)?;
                (Token::String, 0)
            }
            't' => (Token::True, u32::from_le_bytes(*b"rue\0")),
            'f' => (Token::False, u32::from_le_bytes(*b"alse")),
            'n' => (Token::Null, u32::from_le_bytes(*b"ull\0")),
            _ => {
                self.number(source, byte)?;
                (Token::Number, 0)
            }
        };
        while word != 0 {
            if self.input.take(source) as u32 != word & 0xff {
                return Err(Fault::ValueExpected);
            }
            word >>= 8;
        }
        self.token = token;
        self.after_value();
        Ok(())
    }

    /// The next byte that is no white space.
    #[inline(never)]
    fn visible<S: Source>(&mut self, source: &mut S) -> char {
        loop {
            let byte = self.input.take(source);
            if !matches!(byte, ' ' | '\t' | '\n' | '\r') {
                return byte;
            }
        }
    }

    fn open_container(&mut self, object: bool) -> Result<(), Fault> {
        if self.depth == DEPTH_MAX {
            return Err(Fault::Nested);
        }
        self.depth += 1;
        self.objects = self.objects << 1 | u32::from(object);
        self.state = State::Opened;
        self.token = if object { Token::ObjectStart } else { Token::ArrayStart };
        Ok(())
    }

    fn after_value(&mut self) {
        self.state = if self.depth == 0 { State::End } else { State::Comma };
    }

    /// Reads a number from its first byte on (section 6).
    fn number<S: Source>(&mut self, source: &mut S, mut byte: char) -> Result<(), Fault> {
        if byte != '-' && !byte.is_ascii_digit() {
            return Err(Fault::ValueExpected);
        }
        self.text.begin();
        if byte == '-' {
            byte = self.push(source, byte);
        }
        // The whole part, the fraction, the exponent.
        for part in 0..3 {
            if part > 0 {
                if byte != '.' && part == 1 || !matches!(byte, 'e' | 'E') && part == 2 {
                    continue;
                }
                byte = self.push(source, byte);
                if part == 2 && matches!(byte, '+' | '-') {
                    byte = self.push(source, byte);
                }
            }
            if !byte.is_ascii_digit() {
                return Err(Fault::Number);
            }
            let zero = part == 0 && byte == '0';
            byte = self.push(source, byte);
            while byte.is_ascii_digit() && !zero {
                byte = self.push(source, byte);
            }
        }
        if byte == '\0' {
            return Err(Fault::Number);
        }
        self.input.back();
        Ok(())
    }

    /// Adds a byte to the text and reads the next one.
    fn push<S: Source>(&mut self, source: &mut S, byte: char) -> char {
        self.text.push(byte.into());
        self.input.take(source)
    }

    /// Reads a string from behind its first quotation mark on (sections 7 and 8.1).
    #[inline(never)]
    fn string<S: Source>(&mut self, source: &mut S) -> Result<(), Fault> {
        self.text.begin();
        let mut utf8 = Utf8::new();
        // A high surrogate that waits for its low one; 0 if none.
        let mut high = 0;
        loop {
            let byte = self.input.take(source);
            if !utf8.take(byte as u8) {
                return Err(Fault::NotUtf8);
            }
            if byte < ' ' {
                return Err(Fault::Control);
            }
            let mut code = byte.into();
            if byte == '\\' {
                code = self.escape(source)?;
            }
            let is_low = code >> 10 == 0xdc00 >> 10;
            if is_low && high != 0 {
                code = 0x10000 + ((high - 0xd800) << 10 | (code - 0xdc00));
                high = 0;
            } else {
                // One of the two is alone.
                self.text.flawed |= is_low || high != 0;
                high = if code >> 10 == 0xd800 >> 10 { code } else { 0 };
                if high != 0 {
                    continue;
                }
                if byte == '"' {
                    return Ok(());
                }
            }
            self.text.push(if byte == '\\' { encode(code) } else { code });
        }
    }

    /// Reads an escape from behind its backslash on: one code unit of UTF-16.
    fn escape<S: Source>(&mut self, source: &mut S) -> Result<u32, Fault> {
        let byte = self.input.take(source);
        if byte == 'u' {
            let mut code = 0;
            for _ in 0..4 {
                let digit = self.input.take(source).to_digit(16).ok_or(Fault::HexEscape)?;
                code = code << 4 | digit;
            }
            return Ok(code);
        }
        for pair in ESCAPES.chunks_exact(2) {
            if let [name, code] = *pair {
                if char::from(name) == byte {
                    return Ok(code.into());
                }
            }
        }
        Err(Fault::Escape)
    }
}
