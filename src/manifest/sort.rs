//! A sort of what is no slice of comparable values, in little code: `core`'s takes several KiB.

use crate::error::ErrorKind;

/// Sorts `count` items by Shell's method, with about `n^1.25` comparisons.
///
/// `swap` is given two places, the first of which is before the second, and makes the items there
/// change places where they stand in the wrong order; whether they did. The first error ends it.
///
/// ```
/// use saguarota::manifest::sort::sort;
///
/// let mut items = [3, 1, 2];
/// sort(items.len(), |first, second| {
///     let wrong = items[first] > items[second];
///     if wrong {
///         items.swap(first, second);
///     }
///     Ok(wrong)
/// })?;
/// assert_eq!(items, [1, 2, 3]);
/// # Ok::<(), saguarota::error::ErrorKind>(())
/// ```
pub fn sort(
    count: usize,
    mut swap: impl FnMut(usize, usize) -> Result<bool, ErrorKind>,
) -> Result<(), ErrorKind> {
    // Each 7/16 of the one before, down to 11, 4, 1: beside halves, which take `n^1.5` comparisons
    // of a hostile order, a quarter fewer of a random one of 32768 items.
    let mut gap = 9000;
    while gap > 0 {
        for end in gap..count {
            let mut at = end;
            while at >= gap && swap(at - gap, at)? {
                at -= gap;
            }
        }
        gap = (gap * 7) >> 4;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::sort;
    use std::vec::Vec;

    /// Comparisons for each of the items, which are sorted then.
    fn effort(mut items: Vec<usize>) -> usize {
        let mut comparisons = 0;
        sort(items.len(), |first, second| {
            comparisons += 1;
            let wrong = items[first] > items[second];
            if wrong {
                items.swap(first, second);
            }
            Ok(wrong)
        })
        .unwrap();
        assert!(items.is_sorted());
        comparisons / items.len().max(1)
    }

    #[test]
    fn no_order_of_few_items_is_left_unsorted() {
        for count in 0..50 {
            for step in 1..53 {
                effort((0..count).map(|at| at * step % 53).collect());
            }
        }
    }

    /// Some of these take over 50 comparisons an item with gaps that are halved.
    #[test]
    fn orders_made_of_sorted_rows_take_no_more_than_others() {
        const COUNT: usize = 4096;
        for rows in (2..600).step_by(7) {
            for step in [1, rows / 2 + 1, rows - 1] {
                let row = |at| at % rows * step % rows;
                let mut places: Vec<_> = (0..COUNT).collect();
                places.sort_by_key(|at| (row(*at), *at));
                let mut items = std::vec![0; COUNT];
                for (rank, place) in places.iter().enumerate() {
                    items[*place] = rank;
                }
                let effort = effort(items);
                assert!(effort < 40, "{effort} comparisons an item for {rows} rows, step {step}");
            }
        }
    }
}
