//! Owns what the web console of a node has through its own socket, besides what everybody has who reaches the node:
//! to hear that something changed, the certificate that browsers are to see, and a link for setting the node up.
//!
//! The console holds no right. What it asks for on that socket it asks for somebody in a browser, at the address that
//! it says, who brings a session or is a stranger, exactly as through HTTPS.

use crate::access::{Access, Entrance};
use crate::described::{NewPasswordText, UserName};
use crate::extract::{Asked, Body, STRANGER_BODY_BYTES_MAX};
use crate::operation::{Nothing, Operation, Operations, Shape, operations};
use crate::router::network_router;
use crate::{Answer, ApiError, CertificatePair, ErrorCode, Management, PREFIX, Secret, User};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use futures::{Stream, StreamExt};
use nasd_base::net::BoxFuture;
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// The name of the console's socket inside a daemon's `--dir`.
pub const CONSOLE_SOCKET_FILE: &str = "console.sock";
/// Brings the secret of the setup link.
pub const SETUP_HEADER: &str = "gotgan-setup";
/// What only the console's socket has, below [`PREFIX`]: a test holds that nothing else differs from HTTPS.
pub const CONSOLE_ROUTES: [&str; 3] = [NEWS, SETUP_LINK, CERTIFICATE];

const NEWS: &str = "/console/news";
const SETUP_LINK: &str = "/console/setup-link";
const CERTIFICATE: &str = "/console/certificate";
/// Longest secret of a link.
const SECRET_BYTES_MAX: usize = 128;
/// How long the console waits for another certificate before it asks again, and how often it is looked for.
const CERTIFICATE_LOOKS: u32 = 60;
const CERTIFICATE_LOOK_EVERY: Duration = Duration::from_millis(500);
/// A stream of news ends after this long.
const NEWS_MAX: Duration = Duration::from_secs(600);

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

/// A link that sets this node up, of which the console keeps the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupLink {
    pub secret: Secret,
}

/// What the console asks a node: the third trait that the daemon implements.
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

/// The routes for the console's socket.
pub fn console_router<M: Management + Operations>(management: Arc<M>) -> Router {
    let own = Router::new()
        .route(NEWS, get(news))
        .route(SETUP_LINK, post(offer))
        .route(CERTIFICATE, get(certificate))
        .layer(DefaultBodyLimit::max(STRANGER_BODY_BYTES_MAX))
        .with_state(management.clone());
    Router::new().nest(PREFIX, own).merge(network_router(management)).layer(Extension(Entrance::Console))
}

type Node = State<Arc<dyn Management>>;

/// That something happened, and nothing of what.
async fn news(State(node): Node) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let events = node.events().await?.take_until(tokio::time::sleep(NEWS_MAX));
    let told = events.map(|_| Ok(Event::default().data("changed")));
    Ok(Sse::new(told).keep_alive(KeepAlive::default()))
}

async fn offer(State(node): Node, Body(link): Body<SetupLink>) -> Result<StatusCode, ApiError> {
    if !(32..=SECRET_BYTES_MAX).contains(&link.secret.reveal().len()) {
        return Err(ApiError::invalid(format!(
            "the secret of a link has 32 to {SECRET_BYTES_MAX} characters"
        )));
    }
    node.offer_setup(link.secret).await.map(|()| StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// The fingerprint of the certificate that the console has.
    unless: Option<String>,
}

/// The certificate as soon as it is another than the one that was seen; nothing after half a minute.
async fn certificate(
    State(node): Node,
    Asked(seen): Asked<Seen>,
) -> Result<Json<Option<CertificatePair>>, ApiError> {
    for _ in 0..CERTIFICATE_LOOKS {
        let pair = node.certificate_pair().await?;
        if seen.unless.as_ref() != Some(&pair.fingerprint) {
            return Ok(Json(Some(pair)));
        }
        tokio::time::sleep(CERTIFICATE_LOOK_EVERY).await;
    }
    Ok(Json(None))
}
