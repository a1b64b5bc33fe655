//! MD5's compression function (RFC 1321) as a loop. The md-5 crate, against which it is tested, has
//! it unrolled: five times the code.

/// 2^32 times the sine's absolute value at 1 to 64, for each round its own.
static SINES: [[u32; 16]; 4] = [
    [
        0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
        0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
        0xa679438e, 0x49b40821,
    ],
    [
        0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681,
        0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
        0x676f02d9, 0x8d2a4c8a,
    ],
    [
        0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60,
        0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5,
        0x1fa27cf8, 0xc4ac5665,
    ],
    [
        0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d,
        0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235,
        0x2ad7d2bb, 0xeb86d391,
    ],
];

/// What one block of the input, as little-endian words, adds to the state, which is the first four
/// words.
#[inline(never)]
pub fn compress(state: &[u32; 8], words: &[u32; 16]) -> [u32; 8] {
    let [a, b, c, d, ..] = *state;
    let mut new = [a, b, c, d];
    let [first, second, third, fourth] = &SINES;
    // Each word of shifts has four of them, the first in its low byte; they count to the right.
    round(&mut new, words, first, 0x0a0f1419, (0, 1), |b, c, d| d ^ b & (c ^ d));
    round(&mut new, words, second, 0x0c12171b, (1, 5), |b, c, d| c ^ d & (b ^ c));
    round(&mut new, words, third, 0x0910151c, (5, 3), |b, c, d| b ^ c ^ d);
    round(&mut new, words, fourth, 0x0b11161a, (0, 7), |b, c, d| c ^ (b | !d));
    let [a, b, c, d] = new;
    [a, b, c, d, 0, 0, 0, 0]
}

/// Sixteen steps. The first takes the word of that number in `order`, each further one that so
/// many words behind it.
#[inline(always)]
fn round(
    state: &mut [u32; 4],
    words: &[u32; 16],
    sines: &[u32; 16],
    mut shifts: u32,
    order: (usize, usize),
    mix: impl Fn(u32, u32, u32) -> u32,
) {
    let [mut a, mut b, mut c, mut d] = *state;
    let mut at = order.0;
    for sine in sines {
        let sum = a.wrapping_add(mix(b, c, d)).wrapping_add(words[at]).wrapping_add(*sine);
        (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_right(shifts & 31)));
        shifts = shifts.rotate_right(8);
        at = (at + order.1) % 16;
    }
    *state = [a, b, c, d];
}
