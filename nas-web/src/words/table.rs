//! Owns how a table of messages is written down: every message in all languages beside each other, so that the
//! compiler holds each table complete.

/// Every message of one table with its name, in English and in Korean.
#[cfg(test)]
pub type Messages = &'static [(&'static str, &'static str, &'static str)];

/// Declares `Words`, the messages in one language, and `of`, which finds them:
/// `name: "in English", "in Korean";` for each.
macro_rules! words {
    ($($name:ident: $english:literal, $korean:literal;)*) => {
        use $crate::words::{Language, Text};

        /// The messages, in one language.
        pub struct Words { $(pub $name: Text,)* }

        static ENGLISH: Words = Words { $($name: Text($english),)* };
        static KOREAN: Words = Words { $($name: Text($korean),)* };

        pub fn of(language: Language) -> &'static Words {
            match language {
                Language::English => &ENGLISH,
                Language::Korean => &KOREAN,
            }
        }

        #[cfg(test)]
        pub const MESSAGES: $crate::words::Messages = &[$((stringify!($name), $english, $korean),)*];
    };
}
pub(crate) use words;
