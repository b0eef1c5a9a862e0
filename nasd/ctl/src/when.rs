//! Owns moments as people read them: UTC, whatever the machine's zone, as in the audit log.

const DAY: i64 = 86_400;
const DAYS_OF_400_YEARS: i64 = 146_097;

/// `2026-11-28 07:15:00Z` for seconds since 1970-01-01 UTC.
pub fn utc(seconds: i64) -> String {
    let (year, month, day) = date(seconds.div_euclid(DAY));
    let time = seconds.rem_euclid(DAY);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}Z", time / 3600, time / 60 % 60, time % 60)
}

/// How long something has lasted: `59 s`, `59 min`, `23 h`, `12 d`.
pub fn long(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A moment as somebody writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Seconds since 1970-01-01 UTC.
    At(i64),
    /// So many seconds before now.
    Ago(i64),
}

impl When {
    pub fn seconds(self, now: i64) -> i64 {
        match self {
            When::At(seconds) => seconds,
            When::Ago(seconds) => now.saturating_sub(seconds),
        }
    }
}

/// A day, a day and a time of it, both UTC, or how long ago.
pub fn read(text: &str) -> Result<When, String> {
    let bad = || {
        format!(
            "`{text}` is not a time; write 2026-11-28, 2026-11-28T07:15:00Z (UTC), or how long ago: 30m, 12h, 7d"
        )
    };
    ago(text).or_else(|| moment(text)).ok_or_else(bad)
}

fn ago(text: &str) -> Option<When> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => DAY,
        _ => return None,
    };
    let count: u32 = text[..text.len() - 1].parse().ok()?;
    Some(When::Ago(i64::from(count) * unit))
}

fn moment(text: &str) -> Option<When> {
    let (day, time) = text.trim_end_matches('Z').split_once(['T', ' ']).unwrap_or((text, "0:0:0"));
    let numbers =
        |text: &str, by: char| text.split(by).map(|part| part.parse().ok()).collect::<Option<Vec<u16>>>();
    let (day, time) = (numbers(day, '-')?, numbers(time, ':')?);
    let (&[year @ 1970..=9999, month, day], &[hour @ 0..=23, minute @ 0..=59, ..]) = (&day[..], &time[..])
    else {
        return None;
    };
    let second = match time[2..] {
        [] => 0,
        [second @ 0..=59] => second,
        _ => return None,
    };
    let days = day_of(i64::from(year), i64::from(month), i64::from(day))?;
    Some(When::At(days * DAY + i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)))
}

/// The inverse of [`date`]: nothing for a day that no calendar has.
fn day_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let (from_march, year_from_march) = if month > 2 { (month - 3, year) } else { (month + 9, year - 1) };
    let (era, of_era) = (year_from_march.div_euclid(400), year_from_march.rem_euclid(400));
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let days = era * DAYS_OF_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    (date(days) == (year, month, day)).then_some(days)
}

/// The day that many days after 1970-01-01, in the Gregorian calendar. Years begin in March here, so that the odd
/// day of a leap year is their last.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(DAYS_OF_400_YEARS), days.rem_euclid(DAYS_OF_400_YEARS));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00Z"),
            (-1, "1969-12-31 23:59:59Z"),
            (951_782_399, "2000-02-28 23:59:59Z"),
            (951_782_400, "2000-02-29 00:00:00Z"),
            (1_800_000_000, "2027-01-15 08:00:00Z"),
            (4_107_542_400, "2100-03-01 00:00:00Z"),
        ] {
            assert_eq!(utc(seconds), text);
            if seconds >= 0 {
                assert_eq!(read(text), Ok(When::At(seconds)));
                assert_eq!(read(&text.replace(' ', "T")), Ok(When::At(seconds)));
            }
        }
    }

    #[test]
    fn durations_have_the_largest_unit_that_fits() {
        let said: Vec<String> = [59, 60, 3599, 3600, 86_399, 86_400, 900_000].into_iter().map(long).collect();
        assert_eq!(said, ["59 s", "1 min", "59 min", "1 h", "23 h", "1 d", "10 d"]);
    }

    #[test]
    fn a_time_is_a_day_a_moment_or_how_long_ago() {
        assert_eq!(read("2027-01-15"), Ok(When::At(1_800_000_000 - 8 * 3600)));
        assert_eq!(read("2027-01-15T08:00"), Ok(When::At(1_800_000_000)));
        assert_eq!(read("90m").unwrap().seconds(1_800_000_000), 1_800_000_000 - 5400);
        assert_eq!((read("2h"), read("7d")), (Ok(When::Ago(7200)), Ok(When::Ago(7 * DAY))));
        for bad in
            ["", "d", "yesterday", "2027-02-30", "2027-13-01", "2027-01-15T24:00:00Z", "2027-1", "-1d", "7일"]
        {
            let told = read(bad).unwrap_err();
            assert!(told.contains(&format!("`{bad}` is not a time")), "{told}");
        }
    }
}
