//! Owns the page of performance: charts of everything, or of one volume or node.

pub mod charts;
pub mod words;

use crate::chart::Chart;
use crate::page::{
    Chrome, Form, Heading, Member, Noun, PageRoute, Refused, Response, StatusCode, Template, Text, html,
};
use nasd_api::{ClientError, ErrorCode, PerformanceAt, Range, ReadPerformance};

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
    ranges: Vec<Choice>,
    nodes: Vec<String>,
    asked: PerformanceAt,
    charts: Vec<Chart>,
    /// Since when there is a record.
    since: Option<String>,
    /// There is no such volume or node.
    is_missing: bool,
    /// When the space is used up if it goes on so.
    full_at: Option<String>,
}

/// A range that can be chosen.
struct Choice {
    to: String,
    text: Text,
    is_chosen: bool,
}

async fn show(member: Member) -> Result<Response, Refused> {
    let (w, asked) = (words::of(member.language()), asked(&member.visit.query()));
    let (told, cluster) = tokio::join!(member.client.ask::<ReadPerformance>(asked.clone()), member.cluster());
    let told = match told {
        Err(ClientError::Refused(error)) if error.code == ErrorCode::NotFound => None,
        told => Some(told.map_err(|error| member.refuse(error))?),
    };
    let forecast = told.as_ref().and_then(|told| told.forecast);
    let page = PerformancePage {
        c: member.live(w.nav).await,
        ranges: ranges(w, &asked),
        nodes: cluster?.nodes.into_iter().map(|node| node.name).collect(),
        charts: told
            .as_ref()
            .map(|told| charts::all(&member.zone, member.language(), told))
            .unwrap_or_default(),
        since: told.as_ref().and_then(|told| told.since).map(|at| member.zone.stamp(at)),
        is_missing: told.is_none(),
        full_at: forecast.and_then(|forecast| forecast.full_at).map(|at| member.zone.stamp(at)),
        asked,
    };
    Ok(html(StatusCode::OK, page))
}

/// Of a volume rather than of a node; of either no longer than it is kept.
fn asked(query: &Form) -> PerformanceAt {
    let named = |field| Some(query.get(field).to_owned()).filter(|name| !name.is_empty());
    let (volume, range) =
        (named("volume"), Range::ALL.into_iter().find(|range| query.is("range", range.name())));
    let node = named("node").filter(|_| volume.is_none());
    let is_all = volume.is_none() && node.is_none();
    let range = range.filter(|range| is_all || range.is_kept_of_parts()).unwrap_or_default();
    PerformanceAt { range, volume, node }
}

fn ranges(w: &words::Words, asked: &PerformanceAt) -> Vec<Choice> {
    let named = [w.range_hour, w.range_day, w.range_month, w.range_year];
    let is_all = asked.volume.is_none() && asked.node.is_none();
    let kept = Range::ALL.into_iter().zip(named).filter(|(range, _)| is_all || range.is_kept_of_parts());
    let choice = |(range, text): (Range, Text)| {
        let mut form = Form::new(&[("range", range.name())]);
        for (field, name) in [("volume", &asked.volume), ("node", &asked.node)] {
            name.iter().for_each(|name| form.set(field, name.as_str()));
        }
        Choice { to: format!("/performance?{}", form.encoded()), text, is_chosen: range == asked.range }
    };
    kept.map(choice).collect()
}
