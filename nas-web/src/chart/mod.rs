//! Owns charts: figures over time as lines of SVG with marked axes, and as a table. The script reads from the table.

mod scale;

pub use scale::Unit;

use crate::words::Text;
use nasd_api::{Performance, PerformancePoint, Range, Zone};
use scale::{Scale, label, moments};
use std::fmt::Write;

/// Of the drawing, in units of its own: the page stretches it.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;
/// Left free around it, so that lines at the edge are whole.
const MARGIN: f64 = 2.0;
/// More steps than that are drawn together: nobody could tell them apart, and the table would be long.
const STEPS_MAX: usize = 120;

/// What is drawn.
pub struct Measure {
    pub name: Text,
    /// Nothing where there was nothing to measure.
    pub value: fn(&PerformancePoint) -> Option<f64>,
}

pub struct Chart {
    pub title: Text,
    /// The newest figures and the highest, in words.
    pub now: String,
    pub most: String,
    /// Of each measure: its name, where there are several, and the `d` of its path.
    pub lines: Vec<(Option<Text>, String)>,
    /// Across, at the marks of the upright axis.
    pub grid: String,
    /// The marks' texts, the highest first.
    pub marks: Vec<String>,
    /// Round moments: how far to the right, and their texts.
    pub moments: Vec<(f64, String)>,
    pub rows: Vec<Row>,
}

/// One step.
pub struct Row {
    /// How far to the right, in units of the drawing.
    pub x: f64,
    pub at: String,
    /// Of each measure.
    pub values: Vec<String>,
}

/// Draws some measures of one unit.
pub fn chart(zone: &Zone, title: Text, told: &Performance, unit: Unit, measures: &[Measure]) -> Chart {
    let (points, step) = drawn_together(told, measures);
    let across = Across::of(&points);
    let all = points.iter().flat_map(|(_, values)| values).copied().flatten();
    let most = all.fold(0.0, f64::max);
    let scale = Scale::of(most, unit);
    let one = |value: &Option<f64>| value.map_or_else(|| "–".to_owned(), |value| unit.written(value));
    let newest =
        told.points.last().map(|point| measures.iter().map(move |measure| one(&(measure.value)(point))));
    let lines = (0..measures.len()).map(|number| {
        let name = (measures.len() > 1).then(|| measures[number].name);
        (name, line(&points, number, step, &across, scale.top()))
    });
    Chart {
        title,
        now: newest.map_or_else(|| "–".to_owned(), |newest| newest.collect::<Vec<_>>().join(" / ")),
        most: unit.written(most),
        lines: lines.collect(),
        grid: scale
            .marks
            .iter()
            .map(|(value, _)| format!("M0 {:.1}H600", height(*value, scale.top())))
            .collect(),
        marks: scale.marks.into_iter().rev().map(|(_, text)| text).collect(),
        moments: across.moments(zone, told.range),
        rows: points
            .iter()
            .map(|(at, values)| Row {
                x: across.x(*at),
                at: written(zone, told.range, *at),
                values: values.iter().map(one).collect(),
            })
            .collect(),
    }
}

type Point = (i64, Vec<Option<f64>>);

/// Means over as many steps as keep the chart readable, and how long such a step is.
fn drawn_together(told: &Performance, measures: &[Measure]) -> (Vec<Point>, i64) {
    let steps = told.points.len().div_ceil(STEPS_MAX).max(1);
    let step = i64::from(told.step_seconds.max(1)) * steps as i64;
    let group = |point: &PerformancePoint| point.at.div_euclid(step);
    let of = |points: &[PerformancePoint]| -> Point {
        let mean = |measure: &Measure| {
            let values: Vec<f64> = points.iter().filter_map(measure.value).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        (group(&points[0]) * step, measures.iter().map(mean).collect())
    };
    (told.points.chunk_by(|one, next| group(one) == group(next)).map(of).collect(), step)
}

/// Where moments are.
struct Across {
    first: i64,
    last: i64,
}

impl Across {
    fn of(points: &[Point]) -> Across {
        let at = |point: Option<&Point>| point.map_or(0, |(at, _)| *at);
        Across { first: at(points.first()), last: at(points.last()) }
    }

    fn x(&self, at: i64) -> f64 {
        (at - self.first) as f64 / (self.last - self.first).max(1) as f64 * WIDTH
    }

    /// In percent, for texts that are not stretched with the drawing.
    fn moments(&self, zone: &Zone, range: Range) -> Vec<(f64, String)> {
        let percent = |at| (self.x(at) + MARGIN) / (WIDTH + 2.0 * MARGIN) * 100.0;
        let marked = moments(zone, self.first, self.last).into_iter();
        let mut marked: Vec<(f64, String)> = marked.map(|at| (percent(at), label(zone, range, at))).collect();
        // Of a short record several moments are in one minute.
        marked.dedup_by(|later, earlier| later.1 == earlier.1);
        marked
    }
}

fn height(value: f64, top: f64) -> f64 {
    HEIGHT - value / top * HEIGHT
}

fn written(zone: &Zone, range: Range, at: i64) -> String {
    if range == Range::Hour { zone.second(at)[11..].to_owned() } else { zone.minute(at) }
}

/// Broken where steps are missing: nothing was recorded there.
fn line(points: &[Point], number: usize, step: i64, across: &Across, top: f64) -> String {
    let mut line = String::new();
    let mut before: Option<i64> = None;
    for (at, values) in points {
        let Some(value) = values[number] else {
            before = None;
            continue;
        };
        let goes_on = before.is_some_and(|before| at - before <= step);
        let (x, y) = (across.x(*at), height(value, top));
        let _ = write!(line, "{}{x:.1},{y:.1}", if goes_on { 'L' } else { 'M' });
        if !goes_on {
            // A point alone is seen as a dot.
            line.push_str("h0");
        }
        before = Some(*at);
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
            used_bytes: None,
            total_bytes: None,
        };
        let points = points.iter().map(point).collect();
        Performance { range: Range::Hour, step_seconds: 10, since: None, points, forecast: None }
    }

    fn drawn(points: &[(i64, f64)]) -> Chart {
        let value = |point: &PerformancePoint| {
            (point.operations_per_second >= 0.0).then_some(point.operations_per_second)
        };
        let name = Text("Operations");
        chart(&Zone::default(), name, &told(points), Unit::PerSecond, &[Measure { name, value }])
    }

    #[test]
    fn a_line_runs_from_edge_to_edge_below_the_highest_mark() {
        let chart = drawn(&[(0, 1.0), (10, 4.0), (20, 2.0)]);
        assert_eq!(chart.lines[0].1, "M0.0,90.0h0L300.0,0.0L600.0,60.0");
        assert_eq!((chart.now.as_str(), chart.most.as_str()), ("2.0/s", "4.0/s"));
        assert_eq!(chart.marks, ["4/s", "3/s", "2/s", "1/s", "0/s"]);
        let row = &chart.rows[1];
        assert_eq!((row.x, &*row.at, &*row.values[0]), (300.0, "00:00:10", "4.0/s"));
    }

    #[test]
    fn a_line_is_broken_where_nothing_was_recorded_or_measured() {
        let chart = drawn(&[(0, 1.0), (10, 1.0), (40, 1.0), (50, -1.0), (60, 1.0)]);
        assert_eq!(chart.lines[0].1.matches('M').count(), 3, "{}", chart.lines[0].1);
        let chart = drawn(&[(0, 1.0), (10, -1.0)]);
        assert_eq!((chart.now.as_str(), chart.rows[1].values[0].as_str()), ("–", "–"));
    }

    #[test]
    fn many_steps_are_drawn_together_and_none_is_left_out() {
        let points: Vec<(i64, f64)> = (0..360).map(|step| (step * 10, f64::from(step as i32 % 3))).collect();
        let chart = drawn(&points);
        assert_eq!(chart.rows.len(), 120);
        assert!(chart.rows.iter().all(|row| row.values[0] == "1.0/s"), "the mean of 0, 1 and 2");
        assert_eq!(chart.lines[0].1.matches('M').count(), 1);
    }

    #[test]
    fn nothing_recorded_is_an_empty_chart() {
        let chart = drawn(&[]);
        assert!(chart.rows.is_empty() && chart.moments.len() <= 1);
        assert_eq!((chart.lines[0].1.as_str(), chart.now.as_str()), ("", "–"));
    }
}
