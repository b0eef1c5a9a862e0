//! Owns what is told of as it happens.

use crate::access::Access;
use crate::operation::{Shape, operations};
use crate::paging::{Cell, Column, Listed, Page, newest};
use crate::{List, Sentence};
use futures::stream::BoxStream;
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The answering node hears of a majority no more, or again.
    QuorumLost,
    QuorumRegained,
    NodeUnreachable,
    NodeReachable,
    NodeJoined,
    NodeRemoved,
    VolumeCreated,
    VolumeDeleted,
    /// A volume's health is another.
    VolumeHealth,
    /// Another node leads a volume.
    LeaderChanged,
    /// Nodes, volumes, exports, users or settings are others than before.
    ConfigurationChanged,
    /// An export's rules turned a client away; told of once an hour for each client and export.
    MountRefused,
    /// A task began, went on or ended.
    TaskChanged,
    #[serde(other)]
    Unknown,
}

/// One thing that happened, as the answering node noticed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Counts up from the start of the answering node.
    pub seq: u64,
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
    pub kind: EventKind,
    /// The node's or volume's name, or the task's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The same in words: its `text` is English.
    #[serde(flatten)]
    pub what: Sentence,
}

impl Event {
    /// The names of what it is about.
    fn names(&self) -> Vec<String> {
        let named = ["name", "volume", "path"].into_iter().filter_map(|place| self.what.values.get(place));
        self.subject.iter().chain(named).cloned().collect()
    }
}

/// Events as they come.
pub type Events = BoxStream<'static, Event>;

operations! {
    /// What happened of late, newest first. What happens from now on is a stream: see [`crate::Client::events`].
    ListEvents(Page<Event>) -> List<Event> =
        Shape::get("/events", Access::Needs(Right::ReadStatus), "What happened of late, newest first").korean("최근 이벤트, 최신순");
}

impl Listed for Event {
    const COLUMNS: &'static [Column<Event>] = &[
        ("at", |event| Cell::time(event.at)),
        ("kind", |event| Cell::word(event.kind, event.kind as u64)),
        ("about", |event| Cell::texts(&event.names())),
    ];

    fn place(&self) -> String {
        newest(self.seq)
    }
}
