//! Owns `nasctl client`: who uses the cluster's files just now.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::{bytes, columns, or_dash};
use clap::Subcommand;
use nasd_api::{ConnectedClient, ListClients, Protocol};

/// Connected clients: who uses the files just now
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// List who is connected, on all nodes: NFS clients and the nodes' own mounts
    List(ListArgs),
}

impl Asked for ClientCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let ClientCommand::List(asked) = self;
        asked.print::<ListClients>(&at.client().await?, json, table).await
    }
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
            or_dash(client.connected_seconds.map(duration)),
        ]
    })
}

/// `59 s`, `59 min`, `23 h`, `12 d`.
fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_have_the_largest_unit_that_fits() {
        let said: Vec<String> =
            [59, 60, 3599, 3600, 86_399, 86_400, 900_000].into_iter().map(duration).collect();
        assert_eq!(said, ["59 s", "1 min", "59 min", "1 h", "23 h", "1 d", "10 d"]);
    }
}
