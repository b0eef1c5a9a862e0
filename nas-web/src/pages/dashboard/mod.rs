//! Owns the dashboard: one verdict in words, what is full, what needs somebody.

pub mod words;

use crate::chart::{Chart, Unit};
use crate::elsewhere::node_name;
use crate::figures::{Percent, bytes};
use crate::page::{Chrome, Heading, Member, Noun, PageRoute, Refused, Response, StatusCode, Template, html};
use crate::pages::performance::charts;
use crate::space::fullness;
use nasd_api::{
    Alert, BusyClient, ClusterStatus, Event, Health, ListAlerts, ListBusyClients, ListEvents, NodeInfo, Page,
    Performance, PerformanceAt, Range, ReadPerformance, VolumeInfo, verdict,
};
use nasd_base::role::Right;

/// Clients that are listed; their page has all.
const TALKERS_MAX: usize = 5;
/// Volumes in trouble that are listed; a link leads to the rest.
const TROUBLED_MAX: usize = 8;
/// Alerts that are named; a link leads to the rest.
const ALERTS: usize = 3;
/// Events that are shown; a link leads to the rest.
const EVENTS: usize = 5;
const DAY_SECONDS: i64 = 86_400;

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/", "gauge", |language| words::of(language).nav);

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/", show)]
}

#[derive(Template)]
#[template(path = "dashboard/dashboard.html")]
struct DashboardPage {
    c: Chrome,
    status: ClusterStatus,
    verdict: String,
    causes: Vec<String>,
    space: Space,
    throughput: Option<Throughput>,
    growth: Option<Growth>,
    alerts: Alerts,
    events: Vec<Event>,
    troubled: Vec<VolumeInfo>,
    troubled_more: usize,
    talkers: Vec<BusyClient>,
    may_make: bool,
    may_let_in: bool,
}

impl DashboardPage {
    fn reachable(&self) -> usize {
        self.status.nodes.iter().filter(|node| node.reachable).count()
    }

    fn leader(&self) -> Option<String> {
        Some(node_name(&self.status.nodes, self.status.leader?, self.c.w.node_removed))
    }

    /// How many replicas of the cluster's volumes a node holds.
    fn replicas_on(&self, node: &NodeInfo) -> usize {
        let replicas = self.status.volumes.iter().flat_map(|volume| &volume.replicas);
        replicas.filter(|replica| replica.node == node.id).count()
    }
}

struct Space {
    used: String,
    free: String,
    percent: Percent,
}

async fn show(member: Member) -> Result<Response, Refused> {
    // Side by side: a node that misses its leader takes a while for each answer.
    let (status, throughput, growth, alerts, events, talkers) = tokio::join!(
        member.cluster(),
        throughput(&member),
        growth(&member),
        alerts(&member),
        events(&member),
        talkers(&member),
    );
    let mut status = status?;
    let c = member.live(&status.name).await;
    let (verdict, causes) = told(&member, c.stale.is_some(), &mut status);
    let space = space(status.space);
    let (troubled, troubled_more) = troubled(&mut status);
    let page = DashboardPage {
        c,
        verdict,
        causes,
        space,
        throughput,
        growth,
        alerts,
        events,
        troubled,
        troubled_more,
        talkers,
        may_make: member.may(Right::ChangeStorage),
        may_let_in: member.may(Right::ChangeCluster),
        status,
    };
    Ok(html(StatusCode::OK, page))
}

/// What nasd says of the cluster; of an answer that may be old and is not bad, that nobody knows.
fn told(member: &Member, stale: bool, status: &mut ClusterStatus) -> (String, Vec<String>) {
    // Without a leader every answer may be old, and the cluster knows best how long that lasts.
    let is_choosing = status.headline.reason == verdict::cluster_is_choosing().reason;
    if stale && !is_choosing && status.health < Health::Unavailable {
        status.health = Health::Unknown;
        return (words::of(member.language()).verdict_unknown.to_string(), Vec::new());
    }
    let said = |sentence| member.language().sentence(sentence);
    (said(&status.headline), status.causes.iter().map(said).collect())
}

/// What is used and what is free are both of files, one copy, as on the pages of volumes.
fn space(nasd_api::Space { used_bytes, free_bytes }: nasd_api::Space) -> Space {
    let percent = fullness(nasd_api::Space { used_bytes, free_bytes });
    Space { used: bytes(used_bytes), free: bytes(free_bytes), percent }
}

/// What is done right now, or was within the last steps of the record.
struct Throughput {
    operations: String,
    read: String,
    written: String,
}

/// A dashboard without figures is better than none.
async fn performance(member: &Member, range: Range) -> Option<Performance> {
    member.client.ask::<ReadPerformance>(PerformanceAt::of_all(range)).await.ok()
}

async fn throughput(member: &Member) -> Option<Throughput> {
    let told = performance(member, Range::Hour).await?;
    let oldest = member.visit.at - 3 * i64::from(told.step_seconds);
    let now = told.points.last().filter(|point| point.at >= oldest)?;
    Some(Throughput {
        operations: Unit::PerSecond.written(now.operations_per_second),
        read: Unit::BytesPerSecond.written(now.read_bytes_per_second),
        written: Unit::BytesPerSecond.written(now.written_bytes_per_second),
    })
}

/// How the used space grew, over the days that are kept.
struct Growth {
    chart: Chart,
    since: String,
    /// In how many days it is full at this pace.
    days: Option<i64>,
}

async fn growth(member: &Member) -> Option<Growth> {
    let (month, day) = tokio::join!(performance(member, Range::Month), performance(member, Range::Day));
    let since = month.as_ref()?.since?;
    let told = if member.visit.at - since < DAY_SECONDS { day? } else { month? };
    let full_at = told.forecast.and_then(|forecast| forecast.full_at);
    let days = full_at.map(|at| ((at - member.visit.at) / DAY_SECONDS).max(0));
    Some(Growth {
        chart: charts::used(&member.zone, member.language(), &told),
        since: member.zone.stamp(since),
        days,
    })
}

/// Open alerts that are no consequences: how many, and the worst of them.
#[derive(Default)]
struct Alerts {
    count: usize,
    worst: Vec<Alert>,
}

/// A dashboard without them is better than none.
async fn alerts(member: &Member) -> Alerts {
    let of_their_own = Page::first(ALERTS).filtered(Some("cause:0".to_owned()));
    let Ok(list) = member.client.ask::<ListAlerts>(of_their_own).await else { return Alerts::default() };
    Alerts { count: list.count.map_or(0, |count| count.found), worst: list.items }
}

async fn events(member: &Member) -> Vec<Event> {
    let newest = member.client.ask::<ListEvents>(Page::first(EVENTS)).await;
    newest.map(|list| list.items).unwrap_or_default()
}

/// A dashboard without them is better than none.
async fn talkers(member: &Member) -> Vec<BusyClient> {
    let told = member.client.ask::<ListBusyClients>(Page::first(TALKERS_MAX)).await;
    told.map(|list| list.items).unwrap_or_default()
}

fn troubled(status: &mut ClusterStatus) -> (Vec<VolumeInfo>, usize) {
    let ill = |volume: &&VolumeInfo| volume.health != Health::Healthy;
    let mut troubled: Vec<VolumeInfo> = status.volumes.iter().filter(ill).cloned().collect();
    troubled.sort_by(|a, b| b.health.cmp(&a.health).then_with(|| a.name.cmp(&b.name)));
    let more = troubled.len().saturating_sub(TROUBLED_MAX);
    troubled.truncate(TROUBLED_MAX);
    (troubled, more)
}
