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
        Shape::post("/setup-tokens", FOUND, "A token for the first administrator");
}

impl Operation for SetUp {
    type At = Nothing;
    type Body = Self;
    type Reply = User;

    const SHAPE: Shape = Shape::post("/setup", Access::Everybody, "Make the first administrator")
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
