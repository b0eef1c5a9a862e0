//! Owns the page of performance: charts in SVG, made here, each with its figures in words.

use crate::chrome::{Chrome, html};
use crate::figures::{bytes, moment};
use crate::refusal::Refused;
use crate::routes::PageRoute;
use crate::visit::Member;
use crate::words::Text;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::{Performance, PerformancePoint, Range};
use std::fmt::Write;

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;

pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/performance", show)]
}

#[derive(Template)]
#[template(path = "performance/performance.html")]
struct PerformancePage {
    c: Chrome,
    ranges: Vec<(Range, Text, bool)>,
    charts: Vec<Chart>,
    /// When the disks are full if it goes on so.
    full_at: Option<String>,
}

struct Chart {
    title: Text,
    /// The newest value and the highest.
    now: String,
    most: String,
    points: String,
}

async fn show(member: Member) -> Result<Response, Refused> {
    let (w, asked) = (member.words(), member.visit.query());
    let chosen = Range::ALL.into_iter().find(|range| asked.is("range", range.name())).unwrap_or_default();
    let told: Performance = member.get(&format!("/performance?range={}", chosen.name())).await?;
    let named = [w.range_hour, w.range_day, w.range_month, w.range_year];
    let ranges =
        Range::ALL.into_iter().zip(named).map(|(range, text)| (range, text, range == chosen)).collect();
    let rate = |value: f64| format!("{}/s", bytes(value as u64));
    let charts = vec![
        chart(
            w.perf_operations,
            &told.points,
            |point| point.operations_per_second,
            |value| format!("{value:.0}/s"),
        ),
        chart(w.perf_read, &told.points, |point| point.read_bytes_per_second, rate),
        chart(w.perf_written, &told.points, |point| point.written_bytes_per_second, rate),
        chart(
            w.perf_latency,
            &told.points,
            |point| point.latency_micros,
            |value| format!("{:.1} ms", value / 1000.0),
        ),
        chart(w.used, &told.points, |point| point.used_bytes as f64, |value| bytes(value as u64)),
    ];
    let full_at = told.forecast.and_then(|forecast| forecast.full_at).map(moment);
    Ok(html(StatusCode::OK, PerformancePage { c: member.chrome(w.nav_performance), ranges, charts, full_at }))
}

fn chart(
    title: Text,
    points: &[PerformancePoint],
    value: impl Fn(&PerformancePoint) -> f64,
    written: impl Fn(f64) -> String,
) -> Chart {
    let most = points.iter().map(&value).fold(0.0, f64::max);
    let now = points.last().map(&value).unwrap_or(0.0);
    let (first, last) =
        (points.first().map_or(0, |point| point.at), points.last().map_or(0, |point| point.at));
    let span = (last - first).max(1) as f64;
    let mut line = String::new();
    for point in points {
        let x = (point.at - first) as f64 / span * WIDTH;
        let y = HEIGHT - value(point) / most.max(f64::MIN_POSITIVE) * HEIGHT;
        let _ = write!(line, "{x:.1},{y:.1} ");
    }
    Chart { title, now: written(now), most: written(most), points: line }
}
