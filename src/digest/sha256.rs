//! SHA-256's compression function (FIPS 180-4, section 6.2.2) with sixteen words of schedule, which
//! roll on. The sha2 crate, against which it is tested, has all 64 at once even where it is compact:
//! more code, and 256 bytes of stack.

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
static ROOTS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// What one block of the input, as big-endian words, adds to the state. The words are used up.
pub fn compress(state: &[u32; 8], words: &mut [u32; 16]) -> [u32; 8] {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (at, root) in ROOTS.iter().enumerate() {
        let word = words[at % 16];
        let sum = h
            .wrapping_add(mix(e, 6, 11, 25))
            .wrapping_add(g ^ e & (f ^ g))
            .wrapping_add(*root)
            .wrapping_add(word);
        (h, g, f, e) = (g, f, e, d.wrapping_add(sum));
        let other = mix(a, 2, 13, 22).wrapping_add(a & b | c & (a | b));
        (d, c, b, a) = (c, b, a, sum.wrapping_add(other));
        // The word that is wanted sixteen steps on.
        let (near, far) = (words[(at + 1) % 16], words[(at + 14) % 16]);
        words[at % 16] = word
            .wrapping_add(near.rotate_right(7) ^ near.rotate_right(18) ^ near >> 3)
            .wrapping_add(words[(at + 9) % 16])
            .wrapping_add(far.rotate_right(17) ^ far.rotate_right(19) ^ far >> 10);
    }
    [a, b, c, d, e, f, g, h]
}

fn mix(x: u32, one: u32, two: u32, three: u32) -> u32 {
    x.rotate_right(one) ^ x.rotate_right(two) ^ x.rotate_right(three)
}
