//! Events.

use crate::Memory;
use futures::StreamExt;
use nasd_api::{Answer, ApiError, Call, Event, EventKind, Events, List, ListEvents, Management, Serve};

impl Serve<ListEvents> for Memory {
    async fn serve(&self, call: Call<ListEvents>) -> Result<List<Event>, ApiError> {
        call.at.of(vec![event(2), event(1)])
    }
}

fn event(seq: u64) -> Event {
    Event {
        seq,
        at: 1_800_000_000,
        kind: EventKind::NodeReachable,
        subject: Some("stor-a".into()),
        what: nasd_api::happening::node_answers("stor-a"),
    }
}

impl Management for Memory {
    fn events(&self) -> Answer<'_, Events> {
        self.with(|state| {
            let begun = futures::stream::iter([event(3), event(4)]);
            let endless: Events = Box::pin(begun.clone().chain(futures::stream::pending()));
            Ok(if state.endless { endless } else { Box::pin(begun) })
        })
    }
}
