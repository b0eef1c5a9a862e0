//! Owns long operations: what they are, and how the nodes' words about them become one state. The nodes do the work
//! and say how far they are; a task outlives any of them, for it is in the replicated state.

mod decide;
mod rows;

pub(crate) use decide::without_node;
pub(crate) use rows::TaskEffect;

use crate::noun::Described;
use crate::noun::{Refusal, RefusalKind};
use nasd_base::{NodeId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tasks on record; the oldest that have ended are forgotten.
const TASKS_MAX: usize = 100;
/// Lines of a task's log; later ones are not kept.
const LINES_MAX: usize = 200;
/// Longest line, in characters.
const LINE_CHARS_MAX: usize = 300;

pub type TaskId = u64;
pub type Tasks = BTreeMap<TaskId, Task>;

/// What a task does. Append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskKind {
    /// Every node reads all its chunks and has bad ones replaced.
    VerifyData,
    /// Every node takes over the cluster's new authority.
    RotateAuthority,
}

/// Append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskState {
    Running,
    Done,
    Failed,
    Cancelled,
}

/// One node's part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskPart {
    pub node: NodeId,
    pub state: TaskState,
    pub done_bytes: u64,
    /// 0 until the node has begun.
    pub total_bytes: u64,
}

/// A row of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub id: TaskId,
    pub kind: TaskKind,
    pub state: TaskState,
    pub started_by: String,
    pub started: Timestamp,
    pub ended: Option<Timestamp>,
    pub parts: Vec<TaskPart>,
    pub log: Vec<(Timestamp, String)>,
    pub result: Option<String>,
}

impl Task {
    /// The node's part, if it has one that is not over.
    pub fn open_part(&self, node: NodeId) -> Option<&TaskPart> {
        let running = self.state == TaskState::Running;
        let mut parts = self.parts.iter();
        parts.find(|part| running && part.node == node && part.state == TaskState::Running)
    }
}

/// One change of a task. Append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskCommand {
    /// With a part for every active node. Gives [`crate::SystemReply::Task`].
    Start {
        kind: TaskKind,
        started_by: String,
    },
    /// A node's news. Those of a task that has ended change nothing.
    Advance {
        task: TaskId,
        node: NodeId,
        done_bytes: u64,
        total_bytes: u64,
        line: Option<String>,
    },
    /// A node has done its part; `failed` when something is left that is not as it should be.
    FinishPart {
        task: TaskId,
        node: NodeId,
        failed: bool,
        line: String,
    },
    Cancel {
        task: TaskId,
    },
}

/// Why a task's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum TaskError {
    #[error("there is no task {0}")]
    Unknown(TaskId),
    #[error("task {task} does the same and is still running")]
    Running { task: TaskId, kind: TaskKind },
    #[error("node {node} has no part in task {task}")]
    NoPart { task: TaskId, node: NodeId },
}

impl Described for TaskCommand {
    fn describe(&self) -> String {
        use TaskCommand as C;
        match self {
            C::Start { kind: TaskKind::VerifyData, .. } => "begin to verify all data".to_owned(),
            C::Start { kind: TaskKind::RotateAuthority, .. } => "give all nodes the authority".to_owned(),
            C::Advance { task, .. } => format!("go on with task {task}"),
            C::FinishPart { task, node, .. } => format!("finish the part of node {node} in task {task}"),
            C::Cancel { task } => format!("cancel task {task}"),
        }
    }
}

impl Refusal for TaskError {
    fn kind(&self) -> RefusalKind {
        match self {
            TaskError::Unknown(_) => RefusalKind::Unknown,
            TaskError::Running { .. } => RefusalKind::Conflict,
            _ => RefusalKind::Invalid,
        }
    }

    #[cfg(feature = "testing")]
    fn samples() -> Vec<TaskError> {
        let mut all = nasd_base::every_variant!(TaskError {
            Unknown(7),
            Running { task: 7, kind: TaskKind::VerifyData },
            NoPart { task: 7, node: NodeId(1) },
        });
        all.push(TaskError::Running { task: 7, kind: TaskKind::RotateAuthority });
        all
    }
}
