//! Owns what is said about users of SNMPv3: what proves them, what they may read, and from where.

use crate::access::{Access, Caller};
use crate::described::{AuthName, NetworkText, PassphraseText, PrivacyName, SnmpName};
use crate::nouns::snmp_view::{SNMP_VIEW, SnmpAt};
use crate::operation::{HasTag, Nothing, Operation, Shape, Tagged, operations};
use crate::paging::{Cell, Column, Listed, Page};
use crate::{ApiError, ErrorCode, List, Secret};
use nasd_base::export::{BadNetwork, Network};
use nasd_base::role::Right;
use nasd_base::snmp::{AuthProtocol, PASSPHRASE_CHARS_MAX, PASSPHRASE_CHARS_MIN, Privacy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;

/// Addresses and networks that one user or community may ask from.
pub const SNMP_SOURCES_MAX: usize = 64;

/// Where a manager may ask from, as text: `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SnmpSource(pub Network);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnmpUser {
    pub name: String,
    #[schemars(with = "String")]
    pub auth: AuthProtocol,
    #[schemars(with = "String")]
    pub privacy: Privacy,
    /// The name of a view.
    pub view: String,
    #[schemars(with = "Vec<String>")]
    pub sources: Vec<SnmpSource>,
    /// Nodes that have no key of it, since they joined after too many others: give it its passphrases again.
    #[serde(default)]
    pub unknown_at: Vec<String>,
    /// For `If-Match`: changes when anything of it does.
    pub etag: String,
}

/// What proves a user. Keys for each node are made of the passphrases, and nothing else of them is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = what_privacy_takes()))]
pub struct SnmpPassphrases {
    #[serde(default)]
    #[schemars(with = "AuthName")]
    pub auth: AuthProtocol,
    #[schemars(with = "PassphraseText")]
    pub auth_passphrase: Secret,
    /// `none` lets everybody on the way read what is answered. AES-256 needs `auth` of SHA-256 or more.
    #[serde(default)]
    #[schemars(with = "PrivacyName")]
    pub privacy: Privacy,
    /// Unless `privacy` is `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<PassphraseText>")]
    pub privacy_passphrase: Option<Secret>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSnmpUser {
    #[schemars(with = "SnmpName")]
    pub name: String,
    pub passphrases: SnmpPassphrases,
    #[serde(default = "everything")]
    #[schemars(with = "SnmpName")]
    pub view: String,
    /// From where it may ask: `0.0.0.0/0` and `::/0` for everywhere.
    #[schemars(with = "Vec<NetworkText>", length(min = 1, max = SNMP_SOURCES_MAX))]
    pub sources: Vec<SnmpSource>,
}

/// Replaces what a user may read and from where, and what proves it where that is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSnmpUser {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrases: Option<SnmpPassphrases>,
    #[schemars(with = "SnmpName")]
    pub view: String,
    #[schemars(with = "Vec<NetworkText>", length(min = 1, max = SNMP_SOURCES_MAX))]
    pub sources: Vec<SnmpSource>,
}

/// A passphrase unless there is none, and a digest as long as the key.
fn what_privacy_takes() -> Value {
    let is = |privacy: Privacy| json!({ "properties": { "privacy": { "const": privacy.name() } }, "required": ["privacy"] });
    let long = AuthProtocol::ALL.into_iter().filter(|auth| Privacy::Aes256.fits(*auth));
    let long: Vec<&str> = long.map(AuthProtocol::name).collect();
    json!([
        {
            "if": is(Privacy::None),
            "then": { "properties": { "privacy_passphrase": { "type": "null" } } },
            "else": {
                "properties": { "privacy_passphrase": { "type": "string" } }, "required": ["privacy_passphrase"],
            },
        },
        { "if": is(Privacy::Aes256), "then": { "properties": { "auth": { "enum": long } } } },
    ])
}

pub(crate) fn everything() -> String {
    SNMP_VIEW.to_owned()
}

const PATH: &str = "/snmp/users";
const ONE: &str = "/snmp/users/{name}";
const SEE: Access = Access::Needs(Right::ReadStatus);
const CHANGE: Access = Access::Needs(Right::ChangeCluster);

operations! {
    /// The users, in the order of their names.
    ListSnmpUsers(Page<SnmpUser>) -> List<SnmpUser> = Shape::get(PATH, SEE, "The users of SNMPv3").korean("SNMPv3 사용자 목록");

    /// One user, with the tag that changing it can name.
    ReadSnmpUser(SnmpAt) -> Tagged<SnmpUser> = Shape::get(ONE, SEE, "One SNMP user").korean("SNMP 사용자 하나");

    /// Nothing that it asks is answered any more.
    DeleteSnmpUser(SnmpAt) -> Nothing = Shape::delete(ONE, CHANGE, "Delete an SNMP user");
}

/// `NotFound` when there is no such view.
impl Operation for CreateSnmpUser {
    type At = Nothing;
    type Body = Self;
    type Reply = SnmpUser;

    const SHAPE: Shape =
        Shape::post(PATH, CHANGE, "Make an SNMP user").refuses(&[ErrorCode::NotFound]).repeatable().secret();

    fn check(_: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        request.passphrases.check()?;
        check_sources(&request.sources)
    }
}

impl Operation for ChangeSnmpUser {
    type At = SnmpAt;
    type Body = Self;
    type Reply = Tagged<SnmpUser>;

    const SHAPE: Shape =
        Shape::put(ONE, CHANGE, "Set what an SNMP user may read, and what proves it").conditional().secret();

    fn check(_: &Caller, _: &SnmpAt, request: &Self) -> Result<(), ApiError> {
        request.passphrases.as_ref().map_or(Ok(()), SnmpPassphrases::check)?;
        check_sources(&request.sources)
    }
}

impl SnmpPassphrases {
    fn check(&self) -> Result<(), ApiError> {
        if self.privacy_passphrase.is_some() == (self.privacy == Privacy::None) {
            return Err(refusals::snmp_privacy_passphrase());
        }
        if !self.privacy.fits(self.auth) {
            return Err(refusals::snmp_privacy_too_long(self.auth));
        }
        let fits = |secret: &Secret| {
            let chars = secret.reveal().chars().count();
            (PASSPHRASE_CHARS_MIN..=PASSPHRASE_CHARS_MAX).contains(&chars)
        };
        match fits(&self.auth_passphrase) && self.privacy_passphrase.as_ref().is_none_or(fits) {
            true => Ok(()),
            false => Err(refusals::snmp_passphrase_range(PASSPHRASE_CHARS_MIN, PASSPHRASE_CHARS_MAX)),
        }
    }
}

/// Of a user or a community.
pub(crate) fn check_sources(sources: &[SnmpSource]) -> Result<(), ApiError> {
    match (1..=SNMP_SOURCES_MAX).contains(&sources.len()) {
        true => Ok(()),
        false => Err(refusals::snmp_sources(SNMP_SOURCES_MAX)),
    }
}

impl fmt::Display for SnmpSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SnmpSource {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<SnmpSource, BadNetwork> {
        text.parse().map(SnmpSource)
    }
}

impl TryFrom<String> for SnmpSource {
    type Error = BadNetwork;

    fn try_from(text: String) -> Result<SnmpSource, BadNetwork> {
        text.parse()
    }
}

impl From<SnmpSource> for String {
    fn from(source: SnmpSource) -> String {
        source.to_string()
    }
}

impl HasTag for SnmpUser {
    fn tag(&self) -> &str {
        &self.etag
    }
}

impl Listed for SnmpUser {
    const COLUMNS: &'static [Column<SnmpUser>] = &[
        ("name", |user| Cell::text(&user.name)),
        ("auth", |user| Cell::word(user.auth, user.auth as u64)),
        ("privacy", |user| Cell::word(user.privacy, user.privacy as u64)),
        ("view", |user| Cell::text(&user.view)),
        ("sources", |user| Cell::texts(&user.sources.iter().map(SnmpSource::to_string).collect::<Vec<_>>())),
    ];

    fn place(&self) -> String {
        self.name.clone()
    }
}

crate::refused::refusals! {
    unknown_snmp_user(it): NotFound,
        "there is no SNMP user {it}",
        "SNMP 사용자 {it}이(가) 없습니다";
    snmp_user_exists(it): AlreadyExists,
        "there is an SNMP user {it} already",
        "SNMP 사용자 {it}이(가) 이미 있습니다";
    snmp_passphrase_range(min, max): InvalidRequest,
        "a passphrase of SNMP has {min} to {max} characters",
        "SNMP 암호는 {min}~{max}자입니다";
    snmp_privacy_passphrase(): InvalidRequest,
        "give a passphrase for privacy, or say that privacy is `none`",
        "암호화용 암호를 입력하거나, 암호화를 `none`으로 지정하십시오";
    snmp_privacy_too_long(auth): InvalidRequest,
        "AES-256 needs a key that is longer than what {auth} makes; take SHA-256 or more",
        "AES-256에 필요한 키는 {auth}(으)로 만드는 것보다 깁니다. SHA-256 이상을 쓰십시오";
    snmp_sources(it): InvalidRequest,
        "say from where, with 1 to {it} addresses or networks; 0.0.0.0/0 and ::/0 are everywhere",
        "어디에서 물을 수 있는지 주소나 네트워크 1~{it}개로 지정하십시오. 0.0.0.0/0과 ::/0은 모든 곳입니다";
    {
        bad_snmp_source("`{it}` is no network of SNMP managers: the prefix is longer than the address"):
            "`{it}`은(는) 네트워크가 아닙니다. 접두사가 주소보다 깁니다";
        snmp_keys_unfit("the keys are not those of all nodes; is the node that sent them newer?"):
            "키가 모든 노드의 것이 아닙니다. 키를 보낸 노드의 버전이 더 새로운지 확인하십시오";
    }
}

crate::deed::deeds! {
    "let SNMP user {name} ({auth}, {privacy}) read {what}":
        "let SNMP user {name} ({auth}, {privacy}) read {what}",
        "SNMP 사용자 {name} 허용({auth}, {privacy}): {what}";
    "give SNMP user {name} other keys ({auth}, {privacy}) to read {what}":
        "gave SNMP user {name} other keys ({auth}, {privacy}), to read {what}",
        "SNMP 사용자 {name}의 키 변경({auth}, {privacy}): {what}";
    "let SNMP user {name} read {what}":
        "let SNMP user {name} read {what}",
        "SNMP 사용자 {name} 변경: {what}";
    "delete SNMP user {name}":
        "deleted SNMP user {name}",
        "SNMP 사용자 {name} 삭제";
    "delete an SNMP user":
        "deleted an SNMP user",
        "SNMP 사용자 삭제";
    "make an SNMP user":
        "made an SNMP user",
        "SNMP 사용자 생성";
    "set what an SNMP user may read, and what proves it":
        "changed an SNMP user",
        "SNMP 사용자 변경";
}
