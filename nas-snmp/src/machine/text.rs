//! Owns how the kernel's small texts are read, and how much of them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Longest text that is read, in bytes.
const TEXT_BYTES_MAX: u64 = 1 << 20;
/// Most things of a kind that have a row.
pub const THINGS_MAX: usize = 1024;

/// The beginning of a file's text, if there is one.
pub fn text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(TEXT_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// What the one line of a file says, as a number or a word.
pub fn value<T: std::str::FromStr>(path: &Path) -> Option<T> {
    text(path)?.trim().parse().ok()
}

/// The numbers of a line.
pub fn numbers(words: &str) -> Vec<u64> {
    words.split_ascii_whitespace().map_while(|word| word.parse().ok()).collect()
}

/// The names in a directory, sorted.
pub fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().take(THINGS_MAX);
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}
