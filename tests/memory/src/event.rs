//! Events.

use crate::Memory;
use futures::StreamExt;
use nasd_api::{
    Answer, ApiError, Call, Event, EventKind, Events, List, ListEvents, Management, MetricsFormat, Sentence,
    Serve, happening,
};

impl Serve<ListEvents> for Memory {
    async fn serve(&self, call: Call<ListEvents>) -> Result<List<Event>, ApiError> {
        let happened = self.state.lock().unwrap().happened.clone();
        call.at.of(if happened.is_empty() { vec![event(2), event(1)] } else { happened })
    }
}

impl Memory {
    /// Something happens.
    pub fn add_event(&self, kind: EventKind, subject: &str, what: Sentence) {
        let mut state = self.state.lock().unwrap();
        let seq = state.happened.len() as u64 + 1;
        let subject = Some(subject.to_owned());
        state.happened.insert(0, Event { seq, at: 1_800_000_000, kind, subject, what });
    }
}

fn event(seq: u64) -> Event {
    Event {
        seq,
        at: 1_800_000_000,
        kind: EventKind::NodeReachable,
        subject: Some("stor-a".into()),
        what: happening::node_answers("stor-a"),
    }
}

impl Management for Memory {
    fn metrics(&self, format: MetricsFormat) -> Answer<'_, String> {
        self.with(|state| {
            Ok(state.measured.clone().unwrap_or_else(|| format!("memory_format {}\n", format as u8)))
        })
    }

    fn events(&self) -> Answer<'_, Events> {
        self.with(|state| {
            let begun = futures::stream::iter([event(3), event(4)]);
            let endless: Events = Box::pin(begun.clone().chain(futures::stream::pending()));
            Ok(if state.endless { endless } else { Box::pin(begun) })
        })
    }
}
