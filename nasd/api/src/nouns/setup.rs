//! Owns how a node is set up: what is left to do, the first administrator, and the link that its console shows.

use crate::access::Access;
use crate::described::{NewPasswordText, UserName};
use crate::operation::{Nothing, Operation, Shape, operations};
use crate::{Answer, CertificatePair, ErrorCode, Secret, User};
use nasd_base::net::BoxFuture;
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Brings the secret of the setup link.
pub const SETUP_HEADER: &str = "gotgan-setup";

/// What is left to do before somebody can log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SetupStep {
    /// The node belongs to no cluster.
    Cluster,
    /// Its cluster has no user.
    Administrator,
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetupState {
    pub step: SetupStep,
    /// The request brought the secret of the node's setup link.
    pub admitted: bool,
}

/// Makes the first administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    pub token: Secret,
    #[schemars(with = "UserName")]
    pub name: String,
    #[schemars(with = "NewPasswordText")]
    pub password: Secret,
}

/// Lets somebody make the first administrator, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetupToken {
    pub token: Secret,
    /// Seconds since 1970-01-01 UTC.
    pub expires: i64,
}

const FOUND: Access = Access::Needs(Right::ChangeCluster);

operations! {
    /// Lets somebody make the first administrator, once.
    CreateSetupToken(Nothing) -> SetupToken =
        Shape::post("/setup-tokens", FOUND, "Make a token for the first administrator");
}

impl Operation for SetUp {
    type At = Nothing;
    type Body = Self;
    type Reply = User;

    const SHAPE: Shape = Shape::post("/setup", Access::Everybody, "Make the first administrator")
        .korean("첫 관리자 만들기")
        .refuses(&[ErrorCode::Denied, ErrorCode::TooManyAttempts]);
}

/// What the console asks a node.
pub trait Setup: Send + Sync + 'static {
    fn setup_step(&self) -> Answer<'_, SetupStep>;

    /// From now on, and as long as nobody can log in, who brings this secret may found a cluster or join one, and make
    /// the first administrator. An earlier one is no good any more. `Conflict` when the node is set up.
    fn offer_setup(&self, secret: Secret) -> Answer<'_, ()>;

    /// Whether it is that secret.
    fn fits_setup(&self, secret: Secret) -> BoxFuture<'_, bool>;

    /// The certificate that browsers are to see, with its key.
    fn certificate_pair(&self) -> Answer<'_, CertificatePair>;
}

crate::refused::refusals! {
    setup_token_unknown(): Denied,
        "the setup token is wrong or was used; `nasctl cluster setup-token` on a node makes another",
        "설정 토큰이 올바르지 않거나 이미 사용되었습니다. 노드에서 `nasctl cluster setup-token`으로 새로 만드십시오";
    setup_secret_range(max): InvalidRequest,
        "the secret of a link has 32 to {max} characters",
        "설정 링크의 비밀값은 32~{max}자입니다";
    node_is_set_up(): Conflict,
        "the node is set up: whoever is to manage it logs in",
        "노드가 이미 설정되었습니다. 관리하려면 로그인하십시오";
    {
        already_set_up("there is an administrator already; log in as one, or use the local socket of a node"): "이미 관리자가 있습니다. 관리자로 로그인하거나 노드의 로컬 소켓을 사용하십시오";
        setup_token_expired("the setup token has expired; `nasctl cluster setup-token` on a node makes another"):
            "설정 토큰이 만료되었습니다. 노드에서 `nasctl cluster setup-token`으로 새로 만드십시오";
    }
}

crate::deed::deeds! {
    "create a setup token":
        "made a setup token",
        "설정 토큰 생성";
    "set up with the first administrator {name}":
        "set up with the first administrator {name}",
        "첫 관리자 {name} 설정";
    "make a token for the first administrator":
        "made a setup token",
        "설정 토큰 생성";
}
