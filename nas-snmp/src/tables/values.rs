//! Owns how figures become values of SNMP, whose numbers are smaller than ours.

use crate::wire::{Oid, Value};
use std::time::Duration;

/// As much of a text as a `DisplayString` or an `SnmpAdminString` of 255 octets holds.
pub fn text(text: &str) -> Value {
    let mut end = text.len().min(255);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Value::OctetString(text.as_bytes()[..end].to_vec().into())
}

/// Hundredths of a second; they begin again after 497 days.
pub fn ticks(time: Duration) -> Value {
    Value::TimeTicks((time.as_millis() / 10) as u32)
}

/// An `Integer32` of what cannot be negative; the greatest for what is greater.
pub fn int(number: u64) -> Value {
    Value::Integer(i32::try_from(number).unwrap_or(i32::MAX))
}

/// A `Gauge32`; the greatest for what is greater.
pub fn gauge(number: u64) -> Value {
    Value::Gauge32(u32::try_from(number).unwrap_or(u32::MAX))
}

/// The lower half of what is counted.
pub fn counter(number: u64) -> Value {
    Value::Counter32(number as u32)
}

/// A `Counter64` or a `CounterBasedGauge64`.
pub fn long(number: u64) -> Value {
    Value::Counter64(number)
}

/// A `TruthValue`.
pub fn truth(is: bool) -> Value {
    Value::Integer(if is { 1 } else { 2 })
}

/// A `DateAndTime` in UTC, of seconds since 1970. Nothing for a year that it cannot say.
pub fn date(seconds: i64) -> Option<Value> {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let [high, low] = u16::try_from(year).ok()?.to_be_bytes();
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    let small = [month, day, hour, minute, second % 60].map(|number| number as u8);
    let [month, day, hour, minute, second] = small;
    Some(Value::OctetString(vec![high, low, month, day, hour, minute, second, 0, b'+', 0, 0].into()))
}

/// Year, month and day of so many days after 1970-01-01: Howard Hinnant's `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

pub fn oid(arcs: &[u32]) -> Value {
    Value::ObjectIdentifier(Oid::from_slice(arcs))
}

/// A size in units so large that their number is an `Integer32`: units, size and used.
pub fn scaled(unit: u64, size: u64, used: u64) -> (u64, u64, u64) {
    let mut doublings = 0;
    while size >> doublings > i32::MAX as u64 && unit << (doublings + 1) <= i32::MAX as u64 {
        doublings += 1;
    }
    (unit << doublings, size >> doublings, used >> doublings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_beyond_16_tib_are_right() {
        let tib = 1u64 << 40;
        assert_eq!(scaled(4096, (8 * tib) / 4096 - 1, 0).0, 4096, "2^31 - 1 units fit");
        for tibs in [8, 16, 17, 100, 4096] {
            let (unit, size, used) = scaled(4096, tibs * tib / 4096, tib / 4096);
            assert!(size <= i32::MAX as u64, "{tibs}");
            assert_eq!((unit * size, unit * used), (tibs * tib, tib), "{tibs}");
        }
    }

    proptest! {
        #[test]
        fn scaled_sizes_are_no_further_off_than_a_unit(bits in 0u32..61, size in any::<u64>(), shift in 0u32..63) {
            let (unit, size) = (1u64 << (bits % 13), size >> shift.max(bits % 13 + 1));
            let (scaled_unit, scaled_size, _) = scaled(unit, size, 0);
            prop_assert!(i32::try_from(scaled_unit).is_ok());
            let (exact, shown) = (u128::from(unit) * u128::from(size), u128::from(scaled_unit) * u128::from(scaled_size));
            prop_assert!(shown <= exact && exact - shown < u128::from(scaled_unit));
        }
    }

    #[test]
    fn dates_are_what_a_calendar_says() {
        for (seconds, expected) in [
            (0, [7, 178, 1, 1, 0, 0, 0, 0, b'+', 0, 0]),
            (951_782_400 - 1, [7, 208, 2, 28, 23, 59, 59, 0, b'+', 0, 0]),
            (951_782_400, [7, 208, 2, 29, 0, 0, 0, 0, b'+', 0, 0]),
            (1_800_000_000, [7, 235, 1, 15, 8, 0, 0, 0, b'+', 0, 0]),
        ] {
            assert_eq!(date(seconds), Some(Value::OctetString(expected.to_vec().into())), "{seconds}");
        }
        assert_eq!(date(i64::MAX / 2), None);
    }

    #[test]
    fn texts_are_cut_between_letters() {
        let long = "가".repeat(100);
        let Value::OctetString(bytes) = text(&long) else { panic!() };
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), "가".repeat(85));
    }
}
