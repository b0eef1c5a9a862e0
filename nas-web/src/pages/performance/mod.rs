//! Owns the page of performance: charts in SVG, made here, each with its figures in words.

mod chart;
pub mod words;

use crate::figures::bytes;
use crate::page::{
    Chrome, Heading, Member, Noun, PageRoute, Refused, Response, StatusCode, Template, Text, html,
};
use chart::{Chart, chart};
use nasd_api::{PerformanceAt, PerformancePoint, Range, ReadPerformance};

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/performance", "chart", |language| words::of(language).nav);

fn routes() -> Vec<PageRoute> {
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

async fn show(member: Member) -> Result<Response, Refused> {
    let (w, asked) = (words::of(member.language()), member.visit.query());
    let chosen = Range::ALL.into_iter().find(|range| asked.is("range", range.name())).unwrap_or_default();
    let told = member.ask::<ReadPerformance>(PerformanceAt { range: chosen }).await?;
    let named = [w.range_hour, w.range_day, w.range_month, w.range_year];
    let ranges =
        Range::ALL.into_iter().zip(named).map(|(range, text)| (range, text, range == chosen)).collect();
    let rate = |value: f64| format!("{}/s", bytes(value as u64));
    let zone = &member.zone;
    let charts = vec![
        chart(
            zone,
            w.operations,
            &told,
            |point| Some(point.operations_per_second),
            |value| format!("{value:.0}/s"),
        ),
        chart(zone, w.latency, &told, latency, |value| format!("{:.1} ms", value / 1000.0)),
        chart(zone, w.read, &told, |point| Some(point.read_bytes_per_second), rate),
        chart(zone, w.written, &told, |point| Some(point.written_bytes_per_second), rate),
        chart(
            zone,
            member.words().used,
            &told,
            |point| Some(point.used_bytes as f64),
            |value| bytes(value as u64),
        ),
    ];
    let full_at = told.forecast.and_then(|forecast| forecast.full_at).map(|at| zone.stamp(at));
    Ok(html(StatusCode::OK, PerformancePage { c: member.live(w.nav).await, ranges, charts, full_at }))
}

/// Of operations that there were.
fn latency(point: &PerformancePoint) -> Option<f64> {
    (point.operations_per_second > 0.0).then_some(point.latency_micros)
}
