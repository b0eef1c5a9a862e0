//! Lets news of a commit ride with the next entries instead of travelling alone.
//!
//! openraft follows every entry with an empty append that tells the follower of the commit. A volume's follower
//! serves no reads, so it may hear of it later: such an append is held back for a moment, and dropped when entries
//! follow, which carry the same news. With one writer that halves the messages of a group.
//!
//! Safe: the first append of a stream, which probes what the follower has, is never held back; openraft takes
//! the reply to a later append as the reply to all before it; and it notes when it handed an append out, which
//! is before the append leaves, so a lease can only end too early.

use crate::types::Types;
use futures::stream::Fuse;
use futures::{Stream, StreamExt};
use openraft::raft::AppendEntriesRequest;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long news of a commit waits for entries: a few times what a flush takes.
const HOLD: Duration = Duration::from_millis(10);

type RaftRequest = AppendEntriesRequest<Types>;

struct Held<S> {
    /// Fused, because its end may come while an append is held.
    input: Fuse<S>,
    begun: bool,
    /// Taken from the input while another was held, and not what it was waiting for.
    next: Option<RaftRequest>,
}

/// The same appends, but for empty ones that entries follow within [`HOLD`].
pub(crate) fn with_entries<S>(input: S) -> impl Stream<Item = RaftRequest>
where
    S: Stream<Item = RaftRequest> + Unpin,
{
    let held = Held { input: input.fuse(), begun: false, next: None };
    futures::stream::unfold(held, |mut held| async move {
        let request = match held.next.take() {
            Some(request) => request,
            None => held.input.next().await?,
        };
        let is_probe = !std::mem::replace(&mut held.begun, true);
        let request =
            if is_probe || !request.entries.is_empty() { request } else { held.hold(request).await };
        Some((request, held))
    })
}

impl<S: Stream<Item = RaftRequest> + Unpin> Held<S> {
    /// What to send in place of `notice`.
    async fn hold(&mut self, mut notice: RaftRequest) -> RaftRequest {
        let deadline = Instant::now() + HOLD;
        while let Ok(Some(request)) = timeout_at(deadline, self.input.next()).await {
            if request.prev_log_id != notice.prev_log_id {
                self.next = Some(request);
                break;
            }
            notice = request;
            if !notice.entries.is_empty() {
                break;
            }
        }
        notice
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Entry, LogId, Payload, Vote};
    use futures::channel::mpsc;

    fn id(index: u64) -> LogId {
        LogId { leader_id: Vote::new(1, 1).leader_id, index }
    }

    fn append(prev: u64, commit: u64, entries: u64) -> RaftRequest {
        let entry = |index| Entry { log_id: id(index), payload: Payload::Blank };
        RaftRequest {
            vote: Vote::new_committed(1, 1),
            prev_log_id: Some(id(prev)),
            leader_commit: Some(id(commit)),
            entries: (prev + 1..=prev + entries).map(entry).collect(),
        }
    }

    fn shape(request: &RaftRequest) -> (u64, u64, usize) {
        let index = |id: Option<LogId>| id.map_or(0, |id| id.index);
        (index(request.prev_log_id), index(request.leader_commit), request.entries.len())
    }

    #[tokio::test(start_paused = true)]
    async fn news_of_a_commit_rides_with_entries_that_follow_soon() {
        let sent = vec![append(0, 0, 0), append(0, 0, 1), append(1, 1, 0), append(1, 1, 1)];
        let seen: Vec<_> = with_entries(futures::stream::iter(sent)).map(|r| shape(&r)).collect().await;
        assert_eq!(seen, [(0, 0, 0), (0, 0, 1), (1, 1, 1)]);
    }

    #[tokio::test(start_paused = true)]
    async fn news_of_a_commit_travels_alone_when_nothing_follows() {
        let (send, receive) = mpsc::unbounded();
        send.unbounded_send(append(0, 0, 1)).unwrap();
        send.unbounded_send(append(1, 1, 0)).unwrap();
        let mut stream = Box::pin(with_entries(receive));
        assert_eq!(shape(&stream.next().await.unwrap()), (0, 0, 1));
        let begun = Instant::now();
        assert_eq!(shape(&stream.next().await.unwrap()), (1, 1, 0));
        assert_eq!(begun.elapsed(), HOLD);
    }

    /// Replicas did not agree any more (seed 22 of the simulation): a stream that ended while news was held was
    /// asked again after its end, which ended its task, and with it all replication to one node.
    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_stream_may_come_while_news_is_held() {
        let appends = [append(0, 0, 1), append(1, 1, 0)].into_iter();
        let asked_once = Box::pin(futures::stream::unfold(appends, |mut appends| async move {
            appends.next().map(|append| (append, appends))
        }));
        let seen: Vec<_> = with_entries(asked_once).map(|r| shape(&r)).collect().await;
        assert_eq!(seen, [(0, 0, 1), (1, 1, 0)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_waits_for_nothing_and_the_last_news_is_kept() {
        let (send, receive) = mpsc::unbounded();
        send.unbounded_send(append(4, 4, 0)).unwrap();
        let mut stream = Box::pin(with_entries(receive));
        let begun = Instant::now();
        assert_eq!(shape(&stream.next().await.unwrap()), (4, 4, 0));
        assert_eq!(begun.elapsed(), Duration::ZERO);
        send.unbounded_send(append(4, 5, 0)).unwrap();
        send.unbounded_send(append(4, 6, 0)).unwrap();
        drop(send);
        assert_eq!(shape(&stream.next().await.unwrap()), (4, 6, 0));
        assert!(stream.next().await.is_none());
    }
}
