//! Owns what the web console of a node has through its own socket, besides what everybody has who reaches the node:
//! to hear that something changed, the certificate that browsers are to see, and a link for setting the node up.
//!
//! The console holds no right. What it asks for on that socket it asks for somebody in a browser, at the address that
//! it says, who brings a session or is a stranger, exactly as through HTTPS.

use crate::access::Entrance;
use crate::extract::{Asked, Body, STRANGER_BODY_BYTES_MAX};
use crate::nouns::Operations;
use crate::router::network_router;
use crate::{ApiError, CertificatePair, Management, PREFIX, Secret};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use futures::{Stream, StreamExt};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// The name of the console's socket inside a daemon's `--dir`.
pub const CONSOLE_SOCKET_FILE: &str = "console.sock";
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

/// A link that sets this node up, of which the console keeps the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupLink {
    pub secret: Secret,
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
        return Err(crate::refusal::setup_secret_range(SECRET_BYTES_MAX));
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
