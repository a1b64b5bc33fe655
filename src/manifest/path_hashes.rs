//! Which files a manifest names, in eight bytes a file: what pruning asks of it, without holding
//! its paths.
//!
//! A hash is the first eight bytes of the MD5 of a path; a table is a list of them. A path
//! of the manifest is always found in its table. A path that is none is found by mistake with odds
//! of `n / 2^64` for `n` files: such a file stays on the device, which does no harm. To bring that
//! about on purpose takes some `2^64 / n` tries, and gains nothing but that.

use md5::{Digest, Md5};

/// What a table keeps of a path.
pub type PathHash = [u8; 8];

/// The hash of a path.
///
/// `ignore_case` is for file systems that have no letter case (FAT): ASCII letters count as lower
/// case, and each run of other characters as one byte 0xff, which UTF-8 never has. How FAT folds
/// those depends on its code page; so no two names that may be one file are ever told apart.
///
/// ```
/// use saguarota::manifest::path_hashes::{contains, path_hash};
///
/// let table = [path_hash(b"boot.py", true), path_hash(b"main.py", true)];
/// assert!(contains(&table, &path_hash(b"MAIN.PY", true)));
/// assert!(!contains(&table, &path_hash(b"old.py", true)));
/// ```
pub fn path_hash(path: &[u8], ignore_case: bool) -> PathHash {
    let mut digest = Md5::new();
    let mut in_run = false;
    for &byte in path {
        let folds_to_run = ignore_case && !byte.is_ascii();
        if !(folds_to_run && in_run) {
            digest.update([match byte {
                _ if folds_to_run => 0xff,
                _ if ignore_case => byte.to_ascii_lowercase(),
                _ => byte,
            }]);
        }
        in_run = folds_to_run;
    }
    let [a, b, c, d, e, f, g, h, ..]: [u8; 16] = digest.finalize().into();
    [a, b, c, d, e, f, g, h]
}

/// Whether a table has this hash.
pub fn contains(table: &[PathHash], hash: &PathHash) -> bool {
    table.contains(hash)
}
