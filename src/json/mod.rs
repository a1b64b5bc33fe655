//! JSON (RFC 8259) as a stream of tokens, pulled from a file through a buffer of any size.
//!
//! The grammar is checked to the last byte, UTF-8 and escapes included. The text of the string or
//! number being read is retained, up to [`TEXT_MAX`] bytes; longer text is skipped and flagged, so
//! a value that nobody wants may have any length. Nesting is limited to [`DEPTH_MAX`] levels.

mod input;
mod text;

use crate::bytes::{digit, Utf8};
use crate::error::ErrorKind;
use input::Input;
pub use input::Source;
use text::Text;

/// Bytes retained of a string (decoded to UTF-8) or of a number (as written), less those of a text
/// that is kept beside it.
pub const TEXT_MAX: usize = 320;
/// Levels of nested objects and arrays.
pub const DEPTH_MAX: u32 = 16;

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
///
/// ```
/// use saguarota::json::{Lexer, Source, Token};
///
/// /// A file in memory, all of it in one piece.
/// struct Memory<'a>(&'a [u8], bool);
///
/// impl Source for Memory<'_> {
///     fn fill(&mut self) -> usize {
///         if std::mem::replace(&mut self.1, true) { 0 } else { self.0.len() }
///     }
///     fn seek(&mut self, _: u32) {
///         self.1 = false;
///     }
///     fn bytes(&self, filled: usize) -> &[u8] {
///         &self.0[..filled]
///     }
/// }
///
/// let mut source = Memory(br#"["\u00e9"]"#, false);
/// let mut lexer = Lexer::new(0);
/// lexer.next(&mut source)?;
/// assert_eq!(lexer.token(), Token::ArrayStart);
/// lexer.next(&mut source)?;
/// assert_eq!((lexer.token(), lexer.text()), (Token::String, Some("é".as_bytes())));
/// # Ok::<(), saguarota::error::ErrorKind>(())
/// ```
// In this order, as the code for fields behind a large one is larger. The input, which is called
// for each byte, comes first: its address is the lexer's.
#[repr(C)]
pub struct Lexer {
    input: Input,
    state: State,
    token: Token,
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
    pub fn retain(&mut self) {
        self.text.retain();
    }

    /// The retained text; empty if there is none.
    pub fn retained(&self) -> &[u8] {
        self.text.retained()
    }

    /// Forgets the retained text.
    pub fn release(&mut self) {
        self.text.release();
    }

    /// What was read last.
    pub fn token(&self) -> Token {
        self.token
    }

    /// Reads the next token. After an error, which is one of the byte at [`Lexer::offset`], and
    /// where the source has raised, the lexer is of no use until it is restarted.
    pub fn next<S: Source>(&mut self, source: &mut S) -> Result<(), ErrorKind> {
        self.read(source).inspect_err(|&kind| {
            // But for the end, an error is one of the byte that was read last.
            if kind != ErrorKind::EndsEarly {
                self.input.back();
            }
        })
    }

    /// Reads the rest of the container that the last token has opened.
    pub fn pass_over<S: Source>(&mut self, source: &mut S) -> Result<(), ErrorKind> {
        let inside = self.depth;
        while self.depth >= inside {
            self.next(source)?;
        }
        Ok(())
    }

    fn read<S: Source>(&mut self, source: &mut S) -> Result<(), ErrorKind> {
        let in_object = self.objects & 1 != 0 && self.state != State::Named;
        let closing = if in_object { b'}' } else { b']' };
        let mut byte = match self.visible(source) {
            Ok(byte) => byte,
            Err(_) if self.state == State::End => {
                self.token = Token::End;
                return Ok(());
            }
            Err(kind) => return Err(kind),
        };
        match self.state {
            State::Opened | State::Comma if byte == closing => {
                self.depth -= 1;
                self.objects >>= 1;
                self.after_value();
                self.token = if in_object { Token::ObjectEnd } else { Token::ArrayEnd };
                return Ok(());
            }
            State::Start | State::Opened => {}
            State::Named if byte != b':' => return Err(ErrorKind::ColonExpected),
            State::Comma if byte != b',' => return Err(ErrorKind::CommaExpected),
            State::Named | State::Comma => byte = self.visible(source)?,
            State::End => return Err(ErrorKind::Surplus),
        }
        if in_object {
            if byte != b'"' {
                return Err(ErrorKind::NameExpected);
            }
            self.string(source)?;
            self.state = State::Named;
            self.token = Token::Key;
            return Ok(());
        }
        self.token = match byte {
            b'{' | b'[' => return self.open_container(byte == b'{'),
            b'"' => {
                self.string(source)?;
                Token::String
            }
            b't' => self.word(source, b"rue", Token::True)?,
            b'f' => self.word(source, b"alse", Token::False)?,
            b'n' => self.word(source, b"ull", Token::Null)?,
            b'-' | b'0'..=b'9' => {
                self.number(source, byte)?;
                Token::Number
            }
            _ => return Err(ErrorKind::ValueExpected),
        };
        self.after_value();
        Ok(())
    }

    /// The next byte; at the end, an error.
    fn next_byte<S: Source>(&mut self, source: &mut S) -> Result<u8, ErrorKind> {
        self.input.next(source).ok_or(ErrorKind::EndsEarly)
    }

    /// The next byte that is no white space; at the end, an error.
    #[inline(never)]
    fn visible<S: Source>(&mut self, source: &mut S) -> Result<u8, ErrorKind> {
        loop {
            let byte = self.next_byte(source)?;
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Ok(byte);
            }
        }
    }

    /// Reads the rest of `true`, `false` or `null`, which is the given token.
    fn word<S: Source>(
        &mut self,
        source: &mut S,
        rest: &[u8],
        token: Token,
    ) -> Result<Token, ErrorKind> {
        for &letter in rest {
            if self.next_byte(source)? != letter {
                return Err(ErrorKind::ValueExpected);
            }
        }
        Ok(token)
    }

    fn open_container(&mut self, object: bool) -> Result<(), ErrorKind> {
        if self.depth == DEPTH_MAX {
            return Err(ErrorKind::Nested);
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

    /// Reads a number from its first byte on, which is a minus sign or a digit (section 6).
    fn number<S: Source>(&mut self, source: &mut S, first: u8) -> Result<(), ErrorKind> {
        self.text.begin();
        let mut byte = first;
        if byte == b'-' {
            byte = self.push(source, byte)?;
        }
        byte = match byte {
            b'0' => self.push(source, byte)?,
            _ => self.digits(source, byte)?,
        };
        if byte == b'.' {
            byte = self.push(source, byte)?;
            byte = self.digits(source, byte)?;
        }
        if matches!(byte, b'e' | b'E') {
            byte = self.push(source, byte)?;
            if matches!(byte, b'+' | b'-') {
                byte = self.push(source, byte)?;
            }
            byte = self.digits(source, byte)?;
        }
        // A NUL is the number's error; any other byte is the next token's.
        if byte == 0 {
            return Err(ErrorKind::Number);
        }
        self.input.back();
        Ok(())
    }

    /// Reads digits, of which `byte` must be the first, and the byte behind them, which it returns.
    fn digits<S: Source>(&mut self, source: &mut S, mut byte: u8) -> Result<u8, ErrorKind> {
        if !byte.is_ascii_digit() {
            return Err(ErrorKind::Number);
        }
        while byte.is_ascii_digit() {
            byte = self.push(source, byte)?;
        }
        Ok(byte)
    }

    /// Adds a byte to the text and reads the next one.
    fn push<S: Source>(&mut self, source: &mut S, byte: u8) -> Result<u8, ErrorKind> {
        self.text.push(byte);
        self.next_byte(source)
    }

    /// Reads a string from behind its first quotation mark on (sections 7 and 8.1).
    #[inline(never)]
    fn string<S: Source>(&mut self, source: &mut S) -> Result<(), ErrorKind> {
        self.text.begin();
        let mut utf8 = Utf8::new();
        // A high surrogate that waits for its low one.
        let mut high = None;
        loop {
            let byte = self.next_byte(source)?;
            if !utf8.push(byte) {
                return Err(ErrorKind::NotUtf8);
            }
            if byte < b' ' {
                return Err(ErrorKind::Control);
            }
            if byte == b'\\' {
                let unit = self.escape(source)?;
                high = self.push_unit(high, unit);
                continue;
            }
            // One that is followed by no escape stays alone.
            if high.take().is_some() {
                self.text.flawed = true;
            }
            if byte == b'"' {
                return Ok(());
            }
            self.text.push(byte);
        }
    }

    /// Adds what a code unit of UTF-16 makes, behind the high surrogate before it if there is one;
    /// returns the unit where it is a high surrogate itself.
    fn push_unit(&mut self, high: Option<u32>, unit: u32) -> Option<u32> {
        let code = match (high, unit) {
            (Some(high), 0xdc00..=0xdfff) => 0x10000 + ((high - 0xd800) << 10 | (unit - 0xdc00)),
            _ => {
                self.text.flawed |= high.is_some();
                unit
            }
        };
        match char::from_u32(code) {
            Some(character) => self.text.push_char(character),
            None if code < 0xdc00 => return Some(code),
            // A low surrogate alone.
            None => self.text.flawed = true,
        }
        None
    }

    /// Reads an escape from behind its backslash on: one code unit of UTF-16.
    fn escape<S: Source>(&mut self, source: &mut S) -> Result<u32, ErrorKind> {
        let byte = match self.next_byte(source)? {
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.hex(source),
            _ => return Err(ErrorKind::Escape),
        };
        Ok(byte.into())
    }

    /// Reads the four digits of a `\u` escape.
    fn hex<S: Source>(&mut self, source: &mut S) -> Result<u32, ErrorKind> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | digit(self.next_byte(source)?, 16).ok_or(ErrorKind::HexEscape)?;
        }
        Ok(unit)
    }
}
