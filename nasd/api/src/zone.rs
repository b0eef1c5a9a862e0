//! Owns time zones: which there are, and how moments are written and read in one.
//!
//! The database is compiled in: an appliance may have none, and every node of one version knows the same.

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};
use std::sync::LazyLock;

/// A cluster's, unless it was told another one.
pub const UTC: &str = "UTC";

static KNOWN: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// An IANA time zone: `Asia/Seoul`.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Zone {
        Zone(TimeZone::UTC)
    }
}

impl Zone {
    /// `None` for what is no time zone. Case matters, so that the same zone is always called the same.
    pub fn named(name: &str) -> Option<Zone> {
        if name == UTC {
            return Some(Zone::default());
        }
        let zone = KNOWN.get(name).ok()?;
        (zone.iana_name() == Some(name)).then_some(Zone(zone))
    }

    /// The names of all.
    pub fn names() -> Vec<String> {
        KNOWN.available().map(|name| name.to_string()).collect()
    }

    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or(UTC)
    }

    /// `2026-01-31 08:05`, from seconds since 1970-01-01 UTC.
    pub fn minute(&self, seconds: i64) -> String {
        self.written(seconds, "%Y-%m-%d %H:%M")
    }

    /// `2026-01-31 08:05:59`.
    pub fn second(&self, seconds: i64) -> String {
        self.written(seconds, "%Y-%m-%d %H:%M:%S")
    }

    /// `2026-01-31 08:05 KST`, where nothing else says which zone it is.
    pub fn stamp(&self, seconds: i64) -> String {
        self.written(seconds, "%Y-%m-%d %H:%M %Z")
    }

    /// `2026-01-31 08:05:59 +09:00`, for people elsewhere, to whom an abbreviation may be another zone's.
    pub fn told(&self, seconds: i64) -> String {
        self.written(seconds, "%Y-%m-%d %H:%M:%S %:z")
    }

    /// `08:05:59 KST`.
    pub fn time_of_day(&self, seconds: i64) -> String {
        self.written(seconds, "%H:%M:%S %Z")
    }

    /// `2026-01-31T08:05:59+09:00` (RFC 3339), for programs.
    pub fn exact(&self, seconds: i64) -> String {
        self.written(seconds, "%Y-%m-%dT%H:%M:%S%:z")
    }

    /// When the day `2026-01-31` begins; `None` for what is no day. With `after` that many days later.
    pub fn day_begins(&self, day: &str, after: i8) -> Option<i64> {
        let date = day.parse::<Date>().ok().filter(|date| date.to_string() == day)?;
        let date = date.checked_add(jiff::Span::new().days(after)).ok()?;
        Some(date.to_zoned(self.0.clone()).ok()?.timestamp().as_second())
    }

    /// How many seconds clocks there are ahead of UTC at a moment.
    pub fn offset(&self, seconds: i64) -> i64 {
        let at = Timestamp::from_second(seconds).unwrap_or_default();
        self.0.to_offset(at).seconds().into()
    }

    /// Minutes since midnight.
    pub fn minute_of_day(&self, seconds: i64) -> u16 {
        let at = Zoned::new(Timestamp::from_second(seconds).unwrap_or_default(), self.0.clone());
        at.hour() as u16 * 60 + at.minute() as u16
    }

    fn written(&self, seconds: i64, how: &str) -> String {
        let at = Timestamp::from_second(seconds).unwrap_or_default();
        Zoned::new(at, self.0.clone()).strftime(how).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_people_there_have_it() {
        let seoul = Zone::named("Asia/Seoul").unwrap();
        assert_eq!(seoul.minute(1_800_000_000), "2027-01-15 17:00");
        assert_eq!(seoul.second(1_800_000_007), "2027-01-15 17:00:07");
        assert_eq!(seoul.stamp(1_800_000_000), "2027-01-15 17:00 KST");
        assert_eq!(seoul.exact(1_800_000_000), "2027-01-15T17:00:00+09:00");
        let utc = Zone::default();
        assert_eq!((utc.name(), seoul.name()), ("UTC", "Asia/Seoul"));
        assert_eq!(utc.stamp(0), "1970-01-01 00:00 UTC");
        assert_eq!(utc.exact(951_782_399), "2000-02-28T23:59:59+00:00");
        assert_eq!(utc.minute(-1), "1969-12-31 23:59");
        assert_eq!(utc.time_of_day(1_709_210_096), "12:34:56 UTC");
    }

    #[test]
    fn summer_time_is_kept() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        // The last second of winter time in 2027, and the next.
        assert_eq!(berlin.stamp(1_806_195_599), "2027-03-28 01:59 CET");
        assert_eq!(berlin.stamp(1_806_195_600), "2027-03-28 03:00 CEST");
        let (begins, ends) =
            (berlin.day_begins("2027-03-28", 0).unwrap(), berlin.day_begins("2027-03-28", 1).unwrap());
        assert_eq!(ends - begins, 23 * 3600, "a day of 23 hours");
    }

    #[test]
    fn days_are_read_as_they_are_written() {
        for zone in ["UTC", "Asia/Seoul", "America/St_Johns"].map(|name| Zone::named(name).unwrap()) {
            for day in (0..2_900_000).step_by(9_973) {
                let written = zone.minute(day * 86_400)[..10].to_owned();
                let begins = zone.day_begins(&written, 0).unwrap();
                assert!((0..86_400).contains(&(day * 86_400 - begins)), "{written} in {}", zone.name());
            }
        }
        for odd in [
            "",
            "2026",
            "2026-1",
            "2026-13-01",
            "2026-02-29",
            "2026-00-01",
            "20260101",
            "2026-01-01T00:00",
            "x-1-1",
        ] {
            assert_eq!(Zone::default().day_begins(odd, 0), None, "{odd}");
        }
    }

    #[test]
    fn what_is_no_zone_is_none() {
        for name in ["", "Seoul", "asia/seoul", "KST-9", "/etc/localtime", "../UTC", "Europe/Atlantis"] {
            assert!(Zone::named(name).is_none(), "{name}");
        }
        assert!(Zone::names().len() > 300 && Zone::names().iter().any(|name| name == "Asia/Seoul"));
    }
}
