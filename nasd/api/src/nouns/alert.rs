//! Owns what is said about alerts, and what can be asked about them.

use crate::access::Access;
use crate::described::{AlertKindName, AlertObjectName, SeverityName};
use crate::operation::{Nothing, Operation, Shape, operations};
use crate::paging::{Cell, Column, Listed, Page, newest};
use crate::{ErrorCode, List, Sentence};
use nasd_base::alert::{AlertKind, Severity};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long a silence may last.
pub const SILENCE_SECONDS_MIN: u32 = 60;
pub const SILENCE_SECONDS_MAX: u32 = 30 * 24 * 3600;
/// Characters of what people write about an alert, at most.
pub const NOTE_CHARS_MAX: usize = 200;

/// Whether somebody has to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    Raised,
    /// Somebody looks after it.
    Acknowledged,
    /// What was wrong is not any more.
    Ended,
    #[serde(other)]
    Unknown,
}

/// Who looks after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acknowledgement {
    pub by: String,
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
    pub note: String,
}

/// Something that is or was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    pub id: u64,
    #[schemars(with = "AlertKindName")]
    pub kind: AlertKind,
    #[schemars(with = "SeverityName")]
    pub severity: Severity,
    pub state: AlertState,
    /// What it is about, as requests name it: `cluster`, `node/3`, `volume/7` or `disk/3/srv/a`.
    pub object: String,
    /// The same as people know it.
    pub name: String,
    /// What is wrong.
    pub what: Sentence,
    /// What to do about it.
    pub advice: Sentence,
    /// The console's page of what it is about.
    pub page: String,
    /// Seconds since 1970-01-01 UTC.
    pub raised: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledgement>,
    /// It is not delivered now.
    pub silenced: bool,
    /// It comes and goes: its end is waited for.
    pub flapping: bool,
    /// The alert that it would not be without; nobody is told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<u64>,
    /// How many would not be without it.
    pub consequences: u64,
}

/// Alerts that were, and those that are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertAt {
    pub id: u64,
}

/// Says who looks after an alert: the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeAlert {
    #[serde(default)]
    #[schemars(length(max = NOTE_CHARS_MAX))]
    pub note: String,
}

/// Keeps quiet about a kind of alerts, or what they are about, or both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSilence {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AlertKindName>")]
    pub kind: Option<AlertKind>,
    /// An alert's `object`; nodes and volumes may be named instead of numbered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AlertObjectName>")]
    pub object: Option<String>,
    #[schemars(range(min = SILENCE_SECONDS_MIN, max = SILENCE_SECONDS_MAX))]
    pub seconds: u32,
    #[serde(default)]
    #[schemars(length(max = NOTE_CHARS_MAX))]
    pub why: String,
}

/// What is raised and not delivered for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Silence {
    pub id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AlertKindName>")]
    pub kind: Option<AlertKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The object as people know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Seconds since 1970-01-01 UTC.
    pub until: i64,
    pub by: String,
    pub why: String,
}

/// Which silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SilenceAt {
    pub id: u64,
}

const PATH: &str = "/alerts";
const SILENCES: &str = "/silences";
const SEE: Access = Access::Needs(Right::ReadStatus);
const CHANGE: Access = Access::Needs(Right::ChangeStorage);

operations! {
    /// What is wrong, the latest first, with what follows from it.
    ListAlerts(Page<Alert>) -> List<Alert> = Shape::get(PATH, SEE, "What is wrong").korean("현재 알림 목록");

    /// What was wrong, the latest first, as far as it is remembered.
    ListPastAlerts(Page<Alert>) -> List<Alert> = Shape::get("/past-alerts", SEE, "What was wrong").korean("지난 알림 목록");

    /// One alert, open or not.
    ReadAlert(AlertAt) -> Alert = Shape::get("/alerts/{id}", SEE, "One alert").korean("알림 하나").refuses(&[ErrorCode::NotFound]);

    /// What nobody is told of for a while.
    ListSilences(Page<Silence>) -> List<Silence> = Shape::get(SILENCES, SEE, "The silences").korean("알림 중지 목록");

    /// What is still wrong is delivered then.
    EndSilence(SilenceAt) -> Nothing =
        Shape::delete("/silences/{id}", CHANGE, "End a silence").refuses(&[ErrorCode::NotFound]);
}

/// `Conflict` when it is over.
impl Operation for AcknowledgeAlert {
    type At = AlertAt;
    type Body = Self;
    type Reply = Alert;

    const SHAPE: Shape = Shape::put("/alerts/{id}/acknowledgement", CHANGE, "Look after an alert")
        .refuses(&[ErrorCode::NotFound, ErrorCode::Conflict]);
}

/// `Conflict` when there are too many.
impl Operation for CreateSilence {
    type At = Nothing;
    type Body = Self;
    type Reply = Silence;

    const SHAPE: Shape = Shape::post(SILENCES, CHANGE, "Keep quiet about alerts")
        .refuses(&[ErrorCode::NotFound, ErrorCode::Conflict])
        .repeatable();
}

impl Listed for Alert {
    const COLUMNS: &'static [Column<Alert>] = &[
        ("id", |alert| Cell::number(alert.id)),
        ("raised", |alert| Cell::time(alert.raised)),
        ("severity", |alert| Cell::word(alert.severity, alert.severity as u64)),
        ("kind", |alert| Cell::word(alert.kind, alert.kind as u64)),
        ("state", |alert| Cell::word(alert.state, alert.state as u64)),
        ("about", |alert| Cell::texts(&[alert.name.clone(), alert.object.clone()])),
        ("cause", |alert| Cell::number(alert.cause.unwrap_or(0))),
    ];

    fn place(&self) -> String {
        newest(self.id)
    }
}

impl Listed for Silence {
    const COLUMNS: &'static [Column<Silence>] = &[
        ("until", |silence| Cell::time(silence.until)),
        ("by", |silence| Cell::text(&silence.by)),
        ("about", |silence| Cell::text(silence.name.as_deref().unwrap_or_default())),
    ];

    fn place(&self) -> String {
        newest(self.id)
    }
}

crate::refused::refusals! {
    unknown_alert(it): NotFound,
        "there is no alert {it}",
        "알림 {it}이(가) 없습니다";
    unknown_silence(it): NotFound,
        "there is no silence {it}",
        "알림 중지 {it}이(가) 없습니다";
    alert_object_unknown(it): NotFound,
        "`{it}` is nothing that alerts are about",
        "`{it}`은(는) 알림의 대상이 아닙니다",
        hint "write cluster, node/NAME, volume/NAME or disk/NODE/PATH", "cluster, node/이름, volume/이름 또는 disk/노드/경로로 쓰십시오";
    silence_made_behind(): Unavailable,
        "the silence was made, but this node is behind",
        "알림을 중지했지만 이 노드가 아직 최신 상태가 아닙니다";
    {
        alert_ended("alert {it} is over"): "알림 {it}은(는) 이미 끝났습니다";
        silences_everything("a silence names a kind of alerts or what they are about"): "알림 중지에는 알림의 종류나 대상을 지정해야 합니다";
        bad_silence("a silence lasts from 1 minute to 30 days"): "알림 중지 기간은 1분~30일입니다";
        too_many_silences("there are {it} silences; end some of them"): "알림 중지가 {it}개 있습니다. 일부를 끝내십시오";
        too_many_changes("what a node saw could not be taken: {it} changes at once"): "노드가 본 것을 받을 수 없습니다. 한 번에 변경 {it}개입니다";
    }
}

crate::deed::deeds! {
    "acknowledge alert {alert}":
        "acknowledged alert {alert}",
        "알림 {alert} 확인";
    "silence alerts of kind {kind} about {object} for {seconds} s":
        "silenced alerts of kind {kind} about {object} for {seconds} s",
        "알림 중지: 종류 {kind}, 대상 {object}, {seconds}초";
    "end silence {silence}":
        "ended silence {silence}",
        "알림 중지 {silence} 끝냄";
    "look after an alert":
        "acknowledged an alert",
        "알림 확인";
    "keep quiet about alerts":
        "silenced alerts",
        "알림 중지";
    "end a silence":
        "ended a silence",
        "알림 중지 끝냄";
}
