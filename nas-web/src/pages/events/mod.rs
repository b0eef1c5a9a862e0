//! Owns the page of events: what the node has noticed, newest first, by kind and by what it happened to.

pub mod said;
pub mod words;

use crate::page::{
    Chrome, Heading, Listing, Member, Noun, PageRoute, Paging, Refused, Response, StatusCode, Template, Text,
    html,
};
use nasd_api::{Event, EventKind, ListEvents};
use said::kind;

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/events", "list", |language| words::of(language).nav);

/// Those that a node remembers, as the filter has them.
const KINDS: [(&str, EventKind); 12] = [
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
    ("mount_refused", EventKind::MountRefused),
];

const LIST: Listing = Listing::down_from("/events", "at");

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
}

struct Choice {
    code: &'static str,
    text: Text,
    is_chosen: bool,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let query = member.visit.query();
    let chosen = KINDS.iter().find(|(code, _)| query.is("kind", code));
    let only = chosen.map(|(code, _)| format!("kind:{code}")).unwrap_or_default();
    let w = words::of(member.language());
    let choice = |&(code, of): &(&'static str, EventKind)| Choice {
        code,
        text: kind(w, &of),
        is_chosen: chosen.is_some_and(|(_, kind)| *kind == of),
    };
    let choices = KINDS.iter().map(choice).collect();
    let (rows, paging) = LIST.ask::<ListEvents>(&member, &only).await?;
    let c = member.live(w.nav).await;
    Ok(html(StatusCode::OK, ListPage { c, rows, paging, choices }))
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
