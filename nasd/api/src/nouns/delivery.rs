//! Owns what is said about deliveries of alerts, and what the node's agents, who deliver, ask for and report.

use super::alert::Alert;
use super::channel::Speech;
use crate::access::Access;
use crate::described::{ChannelKindName, ChannelTargetText, SeverityName};
use crate::operation::{Nothing, Operation, Shape, operations};
use crate::paging::{Cell, Column, Listed, Page, newest};
use crate::{ErrorCode, List, Secret};
use nasd_base::alert::Severity;
use nasd_base::channel::{ChannelKind, ChannelTarget};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a delivery says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryAbout {
    /// Something is wrong.
    Raised,
    /// It is not any more.
    Ended,
    /// It comes and goes.
    Flapping,
    /// Many alerts at once.
    Digest,
    Test,
    #[serde(other)]
    Unknown,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Waiting,
    /// A node tries it.
    UnderWay,
    Delivered,
    /// It was tried in vain.
    GivenUp,
    /// There was no need for it any more before it was tried.
    Retracted,
    #[serde(other)]
    Unknown,
}

/// One message over one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    pub id: u64,
    pub channel: String,
    pub about: DeliveryAbout,
    pub state: DeliveryState,
    /// Of the first few alerts.
    pub alerts: Vec<u64>,
    /// Alerts that it is about.
    pub count: u32,
    /// Seconds since 1970-01-01 UTC.
    pub made: i64,
    /// When it is tried, or tried again.
    pub due: i64,
    pub attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<i64>,
    /// Why the last attempt failed, in the words of whoever tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Takes what is due over channels of these kinds, for this node's agent to deliver within 90 seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeDeliveries {
    #[schemars(with = "Vec<ChannelKindName>")]
    pub kinds: Vec<ChannelKind>,
}

/// What an agent is to deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Of the delivery: whoever gets it twice knows by this.
    pub delivery: u64,
    pub attempt: u32,
    pub cluster: String,
    pub channel: String,
    #[schemars(with = "ChannelTargetText")]
    pub target: ChannelTarget,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    pub speech: Speech,
    pub about: DeliveryAbout,
    #[schemars(with = "SeverityName")]
    pub severity: Severity,
    /// When it came to this, in seconds since 1970-01-01 UTC.
    pub at: i64,
    /// The first few.
    pub alerts: Vec<Alert>,
    pub count: u32,
    /// In which times are told: a name of the IANA database. Absent: UTC.
    #[serde(default)]
    pub time_zone: String,
    /// Where the console is, for a link to what happened; empty where nobody has said it.
    #[serde(default)]
    pub console: String,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportDelivery {
    /// Why it failed; absent: it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 300))]
    pub failure: Option<String>,
}

/// Which delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryAt {
    pub id: u64,
}

const PATH: &str = "/deliveries";
/// The node's agents only: with a message comes its channel's secret.
const AGENTS: Access = Access::Needs(Right::Serve);

operations! {
    /// What was and is to be delivered, the latest first.
    ListDeliveries(Page<Delivery>) -> List<Delivery> =
        Shape::get(PATH, Access::Needs(Right::ReadStatus), "What was delivered to whom").korean("전달 기록");
}

/// What another node's agent has taken is not among them until its time has run out.
impl Operation for TakeDeliveries {
    type At = Nothing;
    type Body = Self;
    type Reply = List<Message>;

    const SHAPE: Shape = Shape::post("/deliveries/taken", AGENTS, "Take what is to be delivered")
        .korean("전달할 항목 가져오기");
}

/// What is said of a delivery that the node has not taken, or not any more, changes nothing.
impl Operation for ReportDelivery {
    type At = DeliveryAt;
    type Body = Self;
    type Reply = Nothing;

    const SHAPE: Shape = Shape::put("/deliveries/{id}/outcome", AGENTS, "Say what came of a delivery")
        .korean("전달 결과 보고")
        .refuses(&[ErrorCode::NotFound]);
}

impl Listed for Delivery {
    const COLUMNS: &'static [Column<Delivery>] = &[
        ("id", |delivery| Cell::number(delivery.id)),
        ("made", |delivery| Cell::time(delivery.made)),
        ("channel", |delivery| Cell::text(&delivery.channel)),
        ("about", |delivery| Cell::word(delivery.about, delivery.about as u64)),
        ("state", |delivery| Cell::word(delivery.state, delivery.state as u64)),
        ("attempts", |delivery| Cell::number(u64::from(delivery.attempts))),
    ];

    fn place(&self) -> String {
        newest(self.id)
    }
}

crate::refused::refusals! {
    unknown_delivery(it): NotFound,
        "there is no delivery {it}",
        "전송 {it}이(가) 없습니다";
}

crate::deed::deeds! {
    "let node {node} deliver":
        "let node {node} deliver",
        "노드 {node}에 전송 맡김";
    "report of delivery {delivery}":
        "reported of delivery {delivery}",
        "전송 {delivery} 결과 보고";
    "change {count} alerts":
        "changed {count} alerts",
        "알림 {count}개 변경";
    "take what is to be delivered":
        "took what is to be delivered",
        "보낼 것을 가져감";
    "say what came of a delivery":
        "said what came of a delivery",
        "전송 결과 보고";
}
