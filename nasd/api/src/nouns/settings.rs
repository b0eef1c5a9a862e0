//! Owns what is said about the settings of the whole cluster.

use crate::access::{Access, Caller};
use crate::described::{ConsoleAddress, HostName, TimeZoneName};
use crate::operation::{HasTag, Nothing, Operation, Shape, Tagged, operations};
use crate::{ApiError, UTC, Zone};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the two limits of sessions may be, in minutes.
pub const SESSION_MINUTES_MIN: u32 = 5;
pub const SESSION_MINUTES_MAX: u32 = 24 * 60;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// What people call the cluster.
    pub name: String,
    /// A session ends when it was not used for this long.
    pub session_idle_minutes: u32,
    /// A session ends at the latest after this long.
    pub session_minutes: u32,
    /// In which times are shown: a name of the IANA database.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Where people open the console, which messages about alerts link to; empty: they link to nothing.
    #[serde(default)]
    pub console: String,
    /// For `If-Match`: changes when a setting does.
    pub etag: String,
}

fn utc() -> String {
    UTC.to_owned()
}

/// Replaces all of them. Sessions that are older than the new limits end at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSettings {
    #[schemars(with = "HostName")]
    pub name: String,
    /// Not more than `session_minutes`.
    #[schemars(range(min = SESSION_MINUTES_MIN, max = SESSION_MINUTES_MAX))]
    pub session_idle_minutes: u32,
    #[schemars(range(min = SESSION_MINUTES_MIN, max = SESSION_MINUTES_MAX))]
    pub session_minutes: u32,
    /// A name of the IANA database; as it was when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<TimeZoneName>")]
    pub time_zone: Option<String>,
    /// An `https` or `http` address without a query, or nothing; as it was when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ConsoleAddress>")]
    pub console: Option<String>,
}

const PATH: &str = "/settings";

operations! {
    /// The cluster's settings.
    ReadSettings(Nothing) -> Tagged<Settings> =
        Shape::get(PATH, Access::Needs(Right::ReadStatus), "The cluster's settings").korean("클러스터 설정");
}

impl Operation for ChangeSettings {
    type At = Nothing;
    type Body = Self;
    type Reply = Tagged<Settings>;

    const SHAPE: Shape =
        Shape::put(PATH, Access::Needs(Right::ChangeCluster), "Replace the cluster's settings").conditional();

    fn check(_: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        let (idle, total) = (request.session_idle_minutes, request.session_minutes);
        let possible = SESSION_MINUTES_MIN..=SESSION_MINUTES_MAX;
        if !possible.contains(&idle) || !possible.contains(&total) {
            return Err(refusals::session_minutes_range(SESSION_MINUTES_MIN, SESSION_MINUTES_MAX));
        }
        if idle > total {
            return Err(refusals::idle_beyond_lifetime());
        }
        if let Some(name) = request.time_zone.as_ref().filter(|name| Zone::named(name).is_none()) {
            return Err(refusals::time_zone_unknown(name));
        }
        Ok(())
    }
}

impl HasTag for Settings {
    fn tag(&self) -> &str {
        &self.etag
    }
}

crate::refused::refusals! {
    session_minutes_range(min, max): InvalidRequest,
        "a session's limits are {min} to {max} minutes",
        "세션의 한도는 {min}~{max}분입니다";
    idle_beyond_lifetime(): InvalidRequest,
        "session_idle_minutes is more than session_minutes: a session would never be idle for so long",
        "`session_idle_minutes`가 `session_minutes`보다 깁니다. 세션이 그렇게 오래 쉴 수 없습니다";
    time_zone_unknown(name): InvalidRequest,
        "`{name}` is no time zone: use a name of the IANA database, for instance Asia/Seoul or UTC",
        "`{name}`은(는) 시간대 이름이 아닙니다. IANA 데이터베이스의 이름을 사용하십시오. 예: Asia/Seoul, UTC";
    {
        bad_time_zone("`{it}` cannot be the name of a time zone"): "`{it}`은(는) 시간대 이름이 될 수 없습니다";
        bad_console("`{it}` cannot be the console's address: write https://HOST or https://HOST:PORT, at most 255 bytes"):
            "`{it}`은(는) 콘솔의 주소가 될 수 없습니다. https://호스트 또는 https://호스트:포트로 쓰십시오(최대 255바이트)";
        bad_cluster_name("`{it}` is no cluster name: use 1 to 63 of a-z, 0-9, `-` and `.`, beginning and ending with a letter or digit"):
            "`{it}`은(는) 클러스터 이름이 될 수 없습니다. a-z, 0-9, `-`, `.` 로 1~63자를 사용하고, 글자나 숫자로 시작하고 끝내십시오";
        bad_session_limits("sessions end after 5 to 1440 minutes without a request, and at the latest after as many or more, up to 1440"):
            "세션은 요청 없이 5~1440분이 지나면 종료되고, 늦어도 그와 같거나 더 긴 시간(최대 1440분)이 지나면 종료됩니다";
    }
}

crate::deed::deeds! {
    "call the cluster {cluster}; sessions end after {idle} min without a request, {total} min at the latest; times are those of {zone}; the console is at {console}":
        "called the cluster {cluster}, with sessions of {idle} minutes without a request and {total} minutes at most, times of {zone}, and the console at {console}",
        "클러스터 설정 변경: 이름 {cluster}, 세션은 요청이 없으면 {idle}분, 길어도 {total}분, 시간대 {zone}, 콘솔 {console}";
    "call the cluster {cluster}; sessions end after {idle} min without a request, {total} min at the latest; the console is at {console}":
        "called the cluster {cluster}, with sessions of {idle} minutes without a request and {total} minutes at most, and the console at {console}",
        "클러스터 설정 변경: 이름 {cluster}, 세션은 요청이 없으면 {idle}분, 길어도 {total}분, 콘솔 {console}";
    "call the cluster {cluster}; sessions end after {idle} min without a request, {total} min at the latest; times are those of {zone}":
        "called the cluster {cluster}, with sessions of {idle} minutes without a request and {total} minutes at most, and times of {zone}",
        "클러스터 설정 변경: 이름 {cluster}, 세션은 요청이 없으면 {idle}분, 길어도 {total}분, 시간대 {zone}";
    "call the cluster {cluster}; sessions end after {idle} min without a request, {total} min at the latest":
        "called the cluster {cluster}, with sessions of {idle} minutes without a request and {total} minutes at most",
        "클러스터 설정 변경: 이름 {cluster}, 세션은 요청이 없으면 {idle}분, 길어도 {total}분";
    "replace the cluster's settings":
        "replaced the cluster's settings",
        "클러스터 설정 변경";
}
