//! Owns what is said about who is slow or busy, and why: what operations of the last minutes took, stage by stage.

use super::client::Protocol;
use crate::ErrorCode;
use crate::access::Access;
use crate::operation::{Nothing, Operation, Shape};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// By what the busiest come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TopBy {
    /// What their operations took together.
    #[default]
    Time,
    Operations,
    Bytes,
}

impl TopBy {
    pub const ALL: [TopBy; 3] = [TopBy::Time, TopBy::Operations, TopBy::Bytes];

    pub fn name(self) -> &'static str {
        match self {
            TopBy::Time => "time",
            TopBy::Operations => "operations",
            TopBy::Bytes => "bytes",
        }
    }
}

/// How far back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TopSpan {
    TenSeconds,
    #[default]
    Minute,
    FiveMinutes,
}

impl TopSpan {
    pub const ALL: [TopSpan; 3] = [TopSpan::TenSeconds, TopSpan::Minute, TopSpan::FiveMinutes];

    pub fn name(self) -> &'static str {
        match self {
            TopSpan::TenSeconds => "ten_seconds",
            TopSpan::Minute => "minute",
            TopSpan::FiveMinutes => "five_minutes",
        }
    }

    pub fn seconds(self) -> u32 {
        match self {
            TopSpan::TenSeconds => 10,
            TopSpan::Minute => 60,
            TopSpan::FiveMinutes => 300,
        }
    }
}

/// Of what operations' time is made, in microseconds together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StageTimes {
    /// Until a request had arrived whole, and until the client's socket had taken the reply.
    pub client_network: u64,
    /// Waiting for others: a slot, memory, the file's turn, a place in a proposal, another mount's cache.
    pub queue: u64,
    /// To the volume's leader on another node and back, and until there was one.
    pub leader_hop: u64,
    /// Until a majority had the change in its log.
    pub log_flush: u64,
    /// Applying it to the volume's state.
    pub apply: u64,
    pub chunk_read: u64,
    pub chunk_write: u64,
    /// The rest: the work itself.
    pub other: u64,
}

impl StageTimes {
    pub const NAMES: [&str; 8] =
        ["client network", "queue", "leader hop", "log flush", "apply", "chunk read", "chunk write", "other"];

    /// In the order of [`StageTimes::NAMES`].
    pub fn all(&self) -> [u64; 8] {
        let StageTimes {
            client_network,
            queue,
            leader_hop,
            log_flush,
            apply,
            chunk_read,
            chunk_write,
            other,
        } = *self;
        [client_network, queue, leader_hop, log_flush, apply, chunk_read, chunk_write, other]
    }

    pub fn add(&mut self, more: &StageTimes) {
        self.client_network += more.client_network;
        self.queue += more.queue;
        self.leader_hop += more.leader_hop;
        self.log_flush += more.log_flush;
        self.apply += more.apply;
        self.chunk_read += more.chunk_read;
        self.chunk_write += more.chunk_write;
        self.other += more.other;
    }
}

/// Operations together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Work {
    pub operations: u64,
    /// Of files, read or written.
    pub bytes: u64,
    /// What they took together, each from the first byte of its request to the last of its reply.
    pub micros: u64,
    pub stages: StageTimes,
}

impl Work {
    pub fn add(&mut self, more: &Work) {
        self.operations += more.operations;
        self.bytes += more.bytes;
        self.micros += more.micros;
        self.stages.add(&more.stages);
    }

    pub fn of(&self, by: TopBy) -> u64 {
        match by {
            TopBy::Time => self.micros,
            TopBy::Operations => self.operations,
            TopBy::Bytes => self.bytes,
        }
    }
}

/// The same by what was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Works {
    pub all: Work,
    pub read: Work,
    /// And making durable what was written.
    pub write: Work,
    pub metadata: Work,
}

/// What was done to one volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TopVolume {
    pub volume: String,
    pub work: Works,
}

/// What one client did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TopClient {
    /// As in the list of clients: an address, or the name of a node with mounts.
    pub client: String,
    pub protocol: Protocol,
    pub volumes: Vec<String>,
    pub work: Works,
}

/// A file or directory with much to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TopFile {
    pub volume: String,
    pub inode: u64,
    /// From the volume's root; absent where it is not known, and for those who may not see names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    pub operations: u64,
    pub bytes: u64,
    pub micros: u64,
    /// How much more it may have of what the list is sorted by: not all files can be told apart.
    pub missing: u64,
}

/// An operation that took long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlowOperation {
    /// As in the logs of all nodes that had to do with it.
    pub request: String,
    /// When it ended, in seconds since 1970-01-01 UTC.
    pub at: i64,
    /// Where it came in.
    pub node: String,
    pub client: String,
    pub volume: String,
    /// `read`, `write`, `commit`, `lookup`, `list`, `change` or `lock`.
    pub kind: String,
    /// Of the file, or else the directory; absent where it was about neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inode: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    pub bytes: u64,
    pub micros: u64,
    pub stages: StageTimes,
}

/// Who was busy or slow of late, and why. Each list has the most first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Top {
    /// How long the figures reach back.
    pub seconds: u32,
    pub by: TopBy,
    /// Nodes that did not answer: what came in there is missing.
    pub silent: Vec<String>,
    pub all: Work,
    pub volumes: Vec<TopVolume>,
    pub clients: Vec<TopClient>,
    /// Of clients beyond those that nodes tell apart. A client or volume lacks at most this.
    pub others: Work,
    pub files: Vec<TopFile>,
    pub directories: Vec<TopFile>,
    /// A file that is not listed has at most this of what the list is sorted by.
    pub files_floor: u64,
    pub directories_floor: u64,
    pub slowest: Vec<SlowOperation>,
    /// Paths are for those who may change the storage.
    pub paths_hidden: bool,
}

/// What of it is asked for: of one volume or client, if either is named. Files are not told apart by client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopAt {
    #[serde(default)]
    pub by: TopBy,
    #[serde(default)]
    pub span: TopSpan,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// Who was busy or slow in the last minutes, and what their time went into, on all nodes that answer.
pub struct ReadTop;

impl Operation for ReadTop {
    type At = TopAt;
    type Body = Nothing;
    type Reply = Top;

    const SHAPE: Shape =
        Shape::get("/top", Access::Needs(Right::ReadStatus), "Who was busy or slow of late, and why")
            .korean("최근에 바쁘거나 느렸던 클라이언트와 그 이유")
            .refuses(&[ErrorCode::NotFound]);
}
