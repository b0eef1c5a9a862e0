//! Owns one message: its text, and how values get into their places.

use std::fmt::{self, Display};

/// One message. `{}` in it are places for values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text(pub &'static str);

impl Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Text {
    /// With `value` in its place.
    pub fn of(self, value: impl Display) -> String {
        self.fill(&[&value])
    }

    /// With two values in their places.
    pub fn of2(self, first: impl Display, second: impl Display) -> String {
        self.fill(&[&first, &second])
    }

    /// Values are not looked at for places of their own.
    fn fill(self, values: &[&dyn Display]) -> String {
        let mut values = values.iter();
        let mut parts = self.0.split("{}");
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            if let Some(value) = values.next() {
                filled.push_str(&value.to_string());
            }
            nasd_api::korean::append(&mut filled, part);
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_braces_is_not_filled_again() {
        assert_eq!(Text("{} and {}").of2("{}", "b"), "{} and b");
        assert_eq!(Text("{} of {}").of("a"), "a of ");
    }
}
