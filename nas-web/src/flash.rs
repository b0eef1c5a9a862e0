//! Owns the message that a change leaves for the page after it: a known code and the name of what was changed.

use crate::words::{Done, Language};
use nasd_api::percent_encoded;

/// Longest subject that is carried, in characters.
const SUBJECT_CHARS_MAX: usize = 80;

/// For the cookie. Only the code travels, so that nobody can make the console say something else.
pub fn written(done: Done, subject: &str) -> String {
    let subject: String = subject.chars().take(SUBJECT_CHARS_MAX).collect();
    format!("{}.{}", done.code, percent_encoded(&subject))
}

/// The sentence that a cookie stands for; nothing for a cookie that this console did not write so.
pub fn read(cookie: &str, known: &[Done], language: Language) -> Option<String> {
    let (code, subject) = cookie.split_once('.')?;
    let done = known.iter().find(|done| done.code == code)?;
    let plus_free = subject.replace('+', "%2B");
    let (subject, _) = form_urlencoded::parse(plus_free.as_bytes()).next().unwrap_or_default();
    Some(done.said(language).of(subject.chars().take(SUBJECT_CHARS_MAX).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Text;

    #[test]
    fn a_message_comes_back_as_its_sentence() {
        let made = Done { code: "a::MADE", english: Text("{} was made."), korean: Text("{} 만듦.") };
        let known = [made];
        let text = read(&written(made, "a+b & ü=1"), &known, Language::English).unwrap();
        assert_eq!(text, "a+b & ü=1 was made.");
        assert_eq!(read("invented.x", &known, Language::English), None);
        assert_eq!(read("", &known, Language::English), None);
    }
}
