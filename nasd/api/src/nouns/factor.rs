//! Owns what is said about second factors, and what can be asked about them.

use crate::access::Access;
use crate::described::Code;
use crate::operation::{Nothing, Operation, Shape};
use crate::{ErrorCode, Secret, UserAt};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Changes what protects an account: a session alone, which may be somebody else's by now, is not enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurrentPassword {
    /// What the caller logs in with, whoever's account it is; not needed on the local socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Secret>,
}

/// A key for an authenticator, not in force before a code of it was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactorOffer {
    /// Base32, to be typed.
    pub key: Secret,
    /// `otpauth://totp/…`, to be shown as a QR code.
    pub uri: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmFactor {
    #[schemars(with = "Code")]
    pub code: Secret,
}

/// Codes that log in once each without the authenticator. Shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryCodes {
    pub codes: Vec<Secret>,
}

const PATH: &str = "/account/factor";
const OWN: Access = Access::Needs(Right::OwnAccount);
const CHANGE: Access = Access::Needs(Right::ChangeIdentity);

/// Begins a second factor of the caller's.
pub struct OfferFactor;

impl Operation for OfferFactor {
    type At = Nothing;
    type Body = CurrentPassword;
    type Reply = FactorOffer;

    const SHAPE: Shape = Shape::post(PATH, OWN, "Begin a second factor")
        .refuses(&[ErrorCode::NotFound, ErrorCode::Conflict])
        .in_person();
}

impl Operation for ConfirmFactor {
    type At = Nothing;
    type Body = Self;
    type Reply = RecoveryCodes;

    const SHAPE: Shape = Shape::put(PATH, OWN, "Put one's second factor in force with a code")
        .refuses(&[ErrorCode::NotFound])
        .in_person();
}

/// Removes the caller's.
pub struct RemoveOwnFactor;

impl Operation for RemoveOwnFactor {
    type At = Nothing;
    type Body = CurrentPassword;
    type Reply = Nothing;

    const SHAPE: Shape = Shape::post("/account/factor/removal", OWN, "Remove one's second factor")
        .refuses(&[ErrorCode::NotFound])
        .in_person();
}

/// Removes somebody's.
pub struct RemoveFactor;

impl Operation for RemoveFactor {
    type At = UserAt;
    type Body = CurrentPassword;
    type Reply = Nothing;

    const SHAPE: Shape =
        Shape::post("/users/{name}/factor/removal", CHANGE, "Remove a second factor").in_person();
}

crate::refused::refusals! {
    factor_needed(): FactorNeeded,
        "a code of the second factor is needed",
        "2단계 인증 코드가 필요합니다";
    factor_not_offered(): Conflict,
        "no second factor was offered; begin again",
        "시작된 2단계 인증 설정이 없습니다. 처음부터 다시 하십시오";
    factor_unreadable(user): Internal,
        "the second factor of {user} cannot be read",
        "{user}의 2단계 인증을 읽을 수 없습니다",
        hint "an administrator can remove it", "관리자가 제거할 수 있습니다";
    code_does_not_fit(): Denied,
        "the code does not fit",
        "코드가 맞지 않습니다",
        hint "is the clock of the authenticator right?", "인증 앱이 있는 기기의 시계가 맞는지 확인하십시오";
    {
        no_factor_offered("no second factor was offered, or another one since; begin again"): "시작된 2단계 인증 설정이 없거나 그사이 다시 시작되었습니다. 처음부터 다시 하십시오";
        no_factor("{it} has no second factor"): "{it}에게는 2단계 인증이 없습니다";
        factor_exists("{it} has a second factor already"): "{it}에게는 이미 2단계 인증이 있습니다",
            hint "remove it first; that takes the password", "먼저 제거하십시오. 비밀번호가 필요합니다";
    }
}

crate::deed::deeds! {
    "begin a second factor of {user}":
        "began a second factor of {user}",
        "{user}의 2단계 인증 등록 시작";
    "put the second factor of {user} in force":
        "put the second factor of {user} in force",
        "{user}의 2단계 인증 적용";
    "remove the second factor of {user}":
        "removed the second factor of {user}",
        "{user}의 2단계 인증 제거";
    "begin a second factor":
        "began a second factor",
        "2단계 인증 등록 시작";
    "put one's second factor in force with a code":
        "put their second factor in force",
        "자신의 2단계 인증 적용";
    "remove one's second factor":
        "removed their second factor",
        "자신의 2단계 인증 제거";
    "remove a second factor":
        "removed a second factor",
        "2단계 인증 제거";
}
