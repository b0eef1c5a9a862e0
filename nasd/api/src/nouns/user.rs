//! Owns what is said about users and roles, and what can be asked about them.

use crate::access::{Access, Caller};
use crate::described::{NewPasswordText, RightName, RoleName, UserName, VolumeName};
use crate::operation::{HasTag, Nothing, Operation, Shape, Tagged, operations};
use crate::paging::{Cell, Column, Listed, Page};
use crate::{ApiError, ErrorCode, List, Secret};
use nasd_base::role::{Right, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Volumes that one share owner decides about.
pub const OWNED_MAX: usize = 64;

/// With another role the list of owned volumes is empty.
pub(crate) fn only_a_share_owner_owns() -> Value {
    json!([{
        "if": { "properties": { "role": { "const": Role::ShareOwner } } },
        "else": { "properties": { "owned": { "maxItems": 0 } } },
    }])
}

/// A user, without anything that would let somebody log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    pub name: String,
    #[schemars(with = "RoleName")]
    pub role: Role,
    /// Names of the volumes whose exports a share owner decides about.
    #[serde(default)]
    pub owned: Vec<String>,
    /// Names of the groups that it is in, whose roles it has besides its own.
    #[serde(default)]
    pub groups: Vec<String>,
    pub disabled: bool,
    pub has_second_factor: bool,
    /// Seconds since 1970-01-01 UTC.
    pub created: i64,
    /// Seconds until the user can try again after wrong passwords.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_seconds: Option<u32>,
    /// For `If-Match`: changes when role, volumes or disabled do.
    pub etag: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = only_a_share_owner_owns()))]
pub struct CreateUser {
    #[schemars(with = "UserName")]
    pub name: String,
    #[schemars(with = "RoleName")]
    pub role: Role,
    #[serde(default)]
    #[schemars(with = "Vec<VolumeName>", length(max = OWNED_MAX))]
    pub owned: Vec<String>,
    #[schemars(with = "NewPasswordText")]
    pub password: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = only_a_share_owner_owns()))]
pub struct UpdateUser {
    #[schemars(with = "RoleName")]
    pub role: Role,
    #[serde(default)]
    #[schemars(with = "Vec<VolumeName>", length(max = OWNED_MAX))]
    pub owned: Vec<String>,
    #[serde(default)]
    pub disabled: bool,
}

/// Sets a password. It ends the user's sessions but the one that asks, and its API tokens unless they are to stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    #[schemars(with = "NewPasswordText")]
    pub password: Secret,
    /// What the caller logs in with, whoever's password is set; not needed on the local socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Secret>,
    #[serde(default)]
    pub keep_api_tokens: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleInfo {
    #[schemars(with = "RoleName")]
    pub role: Role,
    #[schemars(with = "Vec<RightName>")]
    pub rights: Vec<Right>,
}

impl RoleInfo {
    /// The rights of each role are the software's: no state knows more.
    pub fn all() -> List<RoleInfo> {
        let items: Vec<RoleInfo> =
            Role::ALL.into_iter().map(|role| RoleInfo { role, rights: role.rights().to_vec() }).collect();
        items.into()
    }
}

/// Which user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserAt {
    #[schemars(with = "UserName")]
    pub name: String,
}

impl UserAt {
    pub fn new(name: &str) -> UserAt {
        UserAt { name: name.into() }
    }
}

impl HasTag for User {
    fn tag(&self) -> &str {
        &self.etag
    }
}

const PATH: &str = "/users";
const ONE: &str = "/users/{name}";
const OWN: Access = Access::Needs(Right::OwnAccount);
const SEE: Access = Access::Needs(Right::ReadIdentity);
const CHANGE: Access = Access::Needs(Right::ChangeIdentity);

operations! {
    /// The roles and their rights.
    ListRoles(Nothing) -> List<RoleInfo> =
        Shape::get("/roles", Access::Needs(Right::ReadStatus), "The roles and their rights").korean("역할과 그 권한");

    /// The users, in the order of their names.
    ListUsers(Page<User>) -> List<User> = Shape::get(PATH, SEE, "The users").korean("사용자 목록");

    /// One user, with the tag that changing it can name.
    ReadUser(UserAt) -> Tagged<User> = Shape::get(ONE, SEE, "One user").korean("사용자 하나");

    /// Deletes a user; its sessions and API tokens end.
    DeleteUser(UserAt) -> Nothing = Shape::delete(ONE, CHANGE, "Delete a user");

    /// Ends the wait after wrong passwords.
    UnlockUser(UserAt) -> Nothing = Shape::delete("/users/{name}/lock", CHANGE, "Let a locked user try again");

    /// The caller's own user.
    ReadAccount(Nothing) -> Tagged<User> =
        Shape::get("/account", OWN, "One's own user").korean("자신의 사용자 정보").refuses(&[ErrorCode::NotFound]);
}

impl Operation for CreateUser {
    type At = Nothing;
    type Body = Self;
    type Reply = User;

    const SHAPE: Shape = Shape::post(PATH, CHANGE, "Make a user")
        .refuses(&[ErrorCode::TooManyAttempts, ErrorCode::NotFound])
        .repeatable();

    fn check(caller: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        caller.check_gives(request.role)?;
        check_owned(request.role, &request.owned)
    }
}

impl Operation for UpdateUser {
    type At = UserAt;
    type Body = Self;
    type Reply = Tagged<User>;

    const SHAPE: Shape =
        Shape::put(ONE, CHANGE, "Set a user's role, volumes and whether disabled").conditional();

    fn check(caller: &Caller, _: &UserAt, request: &Self) -> Result<(), ApiError> {
        caller.check_gives(request.role)?;
        check_owned(request.role, &request.owned)
    }
}

/// Sets somebody's password. Takes the caller's own, as everything that changes what protects an account does. The
/// caller's session, if it has one and the user is the caller, is kept; the user's others end.
pub struct SetPassword;

impl Operation for SetPassword {
    type At = UserAt;
    type Body = NewPassword;
    type Reply = Nothing;

    const SHAPE: Shape = Shape::put("/users/{name}/password", CHANGE, "Set a user's password").in_person();
}

/// As [`SetPassword`], of the caller.
pub struct SetOwnPassword;

impl Operation for SetOwnPassword {
    type At = Nothing;
    type Body = NewPassword;
    type Reply = Nothing;

    const SHAPE: Shape = Shape::put("/account/password", OWN, "Set one's own password")
        .refuses(&[ErrorCode::NotFound])
        .in_person();
}

/// Whether the role owns volumes, and all of them could be some; whether they are is not asked.
pub(crate) fn check_owned(role: Role, volumes: &[String]) -> Result<(), ApiError> {
    if role != Role::ShareOwner && !volumes.is_empty() {
        return Err(refusals::owns_without_role());
    }
    if volumes.len() > OWNED_MAX {
        return Err(refusals::owned_max(OWNED_MAX));
    }
    let checked = volumes.iter().try_for_each(|volume| crate::check_volume_name(volume));
    checked.map_err(|bad| super::volume::refusals::volume_name_unfit(bad.0))
}

impl User {
    fn standing(&self) -> Cell {
        match (self.disabled, self.locked_seconds) {
            (true, _) => Cell::word("disabled", 2),
            (false, Some(_)) => Cell::word("locked", 1),
            (false, None) => Cell::word("active", 0),
        }
    }
}

impl Listed for User {
    const COLUMNS: &'static [Column<User>] = &[
        ("name", |user| Cell::text(&user.name)),
        ("role", |user| Cell::word(user.role, user.role as u64)),
        ("groups", |user| Cell::texts(&user.groups)),
        ("state", |user| user.standing()),
        ("factor", |user| Cell::yes(user.has_second_factor)),
        ("created", |user| Cell::time(user.created)),
    ];

    fn place(&self) -> String {
        self.name.clone()
    }
}

crate::refused::refusals! {
    unknown_user(it): NotFound,
        "there is no user {it}",
        "사용자 {it}이(가) 없습니다";
    user_exists(it): AlreadyExists,
        "there is a user {it} already",
        "사용자 {it}이(가) 이미 있습니다";
    owns_without_role(): InvalidRequest,
        "only a share owner owns volumes",
        "공유 소유자만 볼륨을 소유합니다";
    owned_max(max): InvalidRequest,
        "a share owner has at most {max} volumes",
        "공유 소유자의 볼륨은 최대 {max}개입니다";
    password_wrong(): Denied,
        "the current password is wrong",
        "현재 비밀번호가 올바르지 않습니다";
    weak_password(): InvalidRequest,
        "a password has 10 to 256 characters",
        "비밀번호는 10~256자입니다";
    {
        bad_user_name("a user's name has 1 to 32 of a-z, 0-9, `-`, `_` and `.`, and begins with a letter"): "사용자 이름은 a-z, 0-9, `-`, `_`, `.` 로 1~32자이고, 글자로 시작합니다";
        last_administrator("{it} is the last administrator who can log in; make another one first"): "{it}은(는) 로그인할 수 있는 마지막 관리자입니다. 먼저 다른 관리자를 만드십시오";
        account_bad_volume_name("one of the owned volumes has no possible name"): "소유할 볼륨 중에 볼륨 이름이 될 수 없는 것이 있습니다";
    }
}

crate::deed::deeds! {
    "create user {name}, {role}":
        "created user {name}, {role}",
        "사용자 {name} 생성, 역할 {role}";
    "make user {name} a disabled {role}":
        "disabled user {name}, {role}",
        "사용자 {name} 사용 중지, 역할 {role}";
    "make user {name} {role}":
        "made user {name} {role}",
        "사용자 {name} 변경, 역할 {role}";
    "set the password of {name}, whose API tokens stay":
        "set the password of {name}, whose API tokens stay",
        "{name}의 비밀번호 설정, API 토큰 유지";
    "set the password of {name}, and end its API tokens":
        "set the password of {name} and ended its API tokens",
        "{name}의 비밀번호 설정, API 토큰 폐기";
    "delete user {name}":
        "deleted user {name}",
        "사용자 {name} 삭제";
    "unlock user {name}":
        "unlocked user {name}",
        "사용자 {name} 잠금 해제";
    "delete a user":
        "deleted a user",
        "사용자 삭제";
    "let a locked user try again":
        "unlocked a user",
        "사용자 잠금 해제";
    "make a user":
        "made a user",
        "사용자 생성";
    "set a user's role, volumes and whether disabled":
        "changed a user",
        "사용자 변경";
    "set a user's password":
        "set a user's password",
        "사용자의 비밀번호 설정";
    "set one's own password":
        "set their own password",
        "자신의 비밀번호 설정";
}
