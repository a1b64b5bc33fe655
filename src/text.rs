//! Text in little code: bounded, without `core::fmt`, which would weigh more than the rest of the
//! core's errors; and compared without letter case.

/// At most `N` bytes of UTF-8; what does not fit is cut off.
pub struct Text<const N: usize>(heapless::String<N>);

impl<const N: usize> Text<N> {
    /// An empty text.
    pub const fn new() -> Self {
        Self(heapless::String::new())
    }

    /// Appends as many characters of `s` as fit.
    pub fn push_str(&mut self, s: &str) -> &mut Self {
        for c in s.chars() {
            if self.0.push(c).is_err() {
                break;
            }
        }
        self
    }

    /// Appends a decimal number.
    pub fn push_u64(&mut self, mut n: u64) -> &mut Self {
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (n % 10) as u8;
            n /= 10;
            if n == 0 {
                break;
            }
        }
        for &digit in &digits[at..] {
            // A full text stays cut off: the message is for people, the error is the value.
            let _ = self.0.push(digit as char);
        }
        self
    }

    /// The text so far.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// `eq_ignore_ascii_case`, whose code is unrolled and several times as long.
#[inline(never)]
pub fn same_letters(left: &[u8], right: &[u8]) -> bool {
    let mut pairs = left.iter().zip(right);
    left.len() == right.len() && pairs.all(|(a, b)| a.eq_ignore_ascii_case(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_of_ascii_letters_does_not_count() {
        assert!(same_letters(b"aZ@-\xe9", b"Az@-\xe9"));
        for other in [&b"aZ@"[..], b"aZ@-\xc9", b"aZ`-\xe9", b"aZ@\x0d\xe9", b"aZ@-\xe9."] {
            assert!(!same_letters(b"aZ@-\xe9", other));
        }
    }
}
