//! Owns the answer to a datagram: a function of what is allowed, the picture and the time.
//!
//! Nothing here waits for anybody. Whoever is not answered is counted, and nothing is logged.

mod community;
mod counts;
mod engine;
mod replies;
mod seen;
#[cfg(test)]
mod tests;
mod usm;

pub use counts::Counts;
pub use engine::Engine;

use crate::allowed::{Access, Allowed};
use crate::tree::{Tree, Visible};
use crate::wire::{Bad, Incoming, Salt};
use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use seen::Seen;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

/// Longest answer, in bytes: what a frame of Ethernet carries, so that none is fragmented.
pub const ANSWER_BYTES_MAX: usize = 1472;

/// What requests are answered from.
#[derive(Default)]
struct Shown {
    allowed: Arc<Allowed>,
    engine: Option<Engine>,
    tree: Arc<Tree>,
    /// What each view shows of the tree, by the view's name.
    visible: BTreeMap<String, Visible>,
}

impl Shown {
    fn of(allowed: Arc<Allowed>, engine: Option<Engine>, tree: Arc<Tree>) -> Shown {
        let visible = allowed.views.iter().map(|(name, view)| (name.clone(), view.within(&tree))).collect();
        Shown { allowed, engine, tree, visible }
    }

    fn visible(&self, access: &Access) -> Option<&Visible> {
        self.visible.get(&access.view)
    }
}

/// Answers for one node.
pub struct Agent {
    shown: RwLock<Arc<Shown>>,
    seen: Mutex<Seen>,
    salt: Salt,
    pub counts: Counts,
    /// When somebody was answered last.
    asked: Mutex<Option<Instant>>,
    asks_again: Notify,
}

impl Agent {
    /// An agent that answers nobody yet.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn new() -> Result<Agent, String> {
        Ok(Agent {
            shown: RwLock::default(),
            seen: Mutex::default(),
            salt: Salt::new()?,
            counts: Counts::default(),
            asked: Mutex::default(),
            asks_again: Notify::new(),
        })
    }

    /// From now on these are answered; `engine` is what its keys are for.
    pub fn allow(&self, allowed: Allowed, engine: Option<Engine>) {
        let mut shown = self.shown.write();
        *shown = Arc::new(Shown::of(Arc::new(allowed), engine, shown.tree.clone()));
    }

    /// From now on this is answered.
    pub fn show(&self, tree: Tree) {
        let mut shown = self.shown.write();
        *shown = Arc::new(Shown::of(shown.allowed.clone(), shown.engine.clone(), Arc::new(tree)));
    }

    pub fn allowed(&self) -> Arc<Allowed> {
        self.shown.read().allowed.clone()
    }

    pub fn engine(&self) -> Option<Engine> {
        self.shown.read().engine.clone()
    }

    /// The answer to a datagram, if it gets one.
    pub fn answer(&self, now: Instant, from: SocketAddr, datagram: Bytes) -> Option<Vec<u8>> {
        let shown = self.shown.read().clone();
        self.counts.packets.add();
        let answer = match Incoming::read(datagram) {
            Ok(Incoming::Community(message)) => self.answer_community(&shown, from, &message),
            Ok(Incoming::V3(message)) => self.answer_v3(&shown, now, from, &message),
            Err(bad) => {
                self.count_bad(bad);
                None
            }
        };
        answer.inspect(|_| {
            self.counts.answers.add();
            *self.asked.lock() = Some(now);
            self.asks_again.notify_waiters();
        })
    }

    /// Waits between two pictures: `often` while somebody asks, and is thought to for a while after; else `seldom`,
    /// or until somebody does.
    pub async fn pause(&self, often: Duration, seldom: Duration, for_a_while: Duration) {
        sleep(often).await;
        let asks = self.asked.lock().is_some_and(|at| at.elapsed() < for_a_while);
        if !asks {
            let _ = timeout(seldom, self.asks_again.notified()).await;
        }
    }

    fn count_bad(&self, bad: Bad) {
        match bad {
            Bad::Syntax => self.counts.syntax.add(),
            Bad::Version => self.counts.versions.add(),
            Bad::SecurityModel => self.counts.security_models.add(),
            Bad::Head => self.counts.invalid.add(),
        }
    }
}
