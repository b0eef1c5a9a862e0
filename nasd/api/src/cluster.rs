//! Owns what is said about a cluster, its nodes, and how nodes become members.

use crate::access::{Access, Caller};
use crate::described::{Address, HostName};
use crate::operation::{Nothing, Operation, Shape, operations};
use crate::paging::{Listed, Page, number};
use crate::{ApiError, ErrorCode, List, Secret, Sentence, Task, VolumeInfo, refusal};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest life of a join token.
pub const TOKEN_SECONDS_MAX: u32 = 24 * 3600;

/// How well something does its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Everything is there; the loss of one node is survived.
    Healthy,
    /// It works, but the next loss may stop it.
    Degraded,
    /// It does not work: no majority.
    Unavailable,
    /// Nobody knows.
    #[serde(other)]
    Unknown,
}

/// What a node is to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// Was admitted and does not vote yet.
    Joining,
    /// Votes in the system group, or could.
    Member,
    /// Is being emptied before its removal.
    Leaving,
    #[serde(other)]
    Unknown,
}

/// One node of the cluster, as the answering node sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeInfo {
    /// Never used again after the node is removed.
    pub id: u64,
    pub name: String,
    /// `host:port` of node-to-node traffic.
    pub address: String,
    pub state: NodeState,
    /// Whether the answering node heard from it within the last seconds. True for itself.
    pub reachable: bool,
    /// `host:port` of its NFS server, when it runs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nfs_address: Option<String>,
    /// The software's version, when the node said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The state of the cluster in one reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterStatus {
    pub id: String,
    pub name: String,
    /// The node that answers.
    pub node: u64,
    pub health: Health,
    /// Headline and causes in English.
    pub verdict: String,
    /// The verdict in a sentence.
    pub headline: Sentence,
    /// Why it is not better, the gravest first: a handful at most, the last of which counts the rest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Sentence>,
    /// Whether a majority of the system group's voters is reachable: settings can be changed.
    pub quorum: bool,
    /// The leader of the system group, if one is known.
    pub leader: Option<u64>,
    /// The system group's term.
    pub term: u64,
    pub nodes: Vec<NodeInfo>,
    pub volumes: Vec<VolumeInfo>,
}

/// Makes this node the first of a new cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterCreate {
    #[schemars(with = "HostName")]
    pub name: String,
    /// `host:port` at which the other nodes reach this one; the configured address when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Address>")]
    pub advertise: Option<String>,
}

/// Makes this node a member of the cluster that issued the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterJoin {
    pub token: Secret,
    /// `host:port` at which the other nodes reach this one; the configured address when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Address>")]
    pub advertise: Option<String>,
}

/// Asks for a join token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// How long the token is good for, in seconds; the server's default (15 minutes) when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = TOKEN_SECONDS_MAX))]
    pub ttl_seconds: Option<u32>,
}

/// Lets one node join, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    pub token: Secret,
    /// Seconds since 1970-01-01 UTC at which it stops being good.
    pub expires: i64,
}

/// What a load balancer asks: no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthWord {
    pub health: Health,
}

const SEE: Access = Access::Needs(Right::ReadStatus);
const CHANGE: Access = Access::Needs(Right::ChangeCluster);
const FOUND: Access = Access::Founds(Right::ChangeCluster);
const PATH: &str = "/cluster";

operations! {
    /// How the cluster does, in a word, for whoever asks.
    ReadHealth(Nothing) -> HealthWord =
        Shape::get("/health", Access::Everybody, "How the cluster does, in a word");

    /// Answered from what this node knows, without waiting for a majority: it works when nothing else does. A node in no
    /// cluster answers with [`refusal::no_cluster`].
    ReadCluster(Nothing) -> ClusterStatus = Shape::get(PATH, SEE, "The cluster, its nodes and volumes");

    /// The nodes.
    ListNodes(Page) -> List<NodeInfo> = Shape::get("/nodes", SEE, "The nodes");

    /// Gives the cluster another authority. `Conflict` while some node has not taken over the last one.
    RotateAuthority(Nothing) -> Task =
        Shape::post("/authority/rotation", CHANGE, "Give the cluster another authority")
            .refuses(&[ErrorCode::Conflict]);
}

/// The new cluster's state. `Conflict` when the node is in a cluster already.
impl Operation for ClusterCreate {
    type At = Nothing;
    type Body = Self;
    type Reply = ClusterStatus;

    const SHAPE: Shape = Shape::post(PATH, FOUND, "Found a cluster with this node").recorded();
}

/// The joined cluster's state. `Denied` for a token that is wrong, spent or expired.
impl Operation for ClusterJoin {
    type At = Nothing;
    type Body = Self;
    type Reply = ClusterStatus;

    const SHAPE: Shape = Shape::post("/cluster/join", FOUND, "Join a cluster with this node").recorded();
}

/// What an API token lets in, it lets in only as long as it is good itself.
impl Operation for CreateToken {
    type At = Nothing;
    type Body = Self;
    type Reply = Token;

    const SHAPE: Shape = Shape::post("/tokens", CHANGE, "A token that lets one node join");

    // Before it is cut to what the caller's own token allows.
    fn check(_: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        match request.ttl_seconds.is_none_or(|seconds| (1..=TOKEN_SECONDS_MAX).contains(&seconds)) {
            true => Ok(()),
            false => Err(refusal::join_token_range(TOKEN_SECONDS_MAX)),
        }
    }
}

impl Listed for NodeInfo {
    fn place(&self) -> String {
        number(self.id)
    }
}
