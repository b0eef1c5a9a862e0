//! Owns how what the system says of itself is taken: bounded, and without control characters.

use std::path::Path;

/// Of what the system says of itself.
const TEXT_CHARS_MAX: usize = 200;

/// A small file of the kernel's, trimmed; nothing where it is not there or empty.
pub fn text(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(clean(&text)).filter(|text| !text.is_empty())
}

pub fn clean(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect()
}
