//! Owns what is said about groups: users who have a role together.

use crate::access::{Access, Caller};
use crate::described::{RoleName, UserName, VolumeName};
use crate::operation::{HasTag, Nothing, Operation, Shape, Tagged, operations};
use crate::paging::{Cell, Column, Listed, Page};
use crate::{ApiError, ErrorCode, List, OWNED_MAX, check_owned, only_a_share_owner_owns};
use nasd_base::role::{Right, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Members of a group, at most: as many as there can be users.
pub const MEMBERS_MAX: usize = 1000;

/// Each member may do what the role may, besides what its own role and other groups let it do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    pub name: String,
    #[schemars(with = "RoleName")]
    pub role: Role,
    /// Names of the volumes whose exports the members decide about, in a group of share owners.
    #[serde(default)]
    pub owned: Vec<String>,
    /// Names of users, in their order.
    pub members: Vec<String>,
    /// For `If-Match`: changes when role, volumes or members do.
    pub etag: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = only_a_share_owner_owns()))]
pub struct CreateGroup {
    /// Looks like a user's.
    #[schemars(with = "UserName")]
    pub name: String,
    #[schemars(with = "RoleName")]
    pub role: Role,
    #[serde(default)]
    #[schemars(with = "Vec<VolumeName>", length(max = OWNED_MAX))]
    pub owned: Vec<String>,
    #[serde(default)]
    #[schemars(with = "Vec<UserName>", length(max = MEMBERS_MAX))]
    pub members: Vec<String>,
}

/// Replaces all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = only_a_share_owner_owns()))]
pub struct UpdateGroup {
    #[schemars(with = "RoleName")]
    pub role: Role,
    #[serde(default)]
    #[schemars(with = "Vec<VolumeName>", length(max = OWNED_MAX))]
    pub owned: Vec<String>,
    #[schemars(with = "Vec<UserName>", length(max = MEMBERS_MAX))]
    pub members: Vec<String>,
}

/// Which group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupAt {
    #[schemars(with = "UserName")]
    pub name: String,
}

impl GroupAt {
    pub fn new(name: &str) -> GroupAt {
        GroupAt { name: name.into() }
    }
}

const PATH: &str = "/groups";
const ONE: &str = "/groups/{name}";
const SEE: Access = Access::Needs(Right::ReadIdentity);
const CHANGE: Access = Access::Needs(Right::ChangeIdentity);

operations! {
    /// The groups, in the order of their names.
    ListGroups(Page<Group>) -> List<Group> = Shape::get(PATH, SEE, "The groups of users").korean("사용자 그룹 목록");

    /// One group, with the tag that changing it can name.
    ReadGroup(GroupAt) -> Tagged<Group> = Shape::get(ONE, SEE, "One group").korean("사용자 그룹 하나");

    /// Deletes a group; its members stay.
    DeleteGroup(GroupAt) -> Nothing = Shape::delete(ONE, CHANGE, "Delete a group; its members stay");
}

/// `NotFound` when one of the members is no user.
impl Operation for CreateGroup {
    type At = Nothing;
    type Body = Self;
    type Reply = Group;

    const SHAPE: Shape =
        Shape::post(PATH, CHANGE, "Make a group").refuses(&[ErrorCode::NotFound]).repeatable();

    fn check(caller: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        check(caller, request.role, &request.owned, &request.members)
    }
}

impl Operation for UpdateGroup {
    type At = GroupAt;
    type Body = Self;
    type Reply = Tagged<Group>;

    const SHAPE: Shape = Shape::put(ONE, CHANGE, "Set a group's role, volumes and members").conditional();

    fn check(caller: &Caller, _: &GroupAt, request: &Self) -> Result<(), ApiError> {
        check(caller, request.role, &request.owned, &request.members)
    }
}

fn check(caller: &Caller, role: Role, owned: &[String], members: &[String]) -> Result<(), ApiError> {
    caller.check_gives(role)?;
    check_owned(role, owned)?;
    match members.len() > MEMBERS_MAX {
        true => Err(refusals::group_members_max(MEMBERS_MAX)),
        false => Ok(()),
    }
}

impl HasTag for Group {
    fn tag(&self) -> &str {
        &self.etag
    }
}

impl Listed for Group {
    const COLUMNS: &'static [Column<Group>] = &[
        ("name", |group| Cell::text(&group.name)),
        ("role", |group| Cell::word(group.role, group.role as u64)),
        ("members", |group| Cell::texts(&group.members)),
    ];

    fn place(&self) -> String {
        self.name.clone()
    }
}

crate::refused::refusals! {
    unknown_group(it): NotFound,
        "there is no group {it}",
        "그룹 {it}이(가) 없습니다";
    group_gone(group): NotFound,
        "there is no group {group} any more",
        "그룹 {group}이(가) 이제 없습니다";
    group_exists(it): AlreadyExists,
        "there is a group {it} already",
        "그룹 {it}이(가) 이미 있습니다";
    group_members_max(max): InvalidRequest,
        "a group has at most {max} members",
        "그룹의 소속 사용자는 최대 {max}명입니다";
    {
        bad_group_name("a group's name has 1 to 32 of a-z, 0-9, `-`, `_` and `.`, and begins with a letter"): "그룹 이름은 a-z, 0-9, `-`, `_`, `.` 로 1~32자이고, 글자로 시작합니다";
    }
}

crate::deed::deeds! {
    "create group {name}, {role}, of {members}":
        "created group {name}, {role}, of {members}",
        "그룹 {name} 생성, 역할 {role}, 소속 사용자 {members}";
    "make group {name}, {role}, of {members}":
        "made group {name} {role}, of {members}",
        "그룹 {name} 변경, 역할 {role}, 소속 사용자 {members}";
    "delete group {name}":
        "deleted group {name}",
        "그룹 {name} 삭제";
    "delete a group; its members stay":
        "deleted a group",
        "그룹 삭제";
    "make a group":
        "made a group",
        "그룹 생성";
    "set a group's role, volumes and members":
        "changed a group",
        "그룹 변경";
}
