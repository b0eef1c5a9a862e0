//! What a description is: a line or two in which people say what a thing is for.

/// Longest description, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 200;
/// Most lines of one.
pub const DESCRIPTION_LINES_MAX: usize = 2;

/// Whether it is short enough, and holds no control characters but the end of a line.
pub fn is_description(text: &str) -> bool {
    let lines = text.split('\n').count();
    let plain = |c: char| c == '\n' || !c.is_control();
    lines <= DESCRIPTION_LINES_MAX && text.chars().count() <= DESCRIPTION_CHARS_MAX && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_a_line_or_two_in_any_script() {
        for good in ["", "Films", "영화와 사진\n민준에게 물어보세요", &"곳".repeat(200)] {
            assert!(is_description(good), "{good}");
        }
        for bad in ["a\nb\nc", "a\rb", "\u{1b}[31m", "a\tb", &"곳".repeat(201)] {
            assert!(!is_description(bad), "{bad:?}");
        }
    }
}
