//! Owns the page of events: what the node has noticed, newest first, by kind and by what it happened to.

pub mod words;

use crate::page::{
    Chrome, Heading, Member, Noun, PageRoute, Paging, Refused, Response, StatusCode, Template, Text, html,
    paged,
};
use nasd_api::{Event, EventKind, ListEvents};
use words::Words;

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/events", "list", |language| words::of(language).nav);

/// Those that a node remembers, as the filter has them.
const KINDS: [(&str, EventKind); 11] = [
    ("quorum_lost", EventKind::QuorumLost),
    ("quorum_regained", EventKind::QuorumRegained),
    ("node_unreachable", EventKind::NodeUnreachable),
    ("node_reachable", EventKind::NodeReachable),
    ("node_joined", EventKind::NodeJoined),
    ("node_removed", EventKind::NodeRemoved),
    ("volume_created", EventKind::VolumeCreated),
    ("volume_deleted", EventKind::VolumeDeleted),
    ("volume_health", EventKind::VolumeHealth),
    ("leader_changed", EventKind::LeaderChanged),
    ("configuration_changed", EventKind::ConfigurationChanged),
];

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/events", list)]
}

#[derive(Template)]
#[template(path = "events/list.html")]
struct ListPage {
    c: Chrome,
    rows: Vec<Event>,
    paging: Paging,
    choices: Vec<Choice>,
    /// Nothing has happened, as opposed to nothing of what was asked for.
    is_empty: bool,
}

struct Choice {
    code: &'static str,
    text: Text,
    is_chosen: bool,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let query = member.visit.query();
    let mut events = member.all::<ListEvents>().await?;
    let is_empty = events.is_empty();
    let chosen = KINDS.iter().find(|(code, _)| query.is("kind", code)).map(|(_, kind)| *kind);
    events.retain(|event| chosen.is_none_or(|kind| event.kind == kind));
    let w = words::of(member.language());
    let choice = |&(code, of): &(&'static str, EventKind)| Choice {
        code,
        text: kind(w, &of),
        is_chosen: chosen == Some(of),
    };
    let choices = KINDS.iter().map(choice).collect();
    let (rows, paging) = paged(events, &query, "/events", is_about);
    let c = member.live(w.nav).await;
    Ok(html(StatusCode::OK, ListPage { c, rows, paging, choices, is_empty }))
}

fn is_about(event: &Event, name: &str) -> bool {
    let named = ["name", "volume"].into_iter().filter_map(|place| event.what.values.get(place));
    event.subject.iter().chain(named).any(|known| known.to_lowercase().contains(name))
}

fn kind(w: &Words, kind: &EventKind) -> Text {
    match kind {
        EventKind::QuorumLost => w.quorum_lost,
        EventKind::QuorumRegained => w.quorum_regained,
        EventKind::NodeUnreachable => w.node_unreachable,
        EventKind::NodeReachable => w.node_reachable,
        EventKind::NodeJoined => w.node_joined,
        EventKind::NodeRemoved => w.node_removed,
        EventKind::VolumeCreated => w.volume_created,
        EventKind::VolumeDeleted => w.volume_deleted,
        EventKind::VolumeHealth => w.volume_health,
        EventKind::LeaderChanged => w.leader_changed,
        EventKind::ConfigurationChanged => w.configuration_changed,
        EventKind::TaskChanged => w.task_changed,
        EventKind::Unknown => w.unknown,
    }
}

/// A class of the style sheet, and an icon.
fn look(kind: &EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::QuorumLost | EventKind::NodeUnreachable => ("bad", "stop"),
        EventKind::QuorumRegained | EventKind::NodeReachable | EventKind::NodeJoined => ("ok", "ok"),
        _ => ("", "info"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_called_as_in_the_interface() {
        for (code, kind) in KINDS {
            assert_eq!(serde_json::to_value(kind).unwrap(), code);
        }
    }
}
