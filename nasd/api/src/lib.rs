//! Owns the management interface: requests and replies of version 1, the glue that serves them over HTTP,
//! and the client that asks for them.
//!
//! Everything that manages a node (the command line, web pages, the SNMP agent, the backup runner) speaks
//! this and nothing else. What can be asked is an [`Operation`], which the daemon carries out ([`Serve`]); [`router`]
//! turns HTTP requests into calls; [`serve_unix`] serves them on a socket that only root can open, [`serve_https`] to everybody who can
//! prove who they are, [`console_router`] has the same for the web console, [`agent_router`] for the node's agents; [`Client`] is the other end of all.
//!
//! The wire is HTTP/1.1 with JSON bodies under `/api/v1`. Requests with fields that this version does not
//! know are refused (a setting must never be ignored in silence); replies may grow fields, so clients skip
//! what they do not know. Every refusal is an [`ApiError`].

mod access;
mod accounts;
pub mod alarm;
mod certificate;
mod client;
pub mod condition;
mod connection;
mod console;
mod contract;
mod deed;
pub mod deeds;
mod described;
mod error;
mod exchange;
mod extract;
pub mod finding;
mod gate;
mod handler;
pub mod happening;
mod https;
pub mod korean;
mod management;
mod nouns;
mod openapi;
mod operation;
mod paging;
mod percent;
pub mod progress;
pub mod refusal;
mod refused;
mod root_dir;
mod route;
mod router;
mod routes;
mod said;
mod secret;
mod sentence;
mod server;
pub mod smart;
mod standing;
mod table;
pub mod verdict;
pub mod wholeness;
mod zone;

pub use access::{Access, Caller, Credential, Entrance, Proof, Use};
pub use accounts::Accounts;
pub use axum::Router;
pub use client::{Answered, Client, ClientError, EventReader, Fresh, Patience, Trust, Who};
pub use console::{CONSOLE_ROUTES, CONSOLE_SOCKET_FILE, SetupLink, console_router};
pub use contract::openapi;
pub use deed::Deed;
pub use described::{
    ADDRESS_BYTES_MAX, API_TOKEN_NAME, AUDIT_PAGE_MAX, CHANNEL_NAME, CODE_DIGITS, CONSOLE_ADDRESS,
    DESCRIPTION, EXPORT_PATH, EXPORT_PATH_BYTES_MAX, HOST_NAME, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN,
    SNMP_NAME, USER_NAME, VOLUME_NAME, address_pattern, network_pattern, oid_pattern,
};
pub use error::{ApiError, ErrorCode};
pub use extract::BODY_BYTES_MAX;
pub use gate::{AUTOMATIC_HEADER, CSRF_HEADER, FOR_HEADER, IDEMPOTENCY_HEADER, SESSION_COOKIE, STALE_HEADER};
pub use https::{HTTPS_DOOR, serve_https, sha256_hex};
pub use management::{Answer, Management, MetricsFormat};
pub use nouns::*;
pub use operation::{At, Body, Call, HasTag, Nothing, Operation, Reply, Serve, Shape, Tagged};
pub use paging::{Cell, Column, FilterWords, Items, Listed, Page};
pub use percent::percent_encoded;
pub use root_dir::{BadMode, ID_MAX, Mode, RootDir};
pub use route::Route;
pub use router::{agent_router, network_router, router};
pub use secret::Secret;
pub use sentence::Sentence;
pub use server::{ServeError, SocketRules, serve_unix, serve_unix_by};
pub use standing::Standing;
pub use table::routes;
pub use zone::{UTC, Zone};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the daemon listens unless it was told otherwise.
pub const DEFAULT_SOCKET: &str = "/run/gotgan/nasd.sock";

/// The socket's name inside a daemon's `--dir`.
pub const SOCKET_FILE: &str = "nasd.sock";

/// The name of the agents' socket there.
pub const AGENT_SOCKET_FILE: &str = "agent.sock";

/// The path every route of this version starts with.
pub const PREFIX: &str = "/api/v1";

/// The body of a reply that lists things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub struct List<T> {
    pub items: Vec<T>,
    /// There is more: what to ask for with `after`. Only where the caller said how much is a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// There is something before it: what to ask for with `before`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Count>,
}

/// Of how many a page is a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    /// Whatever the filter.
    pub total: usize,
    /// That the filter leaves.
    pub found: usize,
    /// Of these, how many come before the page.
    pub skipped: usize,
}

impl<T> From<Vec<T>> for List<T> {
    /// All that there is, on one page.
    fn from(items: Vec<T>) -> List<T> {
        List { items, next: None, previous: None, count: None }
    }
}
