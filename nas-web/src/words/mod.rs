//! Owns what the console says, in all its languages.

mod common;
mod language;
mod table;
mod text;

pub use common::{Words, of};
pub use language::Language;
#[cfg(test)]
pub use table::Messages;
pub use text::Text;

#[cfg(test)]
mod tests {
    use super::common;
    use std::collections::BTreeSet;

    #[test]
    fn both_languages_have_the_same_places_for_values() {
        for (name, english, korean) in common::MESSAGES {
            let places = |text: &str| text.matches("{}").count();
            assert_eq!(places(english), places(korean), "{name}");
            assert!(!korean.trim().is_empty(), "{name}");
        }
    }

    /// What is the same in both is a name, a unit or an example, never a sentence.
    #[test]
    fn nothing_was_left_in_english() {
        let same: BTreeSet<&str> = common::MESSAGES
            .iter()
            .filter(|(_, english, korean)| english == korean)
            .map(|(_, english, _)| *english)
            .collect();
        assert!(same.iter().all(|text| text.split(' ').count() <= 2), "{same:?}");
    }
}
