//! Owns what is said about a cluster, its nodes, and how nodes become members.

use crate::access::{Access, Caller};
use crate::described::{Address, HostName};
use crate::operation::{Nothing, Operation, Shape, operations};
use crate::paging::{Cell, Column, Listed, Page, number};
use crate::{ApiError, ErrorCode, List, Secret, Sentence, Task, VolumeInfo};
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

/// How much is used, and how much more could be: what every page and command calls so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Space {
    /// Bytes of file data of all volumes that answer, before compression, one copy, without holes.
    pub used_bytes: u64,
    /// Bytes that new files could take, one copy, as the disks of the nodes that answer have room.
    pub free_bytes: u64,
}

/// A node took over from another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failover {
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
    /// How long nobody led: from the last word of the leader before until the next one was ready.
    pub milliseconds: u64,
    /// The volume that is led by another node since; the cluster itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// The name of the node that led.
    pub from: String,
    /// The name of the node that leads.
    pub to: String,
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
    /// The last change of settings that a majority has and this node has applied, as the system group's log counts.
    #[serde(default)]
    pub commit_index: u64,
    /// The newest that a node remembers which has not been started again since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failover: Option<Failover>,
    #[serde(default)]
    pub space: Space,
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

/// What a load balancer asks, and whoever cannot log in: no names and no numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthWord {
    pub health: Health,
    /// Which verdict it is: the reason of the headline that those who may see the cluster are shown.
    #[serde(default)]
    pub reason: String,
}

const SEE: Access = Access::Needs(Right::ReadStatus);
const CHANGE: Access = Access::Needs(Right::ChangeCluster);
const FOUND: Access = Access::Founds(Right::ChangeCluster);
const PATH: &str = "/cluster";

operations! {
    /// How the cluster does, in a word, for whoever asks.
    ReadHealth(Nothing) -> HealthWord =
        Shape::get("/health", Access::Everybody, "How the cluster does, in a word").korean("한마디로 본 클러스터 상태");

    /// Answered from what this node knows, without waiting for a majority: it works when nothing else does. A node in no
    /// cluster answers with [`refused::no_cluster`].
    ReadCluster(Nothing) -> ClusterStatus = Shape::get(PATH, SEE, "The cluster, its nodes and volumes").korean("클러스터와 그 노드, 볼륨");

    /// The nodes.
    ListNodes(Page<NodeInfo>) -> List<NodeInfo> = Shape::get("/nodes", SEE, "The nodes").korean("노드 목록");

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

    const SHAPE: Shape = Shape::post("/tokens", CHANGE, "Make a token that lets one node join");

    // Before it is cut to what the caller's own token allows.
    fn check(_: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        match request.ttl_seconds.is_none_or(|seconds| (1..=TOKEN_SECONDS_MAX).contains(&seconds)) {
            true => Ok(()),
            false => Err(refusals::join_token_range(TOKEN_SECONDS_MAX)),
        }
    }
}

impl Listed for NodeInfo {
    const COLUMNS: &'static [Column<NodeInfo>] = &[
        ("name", |node| Cell::text(&node.name)),
        ("state", |node| Cell::word(node.state, node.state as u64)),
        ("reachable", |node| Cell::yes(node.reachable)),
        ("address", |node| Cell::text(&node.address)),
        ("nfs", |node| Cell::text(node.nfs_address.as_deref().unwrap_or_default())),
        ("version", |node| Cell::text(node.version.as_deref().unwrap_or_default())),
    ];

    fn place(&self) -> String {
        number(self.id)
    }
}

crate::refused::refusals! {
    no_cluster(): NoCluster,
        "this node belongs to no cluster yet",
        "이 노드는 아직 클러스터에 속해 있지 않습니다",
        hint "create one with `nasctl cluster create`, or join one with `nasctl cluster join`",
        "`nasctl cluster create`로 만들거나, `nasctl cluster join`으로 참여하십시오";
    in_a_cluster(): Conflict,
        "this node is in a cluster already",
        "이 노드는 이미 클러스터에 속해 있습니다",
        hint "to start over, stop nasd and give it an empty directory",
        "처음부터 다시 하려면 nasd를 멈추고 빈 디렉터리를 지정하십시오";
    member_not_started(node): Conflict,
        "this machine is node {node} of a cluster already, but did not start as such",
        "이 컴퓨터는 이미 클러스터의 노드 {node}이지만, 노드로 시작하지 못했습니다",
        hint "mend what nasd's log names and restart nasd; to start over, give it an empty directory",
        "nasd의 로그에 나온 문제를 고치고 nasd를 다시 시작하십시오. 처음부터 다시 하려면 빈 디렉터리를 지정하십시오";
    identity_unusable(detail): Conflict,
        "{detail}",
        "이 컴퓨터의 신원 파일을 사용할 수 없습니다: {~detail}";
    address_not_known(): InvalidRequest,
        "it is not known at which address the other nodes reach this one",
        "다른 노드가 이 노드에 연결할 주소를 알 수 없습니다",
        hint "start nasd with --advertise HOST:PORT, or give the address with this request (--advertise)",
        "nasd를 --advertise HOST:PORT와 함께 시작하거나, 이 요청에 주소를 지정하십시오(--advertise)";
    own_address_behind(): Unavailable,
        "this node does not know its own address in the cluster yet",
        "이 노드는 아직 클러스터에서 쓰는 자기 주소를 모릅니다";
    member_not_heard(): TimedOut,
        "this node is a member now, but has not heard from the cluster yet",
        "이 노드는 이제 구성원이지만, 아직 클러스터와 통신하지 못했습니다",
        hint "see whether the nodes reach each other at their advertised addresses",
        "노드들이 알린 주소로 서로 연결되는지 확인하십시오";
    join_token_range(max): InvalidRequest,
        "a join token is good for 1 to {max} seconds",
        "참여 토큰의 유효 기간은 1~{max}초입니다";
    join_token_unreadable(detail): Denied,
        "{detail}",
        "참여 토큰을 읽을 수 없습니다: {~detail}";
    join_already_member(node): Conflict,
        "this machine is node {node} of a cluster already",
        "이 컴퓨터는 이미 클러스터의 노드 {node}입니다";
    join_unreachable(address, detail): Unavailable,
        "no member of the cluster answered at {address}: {detail}",
        "{address}에서 응답한 클러스터 구성원이 없습니다: {~detail}";
    join_refused(detail): Denied,
        "the cluster refused: {detail}",
        "클러스터가 거부했습니다: {~detail}";
    join_answer_unfit(detail): Internal,
        "the cluster's answer does not fit this machine: {detail}",
        "클러스터의 응답이 이 컴퓨터와 맞지 않습니다: {~detail}";
    join_identity_unusable(detail): Internal,
        "{detail}",
        "이 컴퓨터의 신원 파일을 사용할 수 없습니다: {~detail}";
    {
        already_founded("this cluster has a first node already"): "이 클러스터에는 이미 첫 노드가 있습니다";
        not_founded("the cluster has no first node yet"): "클러스터에 아직 첫 노드가 없습니다";
        bad_node_name("`{it}` is no node name: use 1 to 63 of a-z, 0-9, `-` and `.`, beginning and ending with a letter or digit"):
            "`{it}`은(는) 노드 이름이 될 수 없습니다. a-z, 0-9, `-`, `.` 로 1~63자를 사용하고, 글자나 숫자로 시작하고 끝내십시오";
        bad_address("`{it}` is no node address: write it as host:port, for instance 192.0.2.7:7400 or [2001:db8::7]:7400"):
            "`{it}`은(는) 노드 주소가 아닙니다. 호스트:포트로 쓰십시오. 예: 192.0.2.7:7400 또는 [2001:db8::7]:7400";
        node_name_taken("the name {name} is taken by node {node}; choose another, or remove that node first"):
            "이름 {name}은(는) 노드 {node}이(가) 사용 중입니다. 다른 이름을 선택하거나 먼저 그 노드를 제거하십시오";
        address_taken("the address {address} belongs to node {node}; if that machine was wiped, remove node {node} first"):
            "주소 {address}은(는) 노드 {node}의 것입니다. 그 컴퓨터를 초기화했다면 먼저 노드 {node}을(를) 제거하십시오";
        unknown_node("there is no node {it}"): "노드 {it}이(가) 없습니다";
        node_removed("node {it} was removed from the cluster; it can only join again as a new node"):
            "노드 {it}은(는) 클러스터에서 제거되었습니다. 새 노드로만 다시 참여할 수 있습니다";
        last_node("node {it} is the last active node; a cluster cannot lose it"): "노드 {it}은(는) 마지막 활성 노드입니다. 클러스터는 이 노드를 잃을 수 없습니다";
        node_holds_replicas("node {node} holds replicas of {volumes}; move them first, or remove the node together with them"):
            "노드 {node}에 {volumes}의 복제본이 있습니다. 먼저 옮기거나, 복제본과 함께 노드를 제거하십시오";
        key_taken("this machine's key already belongs to node {it}; remove that node, delete node.key here and join again"):
            "이 컴퓨터의 키는 이미 노드 {it}의 것입니다. 그 노드를 제거하고 여기의 node.key를 지운 뒤 다시 참여하십시오";
        bad_node_id("this node id cannot be used: ids come from the log"): "이 노드 번호는 사용할 수 없습니다. 번호는 로그가 정합니다";
        bad_token_lifetime("a token is valid for 1 second to 24 hours"): "토큰의 유효 기간은 1초~24시간입니다";
        too_many_tokens("there are {it} open join tokens; wait until they expire"): "열려 있는 참여 토큰이 {it}개입니다. 만료될 때까지 기다리십시오";
        token_exists("this token exists already"): "이 토큰은 이미 있습니다";
        token_unknown("the join token is not known to this cluster; create one with `nasctl cluster token`"):
            "이 클러스터가 모르는 참여 토큰입니다. `nasctl cluster token`로 만드십시오";
        token_used("the join token was already used, by node {it}; each token lets one node in, create another"):
            "참여 토큰을 노드 {it}이(가) 이미 사용했습니다. 토큰 하나는 노드 하나만 들이므로 새로 만드십시오";
        token_expired("the join token has expired; create another and use it within its lifetime"):
            "참여 토큰이 만료되었습니다. 새로 만들어 유효 기간 안에 사용하십시오";
    }
}

crate::deed::deeds! {
    "create the cluster {cluster} with node {name}":
        "created the cluster {cluster} with {name}",
        "{name} 노드로 클러스터 {cluster} 생성";
    "give the cluster another authority":
        "gave the cluster another authority",
        "클러스터의 인증 기관 교체";
    "activate node {member}":
        "activated node {member}",
        "노드 {member} 활성화";
    "set the address of node {member} to {address}":
        "set the address of node {member} to {address}",
        "노드 {member}의 주소를 변경: {address}";
    "remove node {member}":
        "removed node {member}",
        "노드 {member} 제거";
    "create a join token for {seconds} s":
        "made a join token for {seconds} seconds",
        "{seconds}초 동안 유효한 참여 토큰 생성";
    "let node {name} join from {address}":
        "let {name} join from {address}",
        "{name} 노드 참여 허용(주소 {address})";
    "found a cluster with this node":
        "founded a cluster with the node",
        "이 노드로 클러스터 생성";
    "join a cluster with this node":
        "joined a cluster with the node",
        "이 노드를 클러스터에 참여";
    "make a token that lets one node join":
        "made a join token",
        "참여 토큰 생성";
}
