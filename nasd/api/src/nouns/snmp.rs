//! Owns what is said about SNMP as a whole: who the nodes are there, whom to ask about them, and what the agent of a node
//! has to know.

use crate::access::{Access, Caller};
use crate::described::LineText;
use crate::nouns::snmp_user::SnmpSource;
use crate::operation::{HasTag, Nothing, Operation, Shape, Tagged, operations};
use crate::{ApiError, Secret};
use nasd_base::role::Right;
use nasd_base::snmp::{AuthProtocol, Oid, Privacy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest contact or location, in bytes (RFC 3418, sysContact).
pub const CONTACT_BYTES_MAX: usize = 255;

/// What there is of SNMP. Without a user or community nothing is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Snmp {
    /// Who looks after the cluster (sysContact).
    pub contact: String,
    /// Where it is (sysLocation).
    pub location: String,
    pub users: usize,
    pub communities: usize,
    pub nodes: Vec<SnmpNode>,
    /// For `If-Match`: changes when contact or location do.
    pub etag: String,
}

/// A node as SNMP knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnmpNode {
    pub node: String,
    /// Where other nodes reach it, and managers most likely do.
    pub host: String,
    /// As hexadecimal digits.
    pub engine_id: String,
}

/// Replaces both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSnmp {
    #[schemars(with = "LineText")]
    pub contact: String,
    #[schemars(with = "LineText")]
    pub location: String,
}

/// All that the agent of one node has to know to answer. Keys are this node's own, as hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnmpAgent {
    pub node: String,
    /// As hexadecimal digits.
    pub engine_id: String,
    pub contact: String,
    pub location: String,
    pub users: Vec<SnmpAgentUser>,
    pub communities: Vec<SnmpAgentCommunity>,
    /// Every view that there is, those that are always there among them.
    pub views: Vec<SnmpAgentView>,
}

/// A user with its keys for this node. One that has none for it is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnmpAgentUser {
    pub name: String,
    #[schemars(with = "String")]
    pub auth: AuthProtocol,
    /// Localized to the engine id: RFC 3414 §2.6.
    pub auth_key: Secret,
    #[schemars(with = "String")]
    pub privacy: Privacy,
    /// As long as the cipher takes it; empty without one.
    pub privacy_key: Secret,
    pub view: String,
    #[schemars(with = "Vec<String>")]
    pub sources: Vec<SnmpSource>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnmpAgentCommunity {
    pub name: String,
    /// BLAKE3 of what is sent, as hexadecimal digits.
    pub blake3: Secret,
    pub view: String,
    #[schemars(with = "Vec<String>")]
    pub sources: Vec<SnmpSource>,
}

/// Of two object identifiers that hold an object the longer one decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnmpAgentView {
    pub name: String,
    #[schemars(with = "Vec<String>")]
    pub included: Vec<Oid>,
    #[schemars(with = "Vec<String>")]
    pub excluded: Vec<Oid>,
}

/// What became of the messages that reached an agent, since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportSnmp {
    pub answered: u64,
    /// Could not be read.
    pub malformed: u64,
    pub bad_versions: u64,
    pub bad_communities: u64,
    /// Came from where their sender may not ask from.
    pub bad_sources: u64,
    pub unknown_engines: u64,
    pub unknown_users: u64,
    /// Signed with a wrong key.
    pub bad_signatures: u64,
    /// Enciphered with a wrong key.
    pub undecipherable: u64,
    /// Not signed or enciphered as their user has to.
    pub bad_levels: u64,
    /// Of another time or start.
    pub not_in_time: u64,
    /// Sent again by somebody else.
    pub replayed: u64,
}

const PATH: &str = "/snmp";

operations! {
    /// What there is of SNMP.
    ReadSnmp(Nothing) -> Tagged<Snmp> = Shape::get(PATH, Access::Needs(Right::ReadStatus), "What SNMP knows the cluster by").korean("SNMP 설정");

    /// What the agent of the answering node has to know.
    ReadSnmpAgent(Nothing) -> SnmpAgent =
        Shape::get("/snmp/agent", Access::Needs(Right::Serve), "What the SNMP agent of this node has to know").korean("이 노드의 SNMP 에이전트 설정");
}

impl Operation for ReportSnmp {
    type At = Nothing;
    type Body = Self;
    type Reply = Nothing;

    const SHAPE: Shape = Shape::put(
        "/snmp/agent/counts",
        Access::Needs(Right::Serve),
        "Say what became of the messages that reached the SNMP agent of this node",
    )
    .korean("이 노드의 SNMP 에이전트에 온 메시지 집계 보고");
}

impl Operation for ChangeSnmp {
    type At = Nothing;
    type Body = Self;
    type Reply = Tagged<Snmp>;

    const SHAPE: Shape = Shape::put(
        PATH,
        Access::Needs(Right::ChangeCluster),
        "Say whom SNMP names as contact, and where the cluster is",
    )
    .conditional();

    fn check(_: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        match [&request.contact, &request.location].into_iter().find(|text| !is_line(text)) {
            None => Ok(()),
            Some(bad) => Err(refusals::bad_contact(
                bad.chars().take(80).filter(|c| !c.is_control()).collect::<String>(),
            )),
        }
    }
}

fn is_line(text: &str) -> bool {
    text.len() <= CONTACT_BYTES_MAX && !text.chars().any(char::is_control)
}

impl HasTag for Snmp {
    fn tag(&self) -> &str {
        &self.etag
    }
}

crate::refused::refusals! {
    bad_contact(it): InvalidRequest,
        "`{it}` cannot be told by SNMP: use at most 255 bytes, and one line",
        "`{it}`은(는) SNMP로 알릴 수 없습니다. 255바이트 이하의 한 줄로 쓰십시오";
}

crate::deed::deeds! {
    "tell by SNMP the contact {contact}; and the location {location}":
        "made SNMP tell the contact {contact} and the location {location}",
        "SNMP로 알릴 연락처와 위치 변경: {contact}, {location}";
    "say what became of the messages that reached the SNMP agent of this node":
        "said what became of the messages that reached the node's SNMP agent",
        "노드의 SNMP 에이전트에 온 메시지 집계 보고";
    "say whom SNMP names as contact, and where the cluster is":
        "changed the contact or location that SNMP tells",
        "SNMP로 알릴 연락처나 위치 변경";
}
