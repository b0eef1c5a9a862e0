//! Owns what is said about SNMP views: which objects who may read.

use crate::access::{Access, Caller};
use crate::described::{OidText, SnmpName};
use crate::operation::{HasTag, Nothing, Operation, Shape, Tagged, operations};
use crate::paging::{Cell, Column, Listed, Page};
use crate::{ApiError, List};
use nasd_base::role::Right;
use nasd_base::snmp::Oid;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Object identifiers that a view includes, and that it excludes.
pub const SNMP_OIDS_MAX: usize = 64;
/// The view of who is not given another one.
pub const SNMP_VIEW: &str = "all";

/// A part of the tree of objects. Of two object identifiers that hold an object the longer one decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnmpView {
    pub name: String,
    #[schemars(with = "Vec<String>")]
    pub included: Vec<Oid>,
    #[schemars(with = "Vec<String>")]
    pub excluded: Vec<Oid>,
    /// It is always there, as it is.
    pub built_in: bool,
    /// For `If-Match`: changes when anything of it does.
    pub etag: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSnmpView {
    #[schemars(with = "SnmpName")]
    pub name: String,
    #[schemars(with = "Vec<OidText>", length(min = 1, max = SNMP_OIDS_MAX))]
    pub included: Vec<Oid>,
    #[serde(default)]
    #[schemars(with = "Vec<OidText>", length(max = SNMP_OIDS_MAX))]
    pub excluded: Vec<Oid>,
}

/// Replaces what a view shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSnmpView {
    #[schemars(with = "Vec<OidText>", length(min = 1, max = SNMP_OIDS_MAX))]
    pub included: Vec<Oid>,
    #[serde(default)]
    #[schemars(with = "Vec<OidText>", length(max = SNMP_OIDS_MAX))]
    pub excluded: Vec<Oid>,
}

/// Which user, community or view of SNMP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnmpAt {
    #[schemars(with = "SnmpName")]
    pub name: String,
}

impl SnmpAt {
    pub fn new(name: &str) -> SnmpAt {
        SnmpAt { name: name.into() }
    }
}

const PATH: &str = "/snmp/views";
const ONE: &str = "/snmp/views/{name}";
const SEE: Access = Access::Needs(Right::ReadStatus);
const CHANGE: Access = Access::Needs(Right::ChangeCluster);

operations! {
    /// The views, those that are always there among them.
    ListSnmpViews(Page<SnmpView>) -> List<SnmpView> = Shape::get(PATH, SEE, "The SNMP views").korean("SNMP 뷰 목록");

    /// One view, with the tag that changing it can name.
    ReadSnmpView(SnmpAt) -> Tagged<SnmpView> = Shape::get(ONE, SEE, "One SNMP view").korean("SNMP 뷰 하나");

    /// Deletes a view that nobody reads.
    DeleteSnmpView(SnmpAt) -> Nothing =
        Shape::delete(ONE, CHANGE, "Delete an SNMP view").refuses(&[crate::ErrorCode::Conflict]);
}

impl Operation for CreateSnmpView {
    type At = Nothing;
    type Body = Self;
    type Reply = SnmpView;

    const SHAPE: Shape = Shape::post(PATH, CHANGE, "Make an SNMP view").repeatable();

    fn check(_: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        check_trees(&request.included, &request.excluded)
    }
}

/// `Conflict` for a view that is always there.
impl Operation for ChangeSnmpView {
    type At = SnmpAt;
    type Body = Self;
    type Reply = Tagged<SnmpView>;

    const SHAPE: Shape = Shape::put(ONE, CHANGE, "Replace what an SNMP view shows")
        .refuses(&[crate::ErrorCode::Conflict])
        .conditional();

    fn check(_: &Caller, _: &SnmpAt, request: &Self) -> Result<(), ApiError> {
        check_trees(&request.included, &request.excluded)
    }
}

fn check_trees(included: &[Oid], excluded: &[Oid]) -> Result<(), ApiError> {
    match (1..=SNMP_OIDS_MAX).contains(&included.len()) && excluded.len() <= SNMP_OIDS_MAX {
        true => Ok(()),
        false => Err(refusals::snmp_view_size(SNMP_OIDS_MAX)),
    }
}

impl HasTag for SnmpView {
    fn tag(&self) -> &str {
        &self.etag
    }
}

impl Listed for SnmpView {
    const COLUMNS: &'static [Column<SnmpView>] = &[
        ("name", |view| Cell::text(&view.name)),
        ("included", |view| Cell::texts(&texts(&view.included))),
        ("excluded", |view| Cell::texts(&texts(&view.excluded))),
    ];

    fn place(&self) -> String {
        self.name.clone()
    }
}

fn texts(oids: &[Oid]) -> Vec<String> {
    oids.iter().map(Oid::to_string).collect()
}

crate::refused::refusals! {
    unknown_snmp_view(it): NotFound,
        "there is no SNMP view {it}",
        "SNMP 뷰 {it}이(가) 없습니다";
    snmp_view_exists(it): AlreadyExists,
        "there is an SNMP view {it} already",
        "SNMP 뷰 {it}이(가) 이미 있습니다";
    snmp_view_built_in(it): Conflict,
        "the SNMP view {it} is always there, as it is",
        "SNMP 뷰 {it}은(는) 언제나 있으며 바꿀 수 없습니다",
        hint "make another view with another name", "다른 이름으로 새 뷰를 만드십시오";
    snmp_view_size(it): InvalidRequest,
        "an SNMP view includes 1 to {it} object identifiers, and excludes as many at most",
        "SNMP 뷰는 객체 식별자를 1~{it}개 포함하고, 최대 {it}개 제외합니다";
    {
        bad_snmp_name("`{it}` cannot be a name here: use 1 to 32 letters, digits, `-`, `_` and `.`, beginning with a letter or digit"):
            "`{it}`은(는) 여기에 쓸 수 있는 이름이 아닙니다. 글자, 숫자, `-`, `_`, `.` 로 1~32자를 사용하고, 글자나 숫자로 시작하십시오";
        snmp_view_read("the SNMP view {view} is what {readers} may read; let them read another one first"):
            "SNMP 뷰 {view}을(를) 읽는 사용자나 커뮤니티가 있습니다: {readers}. 먼저 다른 뷰를 읽게 하십시오";
    }
}

crate::deed::deeds! {
    "create SNMP view {name} of {trees}":
        "created SNMP view {name} of {trees}",
        "SNMP 뷰 {name} 생성: {trees}";
    "make SNMP view {name} show {trees}":
        "made SNMP view {name} show {trees}",
        "SNMP 뷰 {name} 변경: {trees}";
    "delete SNMP view {name}":
        "deleted SNMP view {name}",
        "SNMP 뷰 {name} 삭제";
    "delete an SNMP view":
        "deleted an SNMP view",
        "SNMP 뷰 삭제";
    "make an SNMP view":
        "made an SNMP view",
        "SNMP 뷰 생성";
    "replace what an SNMP view shows":
        "changed an SNMP view",
        "SNMP 뷰 변경";
}
