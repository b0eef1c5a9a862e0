//! Owns the language that refusals are said in: that of the locale.

use nasd_api::refusal::Language;
use std::ffi::OsString;

/// As POSIX has it: the first of these that is set to something decides.
const LOCALE: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// That of this process.
pub fn here() -> Language {
    chosen(|name| std::env::var_os(name))
}

fn chosen(variable: impl Fn(&str) -> Option<OsString>) -> Language {
    let locale = LOCALE.into_iter().filter_map(variable).find(|value| !value.is_empty());
    let locale = locale.and_then(|value| value.into_string().ok()).unwrap_or_default();
    match locale.split(['_', '.', '@']).next() {
        Some("ko") => Language::Korean,
        _ => Language::English,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(locale: &[(&str, &str)]) -> Language {
        chosen(|name| locale.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_locale_decides() {
        assert_eq!(of(&[("LANG", "ko_KR.UTF-8")]), Language::Korean);
        assert_eq!(of(&[("LANG", "ko")]), Language::Korean);
        assert_eq!(of(&[("LANG", "kok_IN")]), Language::English);
        assert_eq!(of(&[("LANG", "ko_KR.UTF-8"), ("LC_ALL", "C")]), Language::English);
        assert_eq!(of(&[("LC_ALL", ""), ("LC_MESSAGES", "ko_KR"), ("LANG", "C")]), Language::Korean);
        assert_eq!(of(&[]), Language::English);
    }
}
