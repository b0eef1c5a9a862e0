//! Owns the languages of the console: one table of messages for each, which the compiler holds complete.

mod en;
mod ko;

pub use en::Words;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use nasd_api::ClientError;
use nasd_api::refusal::{self, Said};
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
            filled.push_str(part);
        }
        filled
    }
}

/// Declares [`Words`] with the English messages.
macro_rules! english {
    ($($name:ident: $text:literal,)*) => {
        /// Every message of the console, in one language.
        pub struct Words { $(pub $name: $crate::words::Text,)* }

        pub const WORDS: Words = Words { $($name: $crate::words::Text($text),)* };

        impl Words {
            /// Every message with its name.
            pub fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name.0),)*]
            }
        }
    };
}

/// The same messages in another language.
macro_rules! translated {
    ($($name:ident: $text:literal,)*) => {
        pub const WORDS: super::Words = super::Words { $($name: $crate::words::Text($text),)* };
    };
}

pub(crate) use {english, translated};

/// A language that the console speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Korean,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::English, Language::Korean];

    /// As in `lang` attributes and the cookie (BCP 47).
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Korean => "ko",
        }
    }

    pub fn words(self) -> &'static Words {
        match self {
            Language::English => &en::WORDS,
            Language::Korean => &ko::WORDS,
        }
    }

    /// What nasd refused, or that nobody answered.
    pub fn said(self, error: &ClientError) -> Said {
        let language = match self {
            Language::English => refusal::Language::English,
            Language::Korean => refusal::Language::Korean,
        };
        error.refusal().said(language)
    }

    pub fn from_code(code: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.code() == code)
    }

    /// What the browser would rather read: the first language of its list that is known, weights aside, for
    /// browsers send the list in order.
    pub fn accepted(headers: &HeaderMap) -> Option<Language> {
        let list = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut codes = list.split(',').map(|entry| entry.trim().get(..2).unwrap_or_default());
        codes.find_map(|code| Language::from_code(&code.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn both_languages_have_the_same_places_for_values() {
        let korean = Language::Korean.words().all();
        for ((name, english), (_, korean)) in Language::English.words().all().into_iter().zip(korean) {
            let places = |text: &str| text.matches("{}").count();
            assert_eq!(places(english), places(korean), "{name}");
            assert!(!korean.trim().is_empty(), "{name}");
        }
    }

    /// What is the same in both is a name, a unit or an example, never a sentence.
    #[test]
    fn nothing_was_left_in_english() {
        let same: BTreeSet<&str> = Language::English
            .words()
            .all()
            .into_iter()
            .zip(Language::Korean.words().all())
            .filter(|(english, korean)| english.1 == korean.1)
            .map(|(english, _)| english.1)
            .collect();
        assert!(same.iter().all(|text| text.split(' ').count() <= 2), "{same:?}");
    }

    #[test]
    fn a_value_with_braces_is_not_filled_again() {
        assert_eq!(Text("{} and {}").of2("{}", "b"), "{} and b");
        assert_eq!(Text("{} of {}").of("a"), "a of ");
    }

    #[test]
    fn the_first_known_language_of_the_browser_counts() {
        let said = |list: &str| {
            let value = list.parse().expect("a header");
            Language::accepted(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, value)]))
        };
        assert_eq!(said("ko-KR,ko;q=0.9,en;q=0.8"), Some(Language::Korean));
        assert_eq!(said("fr, en-GB;q=0.5"), Some(Language::English));
        assert_eq!(said("fr, é"), None);
        assert_eq!(said(""), None);
    }
}
