//! Owns the page of one node: what it is to the cluster, its machine and its disks.

use super::words;
use crate::figures::{bytes, long};
use crate::page::{Chrome, Member, Path, Refused, Response, StatusCode, Template, Text, html};
use nasd_api::{NodeAt, NodeDetail, NodeRole, NodeState, ReadNode};

#[derive(Template)]
#[template(path = "nodes/node.html")]
struct NodePage {
    c: Chrome,
    node: NodeDetail,
}

pub async fn show(Path(name): Path<String>, member: Member) -> Result<Response, Refused> {
    let node = member.ask::<ReadNode>(NodeAt::new(&name)).await?;
    let c = member.live(&node.info.name).await;
    Ok(html(StatusCode::OK, NodePage { c, node }))
}

impl NodePage {
    fn role(&self) -> Text {
        let w = words::of(self.c.language());
        match self.node.role {
            NodeRole::Leader => w.role_leader,
            NodeRole::Voter => w.role_voter,
            NodeRole::Learner => w.role_learner,
            NodeRole::Unknown => self.c.w.health_unknown,
        }
    }

    fn state(&self) -> Text {
        let w = words::of(self.c.language());
        match self.node.info.state {
            NodeState::Joining => w.joining,
            NodeState::Member => w.member,
            NodeState::Leaving => w.leaving,
            NodeState::Unknown => self.c.w.health_unknown,
        }
    }
}

fn size(count: &u64) -> String {
    bytes(*count)
}

/// `0.42 / 1.05 / 0.70`.
fn averages(load: &[f64; 3]) -> String {
    load.map(|average| format!("{average:.2}")).join(" / ")
}

fn signed(millis: &i64) -> String {
    format!("{millis:+}")
}
