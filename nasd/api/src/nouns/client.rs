//! Owns what is said about who uses the cluster's files, now and of late.

use crate::access::Access;
use crate::operation::{Shape, operations};
use crate::paging::{Cell, Column, Listed, Page, newest};
use crate::{ApiError, ErrorCode, List};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// How a client reaches its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// NFS version 3 over TCP.
    Nfs,
    /// Mounts in a node's own file tree.
    Fuse,
    #[serde(other)]
    Unknown,
}

/// One who uses files: an address with all its connections to all nodes, or a node with its own mounts. Nodes remember
/// an address for a day after it left, and not beyond their restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileClient {
    /// The address of an NFS client; the name of a node with mounts.
    pub client: String,
    pub protocol: Protocol,
    /// It has a connection or a mount now.
    pub connected: bool,
    /// Names of the nodes that serve it, or did.
    pub nodes: Vec<String>,
    pub volumes: Vec<ClientVolume>,
    /// What it has mounted; of NFS as far as it told.
    pub mounts: Vec<ClientMount>,
    pub connections: Vec<ClientConnection>,
    /// As long as it is remembered, as the others; NFS only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_in: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_out: Option<u64>,
    /// In both directions, over the last minute; NFS only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    /// When it came, in seconds since 1970-01-01 UTC; NFS only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// When it left, or now; NFS only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<i64>,
}

impl FileClient {
    /// Of whom nothing is known yet.
    pub fn of(client: String, protocol: Protocol) -> FileClient {
        FileClient {
            client,
            protocol,
            connected: false,
            nodes: Vec::new(),
            volumes: Vec::new(),
            mounts: Vec::new(),
            connections: Vec::new(),
            calls: None,
            bytes_in: None,
            bytes_out: None,
            bytes_per_second: None,
            since: None,
            last_seen: None,
        }
    }
}

/// What a client does with one volume. A connection tells eight volumes apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientVolume {
    pub volume: String,
    /// NFS only, as the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_in: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_out: Option<u64>,
}

/// Something that a client has mounted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ClientMount {
    /// Through this node, by its name.
    pub node: String,
    /// The export's path or one below it; of a node's own mount the directory.
    pub path: String,
}

/// An open connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientConnection {
    /// To this node, by its name.
    pub node: String,
    pub port: u16,
    pub calls: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub connected_seconds: u64,
}

/// A client that moved bytes in the last minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BusyClient {
    pub client: String,
    pub volumes: Vec<String>,
    pub nodes: Vec<String>,
    pub bytes_per_second: u64,
}

impl BusyClient {
    /// `None` for one that is not busy.
    pub fn of(client: FileClient) -> Option<BusyClient> {
        let FileClient { client, volumes, nodes, bytes_per_second, .. } = client;
        let volumes = volumes.into_iter().map(|used| used.volume).collect();
        let bytes_per_second = bytes_per_second.filter(|bytes| *bytes > 0)?;
        Some(BusyClient { client, volumes, nodes, bytes_per_second })
    }
}

/// Which client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientAt {
    /// Its address, the name of a node with mounts, or where it has one.
    pub client: String,
}

impl ClientAt {
    pub fn new(client: &str) -> ClientAt {
        ClientAt { client: client.into() }
    }

    /// The one that is asked for, of all.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn of(self, clients: Vec<FileClient>) -> Result<FileClient, ApiError> {
        let asked = canonical(&self.client);
        let has_mounted = |one: &FileClient| {
            one.protocol == Protocol::Fuse && one.mounts.iter().any(|mount| mount.path == self.client)
        };
        let found = clients.into_iter().find(|one| canonical(&one.client) == asked || has_mounted(one));
        found.ok_or_else(|| refusals::unknown_client(&self.client))
    }
}

/// One address may be written in several ways.
pub(super) fn canonical(client: &str) -> Result<IpAddr, &str> {
    client.parse::<IpAddr>().map(|address| address.to_canonical()).map_err(|_| client)
}

const SEE: Access = Access::Needs(Right::ReadStatus);

operations! {
    /// Who uses files through any node that answers, and who did within a day.
    ListClients(Page<FileClient>) -> List<FileClient> = Shape::get("/clients", SEE, "Who uses files, now and of late").korean("지금과 최근의 클라이언트 목록");

    /// One of them.
    ReadClient(ClientAt) -> FileClient =
        Shape::get("/clients/{client}", SEE, "One client").korean("클라이언트 하나").refuses(&[ErrorCode::NotFound]);

    /// Who moved bytes in the last minute, the busiest first.
    ListBusyClients(Page<BusyClient>) -> List<BusyClient> =
        Shape::get("/busy-clients", SEE, "Who moved bytes in the last minute, the busiest first").korean("지난 1분 동안 데이터를 주고받은 클라이언트, 많은 순");
}

impl Listed for FileClient {
    const COLUMNS: &'static [Column<FileClient>] = &[
        ("client", |client| Cell::text(&client.client)),
        ("protocol", |client| Cell::word(client.protocol, client.protocol as u64)),
        ("volume", |client| Cell::texts(client.volumes.iter().map(|used| &used.volume))),
        ("node", |client| Cell::texts(&client.nodes)),
        ("connected", |client| Cell::yes(client.connected)),
        ("calls", |client| Cell::number(client.calls)),
        ("in", |client| Cell::number(client.bytes_in)),
        ("out", |client| Cell::number(client.bytes_out)),
        ("rate", |client| Cell::number(client.bytes_per_second)),
        // Who is here comes after all who left.
        ("seen", |client| match client.connected {
            true => Cell::number(u64::MAX),
            false => client.last_seen.map_or(Cell::Number(None), Cell::time),
        }),
    ];

    fn place(&self) -> String {
        format!("{} {:?}", self.client, self.protocol)
    }
}

impl Listed for BusyClient {
    const COLUMNS: &'static [Column<BusyClient>] = &[
        ("client", |client| Cell::text(&client.client)),
        ("volume", |client| Cell::texts(&client.volumes)),
        ("node", |client| Cell::texts(&client.nodes)),
        ("rate", |client| Cell::number(client.bytes_per_second)),
    ];

    fn place(&self) -> String {
        format!("{} {}", newest(self.bytes_per_second), self.client)
    }
}

crate::refused::refusals! {
    unknown_client(client): NotFound,
        "{client} is no client that any node knows of",
        "{client}: 어느 노드에도 알려지지 않은 클라이언트입니다",
        hint "nodes forget a client a day after it left, and when they restart: see `nasctl client list`",
        "노드는 클라이언트가 떠난 지 하루가 지나거나 노드가 다시 시작되면 잊습니다. `nasctl client list`를 보십시오";
}
