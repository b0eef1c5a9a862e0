//! Owns how figures are written and read: bytes, moments, fingerprints.

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

/// `2026-01-31 08:05` in UTC, from seconds since 1970.
pub fn moment(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", second / 3600, second % 3600 / 60)
}

/// `08:05:59` in UTC.
pub fn time_of_day(seconds: i64) -> String {
    let second = seconds.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", second / 3600, second % 3600 / 60, second % 60)
}

/// The civil date of a day since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Reads `2026-01-31` as a day since 1970-01-01; `None` for what is no day.
pub fn read_day(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<u16>().ok().map(i64::from));
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    // From March on, as in `date`.
    let shifted_year = year - i64::from(month <= 2);
    let (era, year_of_era) = (shifted_year.div_euclid(400), shifted_year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    let days = era * 146_097 + of_era - 719_468;
    (date(days) == (year, month, day)).then_some(days)
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
    fn days_are_read_as_they_are_written() {
        for day in (-700_000..2_900_000).step_by(97) {
            let written = moment(day * 86_400);
            if !written.starts_with('-') {
                assert_eq!(read_day(&written[..10]), Some(day), "{written}");
            }
        }
        for text in ["", "2026", "2026-1", "2026-13-01", "2026-02-29", "2026-00-01", "2026-01-00", "x-1-1"] {
            assert_eq!(read_day(text), None, "{text}");
        }
    }

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
    fn moments_are_dates_of_the_calendar() {
        assert_eq!(moment(0), "1970-01-01 00:00");
        assert_eq!(moment(951_782_399), "2000-02-28 23:59");
        assert_eq!(moment(1_709_210_096), "2024-02-29 12:34");
        assert_eq!(moment(-1), "1969-12-31 23:59");
        assert_eq!((time_of_day(1_709_210_096), time_of_day(-1)), ("12:34:56".into(), "23:59:59".into()));
    }

    #[test]
    fn a_part_of_nothing_is_nothing() {
        let shown =
            [(1, 0), (1, 2), (9, 3), (u64::MAX, u64::MAX)].map(|(part, whole)| percent(part, whole).0);
        assert_eq!(shown, [0, 50, 100, 100]);
    }
}
