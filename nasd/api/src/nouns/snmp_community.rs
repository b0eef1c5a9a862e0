//! Owns what is said about communities of SNMPv2c: what they may read, and from where. What is sent is never shown.

use crate::access::{Access, Caller};
use crate::described::{CommunityText, NetworkText, SnmpName};
use crate::nouns::snmp_user::{SNMP_SOURCES_MAX, SnmpSource, check_sources, everything};
use crate::nouns::snmp_view::SnmpAt;
use crate::operation::{HasTag, Nothing, Operation, Shape, Tagged, operations};
use crate::paging::{Cell, Column, Listed, Page};
use crate::{ApiError, ErrorCode, List, Secret};
use nasd_base::role::Right;
use nasd_base::snmp::{COMMUNITY_CHARS_MAX, COMMUNITY_CHARS_MIN};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnmpCommunity {
    /// What people call it; not what is sent.
    pub name: String,
    /// The name of a view.
    pub view: String,
    #[schemars(with = "Vec<String>")]
    pub sources: Vec<SnmpSource>,
    /// For `If-Match`: changes when anything of it does.
    pub etag: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSnmpCommunity {
    #[schemars(with = "SnmpName")]
    pub name: String,
    /// What is sent, in clear: visible ASCII characters.
    #[schemars(with = "CommunityText")]
    pub community: Secret,
    #[serde(default = "everything")]
    #[schemars(with = "SnmpName")]
    pub view: String,
    /// From where it may ask: `0.0.0.0/0` and `::/0` for everywhere.
    #[schemars(with = "Vec<NetworkText>", length(min = 1, max = SNMP_SOURCES_MAX))]
    pub sources: Vec<SnmpSource>,
}

/// Replaces what a community may read and from where, and what is sent where that is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSnmpCommunity {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<CommunityText>")]
    pub community: Option<Secret>,
    #[schemars(with = "SnmpName")]
    pub view: String,
    #[schemars(with = "Vec<NetworkText>", length(min = 1, max = SNMP_SOURCES_MAX))]
    pub sources: Vec<SnmpSource>,
}

const PATH: &str = "/snmp/communities";
const ONE: &str = "/snmp/communities/{name}";
const SEE: Access = Access::Needs(Right::ReadStatus);
const CHANGE: Access = Access::Needs(Right::ChangeCluster);

operations! {
    /// The communities, in the order of their names.
    ListSnmpCommunities(Page<SnmpCommunity>) -> List<SnmpCommunity> = Shape::get(PATH, SEE, "The communities of SNMPv2c").korean("SNMPv2c 커뮤니티 목록");

    /// One community, with the tag that changing it can name.
    ReadSnmpCommunity(SnmpAt) -> Tagged<SnmpCommunity> = Shape::get(ONE, SEE, "One SNMP community").korean("SNMP 커뮤니티 하나");

    /// Nothing that is asked with it is answered any more.
    DeleteSnmpCommunity(SnmpAt) -> Nothing = Shape::delete(ONE, CHANGE, "Delete an SNMP community");
}

/// `NotFound` when there is no such view; `Conflict` when another one has the same secret.
impl Operation for CreateSnmpCommunity {
    type At = Nothing;
    type Body = Self;
    type Reply = SnmpCommunity;

    const SHAPE: Shape = Shape::post(PATH, CHANGE, "Make an SNMP community")
        .refuses(&[ErrorCode::NotFound])
        .repeatable()
        .secret();

    fn check(_: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        check_community(&request.community)?;
        check_sources(&request.sources)
    }
}

impl Operation for ChangeSnmpCommunity {
    type At = SnmpAt;
    type Body = Self;
    type Reply = Tagged<SnmpCommunity>;

    const SHAPE: Shape = Shape::put(ONE, CHANGE, "Set what an SNMP community may read, and what is sent")
        .refuses(&[ErrorCode::Conflict])
        .conditional()
        .secret();

    fn check(_: &Caller, _: &SnmpAt, request: &Self) -> Result<(), ApiError> {
        request.community.as_ref().map_or(Ok(()), check_community)?;
        check_sources(&request.sources)
    }
}

fn check_community(community: &Secret) -> Result<(), ApiError> {
    let text = community.reveal();
    let fits = (COMMUNITY_CHARS_MIN..=COMMUNITY_CHARS_MAX).contains(&text.len());
    match fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(()),
        false => Err(refusals::snmp_community_range(COMMUNITY_CHARS_MIN, COMMUNITY_CHARS_MAX)),
    }
}

impl HasTag for SnmpCommunity {
    fn tag(&self) -> &str {
        &self.etag
    }
}

impl Listed for SnmpCommunity {
    const COLUMNS: &'static [Column<SnmpCommunity>] = &[
        ("name", |community| Cell::text(&community.name)),
        ("view", |community| Cell::text(&community.view)),
        ("sources", |one| Cell::texts(&one.sources.iter().map(SnmpSource::to_string).collect::<Vec<_>>())),
    ];

    fn place(&self) -> String {
        self.name.clone()
    }
}

crate::refused::refusals! {
    unknown_snmp_community(it): NotFound,
        "there is no SNMP community {it}",
        "SNMP 커뮤니티 {it}이(가) 없습니다";
    snmp_community_exists(it): AlreadyExists,
        "there is an SNMP community {it} already",
        "SNMP 커뮤니티 {it}이(가) 이미 있습니다";
    snmp_community_range(min, max): InvalidRequest,
        "a community that is sent has {min} to {max} visible ASCII characters",
        "전송되는 커뮤니티는 눈에 보이는 ASCII 문자 {min}~{max}자입니다";
    {
        snmp_community_shared("another SNMP community has the same secret; choose another one"):
            "다른 SNMP 커뮤니티의 비밀값과 같습니다. 다른 값을 쓰십시오";
    }
}

crate::deed::deeds! {
    "create SNMP community {name} to read {what}":
        "created SNMP community {name}, which reads {what}",
        "SNMP 커뮤니티 {name} 생성: {what}";
    "give SNMP community {name} another secret to read {what}":
        "gave SNMP community {name} another secret, to read {what}",
        "SNMP 커뮤니티 {name}의 비밀값 변경: {what}";
    "let SNMP community {name} read {what}":
        "let SNMP community {name} read {what}",
        "SNMP 커뮤니티 {name} 변경: {what}";
    "delete SNMP community {name}":
        "deleted SNMP community {name}",
        "SNMP 커뮤니티 {name} 삭제";
    "delete an SNMP community":
        "deleted an SNMP community",
        "SNMP 커뮤니티 삭제";
    "make an SNMP community":
        "made an SNMP community",
        "SNMP 커뮤니티 생성";
    "set what an SNMP community may read, and what is sent":
        "changed an SNMP community",
        "SNMP 커뮤니티 변경";
}
