//! Owns the dashboard: one verdict in words, what is full, what needs somebody.

pub mod words;

use crate::elsewhere::node_name;
use crate::figures::{Percent, bytes, percent};
use crate::page::{Chrome, Heading, Member, Noun, PageRoute, Refused, Response, StatusCode, Template, html};
use nasd_api::{ClusterStatus, Health, NodeInfo, PerformanceAt, Range, ReadPerformance, VolumeInfo, verdict};
use nasd_base::role::Right;

/// Volumes in trouble that are listed; a link leads to the rest.
const TROUBLED_MAX: usize = 8;

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
    /// When the space is used up if it goes on so.
    full_at: Option<String>,
    troubled: Vec<VolumeInfo>,
    troubled_more: usize,
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
    let mut status = member.cluster().await?;
    let c = member.live(&status.name).await;
    let (verdict, causes) = told(&member, c.stale, &mut status);
    let space = space(status.space);
    let (troubled, troubled_more) = troubled(&mut status);
    let page = DashboardPage {
        c,
        verdict,
        causes,
        space,
        full_at: full_at(&member).await,
        troubled,
        troubled_more,
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
    let percent = percent(used_bytes, used_bytes.saturating_add(free_bytes));
    Space { used: bytes(used_bytes), free: bytes(free_bytes), percent }
}

/// A dashboard without a forecast is better than none.
async fn full_at(member: &Member) -> Option<String> {
    let told = member.ask::<ReadPerformance>(PerformanceAt { range: Range::Year }).await.ok()?;
    Some(member.zone.stamp(told.forecast?.full_at?))
}

fn troubled(status: &mut ClusterStatus) -> (Vec<VolumeInfo>, usize) {
    let ill = |volume: &&VolumeInfo| volume.health != Health::Healthy;
    let mut troubled: Vec<VolumeInfo> = status.volumes.iter().filter(ill).cloned().collect();
    troubled.sort_by(|a, b| b.health.cmp(&a.health).then_with(|| a.name.cmp(&b.name)));
    let more = troubled.len().saturating_sub(TROUBLED_MAX);
    troubled.truncate(TROUBLED_MAX);
    (troubled, more)
}
