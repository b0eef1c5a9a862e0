//! A system group without consensus: one log, applied by all its nodes' machines in the same breath.

use crate::{AuditSeal, SystemGroup, SystemMachine, SystemView};
use bytes::Bytes;
use nasd_base::NodeId;
use nasd_base::net::BoxFuture;
use nasd_raft::{Leadership, ProposeError};
use nasd_state::Machine;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

struct Replica {
    machine: SystemMachine,
    db: Connection,
}

struct State {
    replicas: BTreeMap<NodeId, Replica>,
    index: u64,
    replies_to_lose: usize,
    quorum: bool,
}

/// The log that the nodes share.
#[derive(Clone)]
pub struct SharedLog {
    state: Arc<Mutex<State>>,
    leadership: watch::Sender<Leadership>,
}

impl SharedLog {
    pub fn new(leader: Option<NodeId>) -> SharedLog {
        let state = State { replicas: BTreeMap::new(), index: 10, replies_to_lose: 0, quorum: true };
        let leadership = watch::Sender::new(Leadership { leader, term: 1, ready: true });
        SharedLog { state: Arc::new(Mutex::new(state)), leadership }
    }

    /// Adds a node's replica, which starts empty: before the first entry only.
    pub fn replica(&self, node: NodeId) -> (Arc<dyn SystemGroup>, watch::Receiver<Arc<SystemView>>) {
        let (mut machine, views) = SystemMachine::new(AuditSeal::derive(&[7; 32]));
        let db = Connection::open_in_memory().unwrap();
        machine.prepare(&db).unwrap();
        self.state.lock().replicas.insert(node, Replica { machine, db });
        (Arc::new(End { log: self.clone(), node }), views)
    }

    pub fn lead(&self, leader: Option<NodeId>) {
        self.leadership.send_modify(|leadership| {
            leadership.leader = leader;
            leadership.term += 1;
        });
    }

    /// The next replies are lost after their entries were applied.
    pub fn lose_replies(&self, count: usize) {
        self.state.lock().replies_to_lose = count;
    }

    pub fn set_quorum(&self, quorum: bool) {
        self.state.lock().quorum = quorum;
    }

    /// The index of the newest entry.
    pub fn index(&self) -> u64 {
        self.state.lock().index
    }

    fn apply(&self, entry: &[u8]) -> Result<Bytes, ProposeError> {
        let mut state = self.state.lock();
        state.index += 1;
        let index = state.index;
        let mut replies = state.replicas.values_mut().map(|replica| {
            let reply = replica.machine.apply(&replica.db, index, entry).unwrap();
            replica.machine.committed();
            reply
        });
        let first = replies.next().expect("a group has replicas");
        assert!(replies.all(|reply| reply == first), "all replicas decide the same");
        if state.replies_to_lose > 0 {
            state.replies_to_lose -= 1;
            return Err(ProposeError::Unknown);
        }
        Ok(first)
    }
}

struct End {
    log: SharedLog,
    node: NodeId,
}

impl SystemGroup for End {
    fn propose(&self, entry: Bytes) -> BoxFuture<'_, Result<Bytes, ProposeError>> {
        Box::pin(async move {
            let leader = self.log.leadership.borrow().leader;
            if leader != Some(self.node) {
                return Err(ProposeError::NotLeader { leader });
            }
            if !self.log.state.lock().quorum {
                return std::future::pending().await;
            }
            self.log.apply(&entry)
        })
    }

    fn leadership(&self) -> watch::Receiver<Leadership> {
        self.log.leadership.subscribe()
    }
}
