//! Owns `nasctl client`: who uses the cluster's files, now and of late.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::{bytes, columns, listed, or_dash, visible};
use crate::when::{long, utc};
use crate::{names, output};
use clap::Subcommand;
use nasd_api::{ClientAt, FileClient, ListClients, Protocol, ReadClient};

/// Clients: who uses the files, now and of late
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// List who uses files, on all nodes: NFS clients by address, and nodes with mounts of their own
    ///
    /// Nodes remember a client for a day after it left, until they restart.
    List(ListArgs),
    /// Show what one client does: its connections, its mounts, and its part in each volume
    Show {
        /// Its address, the name of a node, or where a node has something mounted
        #[arg(add = names::clients())]
        client: String,
    },
}

impl Asked for ClientCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            ClientCommand::List(asked) => asked.print::<ListClients>(node, json, table).await,
            ClientCommand::Show { client } => {
                output::reply(json, &node.ask::<ReadClient>(ClientAt { client }).await?, shown)
            }
        }
    }
}

fn table(clients: &[FileClient]) -> String {
    let heading = ["CLIENT", "PROTOCOL", "VOLUMES", "NODES", "CALLS", "IN", "OUT", "LAST SEEN"];
    columns(&heading, clients, "Nobody uses files, nor did within a day.", |client| {
        let volumes: Vec<String> = client.volumes.iter().map(|used| used.volume.clone()).collect();
        [
            client.client.clone(),
            protocol(client).into(),
            listed(&volumes),
            listed(&client.nodes),
            or_dash(client.calls),
            or_dash(client.bytes_in.map(bytes)),
            or_dash(client.bytes_out.map(bytes)),
            last_seen(client),
        ]
    })
}

fn protocol(client: &FileClient) -> &'static str {
    match client.protocol {
        Protocol::Nfs => "NFS",
        Protocol::Fuse => "FUSE",
        Protocol::Unknown => "unknown",
    }
}

fn last_seen(client: &FileClient) -> String {
    if client.connected { "now".to_owned() } else { or_dash(client.last_seen.map(utc)) }
}

/// Facts, then a table each of what it uses, how it is connected, and what it has mounted.
fn shown(client: &FileClient) -> String {
    let volumes = columns(&["VOLUME", "CALLS", "IN", "OUT"], &client.volumes, "It used no volume.", |used| {
        let figures = [used.bytes_in, used.bytes_out].map(|count| or_dash(count.map(bytes)));
        let [bytes_in, bytes_out] = figures;
        [used.volume.clone(), or_dash(used.calls), bytes_in, bytes_out]
    });
    let heading = ["NODE", "PORT", "CALLS", "IN", "OUT", "CONNECTED"];
    let connections = columns(&heading, &client.connections, "It has no connection.", |connection| {
        [
            connection.node.clone(),
            connection.port.to_string(),
            connection.calls.to_string(),
            bytes(connection.bytes_in),
            bytes(connection.bytes_out),
            long(connection.connected_seconds),
        ]
    });
    let mounts = columns(&["NODE", "MOUNTED"], &client.mounts, "No mount is known.", |mount| {
        [mount.node.clone(), mount.path.clone()]
    });
    let rate = client.bytes_per_second.map(|rate| format!("{}/s", bytes(rate)));
    format!(
        "Client:      {}\nProtocol:    {}\nSince:       {}\nLast seen:   {}\nLast minute: {}\n\n{volumes}\n{connections}\n{mounts}",
        visible(&client.client),
        protocol(client),
        or_dash(client.since.map(utc)),
        last_seen(client),
        or_dash(rate),
    )
}

/// `59 s`, `59 min`, `23 h`, `12 d`.
#[cfg(test)]
mod tests {
    use super::*;
    use nasd_api::{ClientMount, ClientVolume};

    #[test]
    fn a_client_that_left_is_shown_with_what_it_did() {
        let client = FileClient {
            client: "192.0.2.7".into(),
            protocol: Protocol::Nfs,
            connected: false,
            nodes: vec!["a".into(), "b".into()],
            volumes: vec![ClientVolume {
                volume: "demo".into(),
                calls: Some(7),
                bytes_in: Some(1 << 20),
                bytes_out: Some(0),
            }],
            mounts: vec![ClientMount { node: "a".into(), path: "/demo\x1b".into() }],
            connections: vec![],
            calls: Some(7),
            bytes_in: Some(1 << 20),
            bytes_out: Some(0),
            bytes_per_second: Some(2048),
            since: Some(1_800_000_000),
            last_seen: Some(1_800_000_060),
        };
        let text = shown(&client);
        for said in [
            "Last seen:   2027-01-15 08:01:00Z",
            "Last minute: 2.0 KiB/s",
            "demo    7      1.0 MiB  0 B",
            "It has no connection.",
            "a     /demo\\u{1b}",
        ] {
            assert!(text.contains(said), "{said}\n{text}");
        }
        let row = table(std::slice::from_ref(&client));
        assert!(row.contains("192.0.2.7  NFS       demo     a, b   7"), "{row}");
        assert!(table(&[FileClient { connected: true, ..client }]).contains("now"));
    }
}
