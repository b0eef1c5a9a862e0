//! Owns the management interface: requests and replies of version 1, the glue that serves them over HTTP,
//! and the client that asks for them.
//!
//! Everything that manages a node (the command line, web pages, the SNMP agent, the backup runner) speaks
//! this and nothing else. What can be asked is an [`Operation`], which the daemon carries out ([`Serve`]); [`router`]
//! turns HTTP requests into calls; [`serve_unix`] serves them on a socket that only root can open, [`serve_https`] to everybody who can
//! prove who they are, [`console_router`] has the same for the web console; [`Client`] is the other end of all.
//!
//! The wire is HTTP/1.1 with JSON bodies under `/api/v1`. Requests with fields that this version does not
//! know are refused (a setting must never be ignored in silence); replies may grow fields, so clients skip
//! what they do not know. Every refusal is an [`ApiError`].

mod access;
mod accounts;
mod api_token;
mod audit;
mod certificate;
mod client;
mod cluster;
mod connected;
mod connection;
mod console;
mod contract;
mod counters;
mod described;
mod disk;
mod error;
mod event;
mod exchange;
mod export;
mod extract;
mod factor;
mod gate;
mod group;
mod https;
mod management;
mod mount;
mod openapi;
mod operation;
mod paging;
mod percent;
mod performance;
pub mod refusal;
mod route;
mod router;
mod routes;
mod secret;
mod sentence;
mod server;
mod session;
mod settings;
mod setup;
mod standing;
mod table;
mod task;
mod user;
pub mod verdict;
mod volume;

pub use access::{Access, Caller, Credential, Entrance, Proof, Use};
pub use accounts::Accounts;
pub use api_token::{
    API_TOKEN_SECONDS_MAX, API_TOKEN_SECONDS_MIN, ApiTokenAt, ApiTokenInfo, CreateApiToken, DeleteApiToken,
    DeleteOwnApiToken, ListApiTokens, ListOwnApiTokens, NewApiToken, OwnApiTokenAt,
};
pub use audit::{AUDIT_PAGE, AuditAt, AuditRecord, AuditVerdict, ReadAudit, VerifyAudit};
pub use certificate::{
    CHAIN_BYTES_MAX, CertificateInfo, CertificatePair, CopiedCertificate, KEY_BYTES_MAX, NewCertificate,
    NodeCertificate, ReadCertificate, ResetCertificate,
};
pub use client::{Answered, Client, ClientError, EventReader, Fresh, Patience, Trust, Who};
pub use cluster::{
    ClusterCreate, ClusterJoin, ClusterStatus, CreateToken, Health, HealthWord, ListNodes, NodeInfo,
    NodeState, ReadCluster, ReadHealth, RotateAuthority, TOKEN_SECONDS_MAX, Token,
};
pub use connected::{ConnectedClient, ListClients, Protocol};
pub use console::{CONSOLE_ROUTES, CONSOLE_SOCKET_FILE, SetupLink, console_router};
pub use contract::openapi;
pub use counters::{Counters, ReadCounters};
pub use described::{
    ADDRESS_BYTES_MAX, API_TOKEN_NAME, AUDIT_PAGE_MAX, CODE_DIGITS, EXPORT_PATH, EXPORT_PATH_BYTES_MAX,
    HOST_NAME, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, USER_NAME, VOLUME_NAME, address_pattern,
    network_pattern,
};
pub use disk::{DiskInfo, DiskState, ListDisks};
pub use error::{ApiError, ErrorCode};
pub use event::{Event, EventKind, Events, ListEvents};
pub use export::{
    BadClientRule, CLIENTS_MAX, ClientRule, CreateExport, DeleteExport, Export, ExportAt, ListExports,
    SetClients,
};
pub use extract::BODY_BYTES_MAX;
pub use factor::{
    ConfirmFactor, CurrentPassword, FactorOffer, OfferFactor, RecoveryCodes, RemoveFactor, RemoveOwnFactor,
};
pub use gate::{AUTOMATIC_HEADER, CSRF_HEADER, FOR_HEADER, IDEMPOTENCY_HEADER, SESSION_COOKIE, STALE_HEADER};
pub use group::{CreateGroup, DeleteGroup, Group, GroupAt, ListGroups, MEMBERS_MAX, ReadGroup, UpdateGroup};
pub use https::{HTTPS_DOOR, serve_https, sha256_hex};
pub use management::{Answer, Management};
pub use mount::{ListMounts, MountAt, MountInfo, MountReach, MountRequest, Unmount};
pub use operation::{At, Body, Call, HasTag, Nothing, Operation, Reply, Serve, Shape, Tagged};
pub use paging::{Items, Listed, Page};
pub use percent::percent_encoded;
pub use performance::{Forecast, Performance, PerformanceAt, PerformancePoint, Range, ReadPerformance};
pub use route::Route;
pub use router::{network_router, router};
pub use secret::Secret;
pub use sentence::Sentence;
pub use server::{ServeError, SocketRules, serve_unix, serve_unix_by};
pub use session::{
    EndOwnSession, EndSession, ListOwnSessions, ListSessions, LogIn, SessionAt, SessionInfo, Whoami,
};
pub use settings::{ChangeSettings, ReadSettings, SESSION_MINUTES_MAX, SESSION_MINUTES_MIN, Settings};
pub use setup::{CreateSetupToken, SETUP_HEADER, SetUp, Setup, SetupState, SetupStep, SetupToken};
pub use standing::Standing;
pub use table::{Operations, routes};
pub use task::{
    CancelTask, ListTasks, ReadTask, StartTask, Task, TaskAt, TaskKind, TaskLine, TaskPart, TaskState,
};
pub use user::{
    CreateUser, DeleteUser, ListRoles, ListUsers, NewPassword, OWNED_MAX, ReadAccount, ReadUser, RoleInfo,
    SetOwnPassword, SetPassword, UnlockUser, UpdateUser, User, UserAt,
};
pub use volume::{
    BadVolumeName, CreateVolume, DeleteVolume, Limits, ListVolumes, REPLICAS_MAX, ReadVolume, ReplicaInfo,
    ReplicaState, SetLimits, VolumeAt, VolumeInfo, check_volume_name,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the daemon listens unless it was told otherwise.
pub const DEFAULT_SOCKET: &str = "/run/gotgan/nasd.sock";

/// The socket's name inside a daemon's `--dir`.
pub const SOCKET_FILE: &str = "nasd.sock";

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
}
