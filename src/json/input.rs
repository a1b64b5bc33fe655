//! The bytes of a file, one at a time.

/// A file that is read through one small buffer.
pub trait Source {
    /// Reads the next bytes of the file into the buffer; 0 at the file's end.
    fn fill(&mut self) -> usize;
    /// Makes `fill` go on at `offset` bytes from the start of the file.
    fn seek(&mut self, offset: u32);
    /// The buffer's first `filled` bytes.
    fn bytes(&self, filled: usize) -> &[u8];
}

/// A position in a file.
pub struct Input {
    /// The part of the source's buffer that is not read yet.
    at: usize,
    filled: usize,
    offset: u32,
}

impl Input {
    /// At `offset` bytes from the file's start, where the source must stand.
    pub const fn new(offset: u32) -> Self {
        Self { at: 0, filled: 0, offset }
    }

    /// The next byte; `None` at the end.
    // A call takes less code than the same at each place that reads.
    #[inline(never)]
    pub fn next<S: Source>(&mut self, source: &mut S) -> Option<u8> {
        if self.at >= self.filled {
            // The source may raise: until it has filled its buffer, there is nothing to be read.
            (self.at, self.filled) = (0, 0);
            self.filled = source.fill();
        }
        let byte = *source.bytes(self.filled).get(self.at)?;
        self.at += 1;
        self.offset += 1;
        Some(byte)
    }

    /// Takes the last byte back, once. There must be one.
    pub fn back(&mut self) {
        self.at -= 1;
        self.offset -= 1;
    }

    /// Bytes read so far, from the start of the file.
    pub fn offset(&self) -> u32 {
        self.offset
    }
}
