//! Owns what a refusal has to be in each language, for the tests that walk them.

use super::Language;
use super::tables::of_reason;
use crate::refused::filled;
use crate::{ApiError, korean};

/// # Panics
/// For a refusal that cannot be read in both languages.
pub fn check(refusal: &ApiError) {
    let words = of_reason(&refusal.reason).unwrap_or_else(|| panic!("no words for {refusal:?}"));
    if let Some(english) = words.english {
        assert_eq!(filled(english, &refusal.values, &str::to_owned), Some(refusal.message.clone()));
    }
    for language in [Language::English, Language::Korean] {
        let said = refusal.said(language);
        let hint = said.hint.clone().unwrap_or_default();
        for text in [&said.sentence, &hint] {
            assert!(!text.contains(['{', '}']), "{}: {text}", refusal.reason);
        }
        assert!(!said.sentence.is_empty(), "{}", refusal.reason);
        if language == Language::Korean {
            let without_values = |text: &str| {
                let mut values: Vec<&String> =
                    refusal.values.values().filter(|value| !value.is_empty()).collect();
                values.sort_by_key(|value| std::cmp::Reverse(value.len()));
                values.into_iter().fold(text.to_owned(), |text, value| text.replace(value.as_str(), "_"))
            };
            let both = [&said.sentence, &hint].into_iter().any(|text| korean::has_both_forms(text));
            assert!(!both, "{}: {said:?}", refusal.reason);
            check_korean(&without_values(&said.sentence));
            if !hint.is_empty() {
                check_korean(&without_values(&hint));
            }
        }
    }
}

/// Korean, and no English but names, commands in backticks and places.
///
/// # Panics
/// For anything else.
pub fn check_korean(text: &str) {
    assert!(text.chars().any(|c| ('가'..='힣').contains(&c)), "{text}");
    let outside = text.split('`').step_by(2).collect::<Vec<_>>().join("_");
    assert_eq!(english_words(&outside), 0, "{text}");
}

/// How many words of lower-case letters stand in the longest run that looks like English, if it looks like it.
pub fn english_words(text: &str) -> usize {
    let is_word = |word: &str| {
        let word = word.trim_matches([',', ';', ':', '.', '(', ')', '"', '\'']);
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase())
    };
    let runs = text.split_whitespace().collect::<Vec<_>>();
    let longest = runs.split(|word| !is_word(word)).map(<[&str]>::len).max().unwrap_or_default();
    if longest >= 3 { longest } else { 0 }
}
