//! Puts the append messages of a stream back into the order in which they were sent.
//!
//! A sender has many appends on their way, and a transport may hand them to tasks that run in any order. An
//! append that arrives before its predecessor would be refused by Raft and the whole window sent again; so
//! each waits here for its turn. Raft's own consistency check stays the guard: a message that waits in vain
//! is refused, and the sender starts a new stream.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;

/// How long a message waits for its predecessors.
const PATIENCE: Duration = Duration::from_secs(1);

/// The streams of one group, one per sender.
#[derive(Default)]
pub(crate) struct Order(Mutex<HashMap<u64, watch::Sender<Turn>>>);

/// Which message of which stream comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Turn {
    stream: u64,
    next: u64,
}

/// The right to be handled now. When it is dropped the next message gets its turn.
pub(crate) struct Held<'a> {
    order: &'a Order,
    from: u64,
    turn: Turn,
}

impl Order {
    /// Waits until all earlier messages of `stream` from `from` were handled; `None` if they do not come.
    /// The first message of a stream ends the sender's earlier stream. Stream 0 has no order.
    pub async fn turn(&self, from: u64, stream: u64, sequence: u64) -> Option<Held<'_>> {
        let turn = Turn { stream, next: sequence };
        if stream != 0 {
            let mut turns = self.subscribe(from, turn);
            let wait = turns.wait_for(|now| *now == turn);
            let waited = tokio::time::timeout(PATIENCE, wait).await;
            if !matches!(waited, Ok(Ok(_))) {
                return None;
            }
        }
        Some(Held { order: self, from, turn })
    }

    fn subscribe(&self, from: u64, turn: Turn) -> watch::Receiver<Turn> {
        let mut streams = self.0.lock();
        let sender = streams.entry(from).or_insert_with(|| watch::Sender::new(Turn { stream: 0, next: 0 }));
        if turn.next == 0 {
            sender.send_if_modified(|now| {
                let begins = now.stream != turn.stream;
                if begins {
                    *now = turn;
                }
                begins
            });
        }
        sender.subscribe()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(sender) = self.order.0.lock().get(&self.from) {
            sender.send_if_modified(|now| {
                let mine = *now == self.turn;
                if mine {
                    now.next += 1;
                }
                mine
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    async fn handle(order: Arc<Order>, stream: u64, sequence: u64, log: Arc<Mutex<Vec<u64>>>) -> bool {
        match order.turn(1, stream, sequence).await {
            Some(_held) => {
                log.lock().push(sequence);
                true
            }
            None => false,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn messages_are_handled_in_the_order_they_were_sent() {
        let (order, log) = (Arc::new(Order::default()), Arc::new(Mutex::new(Vec::new())));
        let arrivals = [3, 1, 0, 4, 2];
        let tasks = arrivals.map(|n| tokio::spawn(handle(order.clone(), 7, n, log.clone())));
        for task in tasks {
            assert!(task.await.unwrap());
        }
        assert_eq!(*log.lock(), [0, 1, 2, 3, 4]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_gap_is_given_up_and_a_new_stream_starts_over() {
        let (order, log) = (Arc::new(Order::default()), Arc::new(Mutex::new(Vec::new())));
        assert!(handle(order.clone(), 7, 0, log.clone()).await);
        assert!(!handle(order.clone(), 7, 2, log.clone()).await);
        assert!(handle(order.clone(), 8, 0, log.clone()).await);
        assert!(handle(order.clone(), 8, 1, log.clone()).await);
        assert!(!handle(order.clone(), 7, 3, log.clone()).await, "the old stream has ended");
        assert_eq!(*log.lock(), [0, 0, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn messages_without_a_stream_do_not_wait_or_disturb() {
        let (order, log) = (Arc::new(Order::default()), Arc::new(Mutex::new(Vec::new())));
        assert!(handle(order.clone(), 7, 0, log.clone()).await);
        assert!(handle(order.clone(), 0, 0, log.clone()).await);
        assert!(handle(order.clone(), 7, 1, log.clone()).await);
    }
}
