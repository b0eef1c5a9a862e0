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
    fn texts_are_cut_between_letters() {
        let long = "가".repeat(100);
        let Value::OctetString(bytes) = text(&long) else { panic!() };
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), "가".repeat(85));
    }
}
