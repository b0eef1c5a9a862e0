//! Owns how figures are written and read: bytes, durations, fingerprints.

use crate::words::{self, Language};
use std::fmt;

const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// With three digits at most before the unit, and one after the point below ten.
pub fn bytes(count: u64) -> String {
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 9.95);
    format!("{value:.digits$} {}", UNITS[unit])
}

/// As [`nasd_base::read_size`] reads it, without losing a byte where it is a whole number of units.
pub fn exact_bytes(count: u64) -> String {
    let fits = |unit: &usize| count.is_multiple_of(1 << (10 * unit)) && count >> (10 * unit) > 0;
    match (1..6).rev().find(fits) {
        Some(unit) => format!("{} {}", count >> (10 * unit), UNITS[unit]),
        None => count.to_string(),
    }
}

/// How long something lasts, in its largest unit.
pub fn long(language: Language, seconds: u64) -> String {
    let w = words::of(language);
    match seconds {
        0..60 => w.seconds.of(seconds),
        60..3600 => w.minutes.of(seconds / 60),
        3600..172_800 => w.hours.of(seconds / 3600),
        _ => w.days.of(seconds / 86_400),
    }
}

/// A part of a whole in percent; 0 of nothing.
pub fn percent(part: u64, whole: u64) -> Percent {
    Percent((u128::from(part) * 100).checked_div(u128::from(whole)).unwrap_or(0).min(100) as u64)
}

/// 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(pub u64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Percent {
    /// How worrying it is as a part of space that is used; a class of the style sheet.
    pub fn strain(self) -> &'static str {
        match self.0 {
            91.. => "bad",
            76.. => "warn",
            _ => "calm",
        }
    }
}

/// In pairs, as browsers show it.
pub fn fingerprint(hex: &str) -> String {
    let pairs: Vec<String> =
        hex.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_ascii_uppercase()).collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::read_size;

    #[test]
    fn how_long_is_said_in_one_unit() {
        let all = [59, 60, 3599, 3600, 172_799, 172_800].map(|seconds| long(Language::English, seconds));
        assert_eq!(all, ["59 s", "1 min", "59 min", "1 h", "47 h", "2 days"]);
        assert_eq!(long(Language::Korean, 172_800), "2일");
    }

    #[test]
    fn sizes_are_written_short_and_read_back() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1000), "1.0 KiB");
        assert_eq!(bytes(3 << 40), "3.0 TiB");
        assert_eq!(bytes(200 << 30), "200 GiB");
        for size in [1, 1023, 1 << 10, 5 << 30, (1 << 40) + 1, 3 << 50] {
            assert_eq!(read_size(&exact_bytes(size)), Some(size));
        }
    }

    #[test]
    fn a_part_of_nothing_is_nothing() {
        let shown =
            [(1, 0), (1, 2), (9, 3), (u64::MAX, u64::MAX)].map(|(part, whole)| percent(part, whole).0);
        assert_eq!(shown, [0, 50, 100, 100]);
    }
}
