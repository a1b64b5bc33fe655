//! A sort of what is no slice of comparable values. `core`'s sort takes several KiB of code.

use crate::fault::Fault;

/// Whether the first of two items comes before the second.
pub type Less<'a> = dyn FnMut(&[u8], &[u8]) -> Result<bool, Fault> + 'a;

/// Brings the items in order: a heap sort, with about `n log2 n` comparisons. The first fault ends
/// it.
pub fn sort<const N: usize>(table: &mut [[u8; N]], less: &mut Less) -> Result<(), Fault> {
    let count = table.len();
    sort_bytes(table.as_flattened_mut(), N, count, less)
}

// One for items of every width.
#[inline(never)]
fn sort_bytes(table: &mut [u8], width: usize, count: usize, less: &mut Less) -> Result<(), Fault> {
    for root in (0..count / 2).rev() {
        sift_down(table, width, less, root, count)?;
    }
    for end in (1..count).rev() {
        swap(table, width, 0, end);
        sift_down(table, width, less, 0, end)?;
    }
    Ok(())
}

/// Makes a heap of the items from `root` to `end`, of which those behind `root` are one.
#[inline(never)]
fn sift_down(
    table: &mut [u8],
    width: usize,
    less: &mut Less,
    root: usize,
    end: usize,
) -> Result<(), Fault> {
    let mut before = |table: &[u8], a, b| less(item(table, width, a), item(table, width, b));
    // Down to the end along the greater children, which takes one comparison a level and not two.
    let mut leaf = root;
    loop {
        let child = 2 * leaf + 1;
        if child >= end {
            break;
        }
        let right = child + 1 < end && before(table, child, child + 1)?;
        leaf = child + usize::from(right);
    }
    // Back up to the place of the root's item, which mostly is near.
    while leaf > root && before(table, leaf, root)? {
        leaf = (leaf - 1) / 2;
    }
    // The items above move up by one.
    while leaf > root {
        swap(table, width, root, leaf);
        leaf = (leaf - 1) / 2;
    }
    Ok(())
}

fn item(table: &[u8], width: usize, at: usize) -> &[u8] {
    table.get(at * width..(at + 1) * width).unwrap_or_default()
}

/// Changes the places of two items, the first of which comes first.
fn swap(table: &mut [u8], width: usize, first: usize, second: usize) {
    if let Some((head, tail)) = table.split_at_mut_checked(second * width) {
        let pairs = head.iter_mut().skip(first * width).zip(tail).take(width);
        pairs.for_each(|(a, b)| core::mem::swap(a, b));
    }
}
