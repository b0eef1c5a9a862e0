//! Owns one chart: a figure over the steps that were recorded, as a line of SVG and in words.

use crate::words::Text;
use nasd_api::{Performance, PerformancePoint, Range, Zone};
use std::fmt::Write;

/// Of the drawing, in units of its own: the page stretches it.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;

pub struct Chart {
    pub title: Text,
    /// The newest value and the highest.
    pub now: String,
    pub most: String,
    /// The `d` of a path.
    pub line: String,
    /// Where the line begins and ends in time.
    pub begin: String,
    pub end: String,
}

/// Draws what `value` finds in the points; it finds nothing where there was nothing to measure.
pub fn chart(
    zone: &Zone,
    title: Text,
    told: &Performance,
    value: impl Fn(&PerformancePoint) -> Option<f64>,
    written: impl Fn(f64) -> String,
) -> Chart {
    let most = told.points.iter().filter_map(&value).fold(0.0, f64::max);
    let now = told.points.last().and_then(&value);
    let edge =
        |point: Option<&PerformancePoint>| point.map_or_else(String::new, |point| label(zone, told, point));
    Chart {
        title,
        now: now.map_or_else(|| "–".to_owned(), &written),
        most: written(most),
        line: line(told, value, most),
        begin: edge(told.points.first()),
        end: edge(told.points.last()),
    }
}

/// The time of day where days do not matter, else the date.
fn label(zone: &Zone, told: &Performance, point: &PerformancePoint) -> String {
    let moment = zone.minute(point.at);
    let (date, time) = moment.split_once(' ').expect("a date and a time");
    match told.range {
        Range::Hour | Range::Day => time.to_owned(),
        Range::Month | Range::Year => date.to_owned(),
    }
}

/// Broken where steps are missing: nothing was recorded there.
fn line(told: &Performance, value: impl Fn(&PerformancePoint) -> Option<f64>, most: f64) -> String {
    let first = told.points.first().map_or(0, |point| point.at);
    let span = told.points.last().map_or(0, |point| point.at - first).max(1) as f64;
    let mut line = String::new();
    let mut before: Option<i64> = None;
    for point in &told.points {
        let Some(value) = value(point) else {
            before = None;
            continue;
        };
        let goes_on = before.is_some_and(|at| point.at - at <= i64::from(told.step_seconds));
        let x = (point.at - first) as f64 / span * WIDTH;
        let y = HEIGHT - value / most.max(f64::MIN_POSITIVE) * HEIGHT;
        let _ = write!(line, "{}{x:.1},{y:.1}", if goes_on { 'L' } else { 'M' });
        if !goes_on {
            // A point alone is seen as a dot.
            line.push_str("h0");
        }
        before = Some(point.at);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(points: &[(i64, f64)]) -> Performance {
        let point = |&(at, operations_per_second): &(i64, f64)| PerformancePoint {
            at,
            operations_per_second,
            read_bytes_per_second: 0.0,
            written_bytes_per_second: 0.0,
            latency_micros: 0.0,
            used_bytes: 0,
            total_bytes: 0,
        };
        let points = points.iter().map(point).collect();
        Performance { range: Range::Hour, step_seconds: 10, points, forecast: None }
    }

    fn drawn(points: &[(i64, f64)]) -> Chart {
        let some = |point: &PerformancePoint| {
            (point.operations_per_second >= 0.0).then_some(point.operations_per_second)
        };
        chart(&Zone::default(), Text("Operations"), &told(points), some, |value| format!("{value:.0}/s"))
    }

    #[test]
    fn a_line_runs_from_edge_to_edge_and_as_high_as_the_highest() {
        let chart = drawn(&[(0, 1.0), (10, 4.0), (20, 2.0)]);
        assert_eq!(chart.line, "M0.0,90.0h0L300.0,0.0L600.0,60.0");
        assert_eq!((chart.now.as_str(), chart.most.as_str()), ("2/s", "4/s"));
        assert_eq!((chart.begin.as_str(), chart.end.as_str()), ("00:00", "00:00"));
    }

    #[test]
    fn a_line_is_broken_where_nothing_was_recorded_or_measured() {
        let chart = drawn(&[(0, 1.0), (10, 1.0), (40, 1.0), (50, -1.0), (60, 1.0)]);
        assert_eq!(chart.line.matches('M').count(), 3, "{}", chart.line);
        let chart = drawn(&[(0, 1.0), (10, -1.0)]);
        assert_eq!(chart.now, "–");
    }

    #[test]
    fn nothing_recorded_is_an_empty_chart() {
        let chart = drawn(&[]);
        assert_eq!((chart.line.as_str(), chart.now.as_str(), chart.begin.as_str()), ("", "–", ""));
    }
}
