//! A sort of what is no slice of comparable values, in little code: `core`'s takes several KiB.

use crate::fault::Fault;

/// Sorts `count` items by Shell's method, with about `n^1.25` comparisons.
///
/// `swap` is given two places, the first of which is before the second, and makes the items there
/// change places where they stand in the wrong order; whether they did. The first fault ends it.
pub fn sort(
    count: usize,
    mut swap: impl FnMut(usize, usize) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    // Hibbard's gaps, from the one below the most entries of a manifest.
    let mut gap = 0x7fff;
    while gap > 0 {
        for end in gap..count {
            let mut at = end;
            while at >= gap && swap(at - gap, at)? {
                at -= gap;
            }
        }
        gap >>= 1;
    }
    Ok(())
}
