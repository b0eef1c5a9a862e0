//! Owns what is said about who uses the cluster's files just now.

use crate::List;
use crate::access::Access;
use crate::operation::{Shape, operations};
use crate::paging::{Cell, Column, Listed, Page, number};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a client reaches its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// NFS version 3 over TCP.
    Nfs,
    /// A mount in the node's own file tree.
    Fuse,
    #[serde(other)]
    Unknown,
}

/// One connection or mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectedClient {
    /// The node that serves it.
    pub node: u64,
    pub node_name: String,
    pub protocol: Protocol,
    /// `address:port` of an NFS client; the path of a mount.
    pub address: String,
    /// The volume, where the protocol ties a client to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// Since it connected, as the others; NFS only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_in: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_out: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_seconds: Option<u64>,
}

operations! {
    /// Who is connected to any node that answers.
    ListClients(Page<ConnectedClient>) -> List<ConnectedClient> =
        Shape::get("/clients", Access::Needs(Right::ReadStatus), "Who is connected, on all nodes");
}

impl Listed for ConnectedClient {
    const COLUMNS: &'static [Column<ConnectedClient>] = &[
        ("address", |client| Cell::text(&client.address)),
        ("protocol", |client| Cell::word(client.protocol, client.protocol as u64)),
        ("volume", |client| Cell::text(client.volume.as_deref().unwrap_or_default())),
        ("node", |client| Cell::text(&client.node_name)),
        ("calls", |client| Cell::number(client.calls)),
        ("in", |client| Cell::number(client.bytes_in)),
        ("out", |client| Cell::number(client.bytes_out)),
        ("connected", |client| Cell::number(client.connected_seconds)),
    ];

    fn place(&self) -> String {
        // A kernel may take one path for two mounts, one above the other.
        let volume = self.volume.as_deref().unwrap_or("");
        format!("{} {:?} {} {volume}", number(self.node), self.protocol, self.address)
    }
}
