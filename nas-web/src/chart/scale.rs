//! Owns where a chart's axes are marked: at round figures and round moments, few enough to be read.

use nasd_api::{Range, Zone};

/// Parts of an axis between marks, at most.
const PARTS_MAX: f64 = 4.0;
/// Moments are written side by side, on a narrow screen, too.
const MOMENTS_BETWEEN_MAX: i64 = 3;
const BYTE_UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
/// Seconds between moments that a clock or a calendar has marks for.
const MOMENTS: [i64; 25] = [
    10, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600, 28_800, 43_200, 86_400,
    172_800, 345_600, 604_800, 864_000, 1_209_600, 2_592_000, 5_184_000, 10_368_000,
];

/// What a chart's figures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    PerSecond,
    /// Written as milliseconds.
    Micros,
    Bytes,
    BytesPerSecond,
}

/// The marks of an upright axis, from 0 up: each with its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    pub marks: Vec<(f64, String)>,
}

impl Scale {
    /// The last mark is not below `most`.
    pub fn of(most: f64, unit: Unit) -> Scale {
        let most = most.max(unit.least());
        let step = unit.steps().find(|step| most / step.size() <= PARTS_MAX).unwrap_or_default();
        let parts = (most / step.size()).ceil() as u32;
        let mark = |number: u32| (f64::from(number) * step.size(), unit.marked(step, number));
        Scale { marks: (0..=parts).map(mark).collect() }
    }

    pub fn top(&self) -> f64 {
        self.marks.last().map_or(1.0, |(top, _)| *top)
    }
}

/// 1, 2 or 5, times a power of ten, times that of a byte's units.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    digit: u32,
    ten: i32,
    unit: usize,
}

impl Default for Step {
    fn default() -> Step {
        Step { digit: 5, ten: 17, unit: 0 }
    }
}

impl Step {
    fn size(self) -> f64 {
        f64::from(self.digit) * 10f64.powi(self.ten) * 1024f64.powi(self.unit as i32)
    }
}

impl Unit {
    /// What an axis shows even when nothing is as high.
    fn least(self) -> f64 {
        match self {
            Unit::PerSecond => 1.0,
            Unit::Micros => 100.0,
            Unit::Bytes | Unit::BytesPerSecond => 1024.0,
        }
    }

    /// Ever wider.
    fn steps(self) -> impl Iterator<Item = Step> {
        let (units, tens) = match self {
            Unit::Bytes | Unit::BytesPerSecond => (BYTE_UNITS.len(), 0..3),
            Unit::PerSecond | Unit::Micros => (1, -2..18),
        };
        let of = move |unit| tens.clone().map(move |ten| (unit, ten));
        let sizes = (0..units).flat_map(of);
        sizes.flat_map(|(unit, ten)| [1, 2, 5].map(|digit| Step { digit, ten, unit }))
    }

    fn marked(self, step: Step, number: u32) -> String {
        let count = step.digit * number;
        let value = f64::from(count) * 10f64.powi(step.ten);
        let digits = |ten: i32| (-ten).max(0) as usize;
        match self {
            Unit::PerSecond => format!("{value:.*}/s", digits(step.ten)),
            Unit::Micros => format!("{:.*} ms", digits(step.ten - 3), value / 1000.0),
            Unit::Bytes => format!("{value:.0} {}", BYTE_UNITS[step.unit]),
            Unit::BytesPerSecond => format!("{value:.0} {}/s", BYTE_UNITS[step.unit]),
        }
    }

    /// A figure that was measured.
    pub fn written(self, value: f64) -> String {
        match self {
            Unit::PerSecond if value > 0.0 && value < 9.95 => format!("{value:.1}/s"),
            Unit::PerSecond => format!("{value:.0}/s"),
            Unit::Micros => format!("{:.1} ms", value / 1000.0),
            Unit::Bytes => crate::figures::bytes(value as u64),
            Unit::BytesPerSecond => format!("{}/s", crate::figures::bytes(value as u64)),
        }
    }
}

/// Round moments between two, as clocks there show them.
pub fn moments(zone: &Zone, first: i64, last: i64) -> Vec<i64> {
    let span = last.saturating_sub(first);
    let fits = |step: &i64| span / step <= MOMENTS_BETWEEN_MAX;
    let step = MOMENTS.into_iter().find(fits).unwrap_or(span.max(1));
    // A clock that is put forward or back between two marks moves those behind it.
    let shown = |at: i64| at + zone.offset(at);
    let begin = shown(first) + (-shown(first)).rem_euclid(step);
    let marks = (0..)
        .map(|number| begin + number * step)
        .map(|clock| clock - zone.offset(clock - zone.offset(first)));
    marks.skip_while(|at| *at < first).take_while(|at| *at <= last).collect()
}

/// The time of day where days do not matter, else month and day.
pub fn label(zone: &Zone, range: Range, at: i64) -> String {
    let moment = zone.minute(at);
    match range {
        Range::Hour | Range::Day => moment[moment.len() - 5..].to_owned(),
        Range::Month | Range::Year => moment[moment.len() - 11..moment.len() - 6].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(most: f64, unit: Unit) -> Vec<String> {
        Scale::of(most, unit).marks.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn marks_are_round_in_the_units_that_people_read() {
        assert_eq!(marked(0.0, Unit::PerSecond), ["0.0/s", "0.5/s", "1.0/s"]);
        assert_eq!(marked(129.0, Unit::PerSecond), ["0/s", "50/s", "100/s", "150/s"]);
        assert_eq!(marked(800.0, Unit::Micros), ["0.0 ms", "0.2 ms", "0.4 ms", "0.6 ms", "0.8 ms"]);
        assert_eq!(marked(58e6, Unit::BytesPerSecond), ["0 MiB/s", "20 MiB/s", "40 MiB/s", "60 MiB/s"]);
        let tera = (3u64 << 40) as f64;
        assert_eq!(marked(tera, Unit::Bytes), ["0 TiB", "1 TiB", "2 TiB", "3 TiB"]);
    }

    #[test]
    fn moments_are_those_of_a_clock() {
        let told = |first, last| {
            let zone = Zone::default();
            moments(&zone, first, last)
                .into_iter()
                .map(|at| label(&zone, Range::Hour, at))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(37_000, 40_600), ["10:20", "10:40", "11:00"]);
        assert_eq!(moments(&Zone::default(), 5, 5), [] as [i64; 0]);
        assert_eq!(label(&Zone::default(), Range::Year, 1_709_210_096), "02-29");
    }

    /// A day in Seoul was marked at 09:00, 17:00 and 01:00, where it is 0, 8 and 16 o'clock in London.
    #[test]
    fn moments_are_round_where_the_cluster_is() {
        let told = |zone: &str, first: i64, range| {
            let zone = Zone::named(zone).unwrap();
            let span = if range == Range::Day { 86_400 } else { 30 * 86_400 };
            let marked: Vec<String> = moments(&zone, first, first + span)
                .into_iter()
                .map(|at| zone.minute(at)[5..].to_owned())
                .collect();
            marked
        };
        assert_eq!(
            told("Asia/Seoul", 1_800_000_000, Range::Day),
            ["01-16 00:00", "01-16 08:00", "01-16 16:00"]
        );
        let kolkata = told("Asia/Kolkata", 1_800_000_000, Range::Month);
        assert!(kolkata.iter().all(|at| at.ends_with(" 00:00")), "{kolkata:?}");
        // The clocks are put forward on 2027-03-28 at 2 o'clock.
        let berlin = told("Europe/Berlin", 1_806_160_000, Range::Day);
        assert_eq!(berlin, ["03-28 00:00", "03-28 08:00", "03-28 16:00"]);
    }

    const UNITS: [Unit; 4] = [Unit::PerSecond, Unit::Micros, Unit::Bytes, Unit::BytesPerSecond];

    proptest! {
        #[test]
        fn marks_rise_evenly_are_round_and_cover_what_was_measured(
            exponent in -3f64..18.0, unit in prop::sample::select(&UNITS[..]),
        ) {
            let most = 10f64.powf(exponent);
            let Scale { marks } = Scale::of(most, unit);
            prop_assert!((3..=5).contains(&marks.len()), "{:?}", marks);
            prop_assert_eq!(marks[0].0, 0.0);
            let step = marks[1].0;
            for (number, pair) in marks.windows(2).enumerate() {
                prop_assert!(pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1, "{:?}", marks);
                prop_assert!((pair[1].0 - step * (number + 1) as f64).abs() <= step * 1e-9);
            }
            let top = marks[marks.len() - 1].0;
            prop_assert!(top >= most && (top - step < most || most < unit.least()), "{} {:?}", most, marks);
            let mut in_unit = step;
            while matches!(unit, Unit::Bytes | Unit::BytesPerSecond) && in_unit >= 1000.0 {
                in_unit /= 1024.0;
            }
            let mantissa = in_unit / 10f64.powf(in_unit.log10().floor());
            let is_round = [1.0, 2.0, 5.0, 10.0].iter().any(|round| (mantissa - round).abs() < 1e-6);
            prop_assert!(is_round, "{} {}", step, mantissa);
        }

        #[test]
        fn moments_rise_and_lie_between_and_are_few(first in -2_000_000_000i64..4_000_000_000, span in 0i64..32_000_000) {
            let at = moments(&Zone::default(), first, first + span);
            prop_assert!(at.len() <= 4, "{:?}", at);
            prop_assert!(at.iter().all(|at| (first..=first + span).contains(at)));
            prop_assert!(at.windows(2).all(|pair| pair[0] < pair[1] && pair[0] % (pair[1] - pair[0]) == 0));
        }
    }
}
