//! Events.

use crate::Memory;
use nasd_api::{ApiError, Call, Event, EventKind, List, ListEvents, Serve};

impl Serve<ListEvents> for Memory {
    async fn serve(&self, call: Call<ListEvents>) -> Result<List<Event>, ApiError> {
        call.at.of(vec![event(2), event(1)])
    }
}

pub fn event(seq: u64) -> Event {
    Event {
        seq,
        at: 1_800_000_000,
        kind: EventKind::NodeReachable,
        subject: Some("stor-a".into()),
        text: "Node 1 (stor-a) answers again.".into(),
    }
}
