//! The openraft types this crate is built from.

use crate::runtime::Runtime;
use bytes::Bytes;
use openraft::impls::{EmptyNode, InlineBatch, OneshotResponder};
use openraft::{EntryPayload, OptionalSend, RaftTypeConfig};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A command of the state machine: opaque here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Command(pub Bytes);

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({} bytes)", self.0.len())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// What became of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// The state machine's.
    pub reply: Bytes,
    /// What the transaction took that it was applied in, perhaps with others.
    pub applied: Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Types;

impl RaftTypeConfig for Types {
    type D = Command;
    type R = Proposed;
    type NodeId = u64;
    type Node = EmptyNode;
    type Term = u64;
    type LeaderId = LeaderId;
    type Vote = Vote;
    type Payload = Payload;
    type Entry = Entry;
    type AsyncRuntime = Runtime;
    type Responder<T>
        = OneshotResponder<Self, T>
    where
        T: OptionalSend + 'static;
    type Batch<T>
        = InlineBatch<T>
    where
        T: OptionalSend + 'static;
    type ErrorSource = openraft::impls::BoxedErrorSource;
}

pub(crate) type LeaderId = openraft::impls::leader_id_adv::LeaderId<u64, u64>;
pub(crate) type Vote = openraft::impls::Vote<LeaderId>;
pub(crate) type Payload = EntryPayload<Command, u64, EmptyNode>;
pub(crate) type Entry = openraft::Entry<LeaderId, Payload>;
pub(crate) type LogId = openraft::LogId<LeaderId>;
pub(crate) type Membership = openraft::Membership<u64, EmptyNode>;
pub(crate) type StoredMembership = openraft::StoredMembership<LeaderId, u64, EmptyNode>;
pub(crate) type SnapshotMeta = openraft::SnapshotMeta<LeaderId, u64, EmptyNode>;
pub(crate) type Snapshot = openraft::Snapshot<LeaderId, u64, EmptyNode, crate::machine::SnapshotData>;
pub(crate) type Raft = openraft::Raft<Types, crate::machine::StateMachine>;
pub(crate) type Metrics = openraft::RaftMetrics<Types>;
pub(crate) type ServerMetrics = openraft::metrics::RaftServerMetrics<Types>;
