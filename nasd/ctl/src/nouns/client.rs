//! Owns `nasctl client`: who uses the cluster's files just now.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::{bytes, columns, or_dash};
use crate::{completion, output, when};
use clap::Subcommand;
use nasd_api::{ConnectedClient, ListClients, Protocol};
use std::net::SocketAddr;

/// Connected clients: who uses the files just now
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// List who is connected, on all nodes: NFS clients and the nodes' own mounts
    List(ListArgs),
    /// Show what one client, or one mount, is connected for
    Show {
        /// A client's address, with or without its port, or where a node has something mounted
        #[arg(add = completion::clients())]
        address: String,
    },
}

impl Asked for ClientCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        let address = match self {
            ClientCommand::List(asked) => return asked.print::<ListClients>(node, json, table).await,
            ClientCommand::Show { address } => address,
        };
        let clients = node.all::<ListClients>().await?;
        let clients: Vec<_> = clients.into_iter().filter(|client| is_at(client, &address)).collect();
        if clients.is_empty() {
            return Err(Failure::Local(format!("nobody is connected from {address}")));
        }
        output::list(json, &clients, table)
    }
}

/// With its port or without.
fn is_at(client: &ConnectedClient, address: &str) -> bool {
    let host = client.address.parse::<SocketAddr>().ok().map(|client| client.ip().to_canonical());
    client.address == address || host.is_some_and(|host| address.parse() == Ok(host))
}

fn table(clients: &[ConnectedClient]) -> String {
    let heading = ["NODE", "PROTOCOL", "CLIENT", "VOLUME", "CALLS", "IN", "OUT", "CONNECTED"];
    columns(&heading, clients, "Nobody is connected.", |client| {
        let protocol = match client.protocol {
            Protocol::Nfs => "NFS",
            Protocol::Fuse => "FUSE",
            Protocol::Unknown => "unknown",
        };
        [
            client.node_name.clone(),
            protocol.into(),
            client.address.clone(),
            or_dash(client.volume.clone()),
            or_dash(client.calls),
            or_dash(client.bytes_in.map(bytes)),
            or_dash(client.bytes_out.map(bytes)),
            or_dash(client.connected_seconds.map(when::long)),
        ]
    })
}
