//! Frees segments that a few old entries hold: copies these entries to the head of the log.
//!
//! A volume to which nothing is written takes no snapshot and purges nothing; without this its last entries
//! would keep every later segment of the node alive, since segments go in order.

use crate::read::read_for_move;
use crate::shared::Shared;
use crate::state::{GroupIndex, Slot, State};
use nasd_base::GroupId;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Bytes that are moved in one batch, so that they delay nobody for long.
const MOVE_BYTES: usize = 256 << 10;

pub(crate) struct Cleaner {
    shared: Arc<Shared>,
    segments_before_cleaning: usize,
    task: Option<JoinHandle<()>>,
}

impl Cleaner {
    pub(crate) fn new(shared: Arc<Shared>, segments_before_cleaning: usize) -> Cleaner {
        Cleaner { shared, segments_before_cleaning, task: None }
    }

    /// Called when segment `head` was started: empties the oldest segment if the log has become mostly dead.
    pub(crate) fn consider(&mut self, head: u64, segment_bytes: u64) {
        if self.task.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let plan = plan(&self.shared.state.lock(), head, segment_bytes, self.segments_before_cleaning);
        if plan.is_empty() {
            return;
        }
        let shared = self.shared.clone();
        self.task = Some(tokio::spawn(async move {
            if let Err(error) = move_all(&shared, plan).await {
                tracing::warn!(%error, "cannot free the oldest log segment");
            }
        }));
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// The live entries of the oldest segment, if there are too many segments and less than half of their bytes
/// are alive. Copying then costs less than it frees.
fn plan(state: &State, head: u64, segment_bytes: u64, segments_max: usize) -> VecDeque<(GroupId, u64, Slot)> {
    let oldest = state.segments.keys().next().copied().filter(|oldest| *oldest < head);
    let Some(oldest) = oldest.filter(|_| state.segments.len() > segments_max) else { return VecDeque::new() };
    let total = state.segments.len() as u64 * segment_bytes;
    if state.groups.values().map(|group| group.placed_bytes()).sum::<u64>() * 2 > total {
        return VecDeque::new();
    }
    let groups = state.groups.iter();
    let of_group = |(id, group): (&GroupId, &GroupIndex)| {
        let id = *id;
        group.slots_in(oldest).map(move |(index, slot)| (id, index, slot)).collect::<Vec<_>>()
    };
    let mut entries: Vec<_> = groups.flat_map(of_group).collect();
    entries.sort_unstable_by_key(|(_, _, slot)| slot.offset);
    entries.into()
}

async fn move_all(shared: &Shared, mut rest: VecDeque<(GroupId, u64, Slot)>) -> io::Result<()> {
    loop {
        let entries = read_for_move(&shared.state, &mut rest, MOVE_BYTES).await?;
        if entries.is_empty() {
            return Ok(());
        }
        let (done, moved) = oneshot::channel();
        shared.state.lock().move_entries(entries, Box::new(|result| drop(done.send(result))))?;
        shared.wake.notify_one();
        moved.await.map_err(|_| io::Error::other("the log's writer has stopped"))??;
    }
}
