//! Owns how a table of messages is written down: every message in all languages beside each other, so that the
//! compiler holds each table complete.

use super::language::Language;
use super::text::Text;

/// A message that says what was done, on the page after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Where it is declared: no two have the same.
    pub code: &'static str,
    pub english: Text,
    pub korean: Text,
}

impl Done {
    pub fn said(self, language: Language) -> Text {
        match language {
            Language::English => self.english,
            Language::Korean => self.korean,
        }
    }
}

/// What the console has to know of a table.
#[derive(Clone, Copy)]
pub struct Table {
    pub done: &'static [Done],
    /// The module that declares it.
    #[cfg(test)]
    pub module: &'static str,
    /// Every message with its name, in English and in Korean.
    #[cfg(test)]
    pub messages: &'static [(&'static str, &'static str, &'static str)],
}

/// Declares `Words`, the messages in one language, `of`, which finds them, and `TABLE`:
/// `name: "in English", "in Korean";` for each. Then follow the messages that say what was done, as constants:
/// `=> NAME: "in English", "in Korean";`.
macro_rules! words {
    (
        $($name:ident: $english:literal, $korean:literal;)*
        $(=> $done:ident: $done_english:literal, $done_korean:literal;)*
    ) => {
        /// The messages, in one language.
        pub struct Words { $(pub $name: $crate::words::Text,)* }

        static ENGLISH: Words = Words { $($name: $crate::words::Text($english),)* };
        static KOREAN: Words = Words { $($name: $crate::words::Text($korean),)* };

        pub fn of(language: $crate::words::Language) -> &'static Words {
            match language {
                $crate::words::Language::English => &ENGLISH,
                $crate::words::Language::Korean => &KOREAN,
            }
        }

        $(pub const $done: $crate::words::Done = $crate::words::Done {
            code: concat!(module_path!(), "::", stringify!($done)),
            english: $crate::words::Text($done_english),
            korean: $crate::words::Text($done_korean),
        };)*

        pub const TABLE: $crate::words::Table = $crate::words::Table {
            done: &[$($done,)*],
            #[cfg(test)]
            module: module_path!(),
            #[cfg(test)]
            messages: &[
                $((stringify!($name), $english, $korean),)*
                $((stringify!($done), $done_english, $done_korean),)*
            ],
        };
    };
}
pub(crate) use words;
