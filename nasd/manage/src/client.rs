//! Tells who uses files: addresses with their connections to all nodes, and the nodes' own mounts.

use crate::Manager;
use nasd_api::{
    ApiError, BusyClient, Call, ClientConnection, ClientMount, ClientVolume, FileClient, List,
    ListBusyClients, ListClients, Protocol, ReadClient, Serve,
};
use nasd_base::{NodeId, VolumeId};
use nasd_node::{ClientReport, ClientTally, Report};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

impl Serve<ListClients> for Manager {
    async fn serve(&self, call: Call<ListClients>) -> Result<List<FileClient>, ApiError> {
        call.at.of(self.clients().await?)
    }
}

impl Serve<ReadClient> for Manager {
    async fn serve(&self, call: Call<ReadClient>) -> Result<FileClient, ApiError> {
        call.at.of(self.clients().await?)
    }
}

impl Serve<ListBusyClients> for Manager {
    async fn serve(&self, call: Call<ListBusyClients>) -> Result<List<BusyClient>, ApiError> {
        call.at.of(self.clients().await?.into_iter().filter_map(BusyClient::of).collect())
    }
}

impl Manager {
    async fn clients(&self) -> Result<Vec<FileClient>, ApiError> {
        let (observed, reports) = self.reports().await?;
        let nodes: Vec<_> = observed.nodes().into_iter().map(|node| (NodeId(node.id), node.name)).collect();
        let volumes = observed.view.volumes.iter().map(|(id, volume)| (*id, volume.name.clone())).collect();
        Ok(together(&nodes, &volumes, &reports))
    }
}

/// What all nodes say, by client.
fn together(
    nodes: &[(NodeId, String)],
    volumes: &BTreeMap<VolumeId, String>,
    reports: &BTreeMap<NodeId, Report>,
) -> Vec<FileClient> {
    let mut by_address = BTreeMap::<IpAddr, FileClient>::new();
    let mut all = Vec::new();
    for (id, node) in nodes {
        let Some(report) = reports.get(id) else { continue };
        for told in &report.clients {
            let fresh = || FileClient::of(told.client.to_string(), Protocol::Nfs);
            hear(by_address.entry(told.client).or_insert_with(fresh), node, volumes, told);
        }
        for (address, connection) in report.nfs_clients.iter().filter_map(|told| connection(node, told)) {
            by_address.get_mut(&address).into_iter().for_each(|one| one.connections.push(connection.clone()));
        }
        all.extend((!report.mounts.is_empty()).then(|| own_mounts(node, report)));
    }
    all.extend(by_address.into_values());
    all
}

/// Adds what one node says of a client.
fn hear(client: &mut FileClient, node: &str, volumes: &BTreeMap<VolumeId, String>, told: &ClientReport) {
    client.connected |= told.connections > 0;
    client.nodes.push(node.to_owned());
    let mounts = told.mounts.iter().map(|path| ClientMount { node: node.to_owned(), path: path.clone() });
    client.mounts.extend(mounts);
    let FileClient { calls, bytes_in, bytes_out, .. } = client;
    add([calls, bytes_in, bytes_out], told.total);
    add_one(&mut client.bytes_per_second, told.recent_bytes.checked_div(told.recent_seconds).unwrap_or(0));
    let (first, last) = (told.first.secs, told.last.secs);
    client.since = Some(client.since.map_or(first, |since| since.min(first)));
    client.last_seen = Some(client.last_seen.map_or(last, |seen| seen.max(last)));
    for (id, tally) in &told.volumes {
        // One that is deleted has no name.
        let Some(name) = volumes.get(id) else { continue };
        let ClientVolume { calls, bytes_in, bytes_out, .. } = volume(&mut client.volumes, name);
        add([calls, bytes_in, bytes_out], *tally);
    }
}

fn volume<'a>(volumes: &'a mut Vec<ClientVolume>, name: &str) -> &'a mut ClientVolume {
    let at = volumes.iter().position(|used| used.volume == name).unwrap_or_else(|| {
        let (calls, bytes_in, bytes_out) = Default::default();
        volumes.push(ClientVolume { volume: name.to_owned(), calls, bytes_in, bytes_out });
        volumes.len() - 1
    });
    &mut volumes[at]
}

fn add(sums: [&mut Option<u64>; 3], ClientTally { calls, bytes_in, bytes_out }: ClientTally) {
    sums.into_iter().zip([calls, bytes_in, bytes_out]).for_each(|(sum, more)| add_one(sum, more));
}

fn add_one(sum: &mut Option<u64>, more: u64) {
    *sum = Some(sum.unwrap_or(0).saturating_add(more));
}

fn connection(node: &str, told: &nasd_node::NfsClient) -> Option<(IpAddr, ClientConnection)> {
    let address: SocketAddr = told.address.parse().ok()?;
    let connection = ClientConnection {
        node: node.to_owned(),
        port: address.port(),
        calls: told.calls,
        bytes_in: told.bytes_in,
        bytes_out: told.bytes_out,
        connected_seconds: told.connected_seconds,
    };
    Some((address.ip().to_canonical(), connection))
}

/// A node is a client of what it mounts itself.
fn own_mounts(node: &str, report: &Report) -> FileClient {
    let mut client = FileClient { connected: true, ..FileClient::of(node.to_owned(), Protocol::Fuse) };
    client.nodes.push(node.to_owned());
    for (at, name) in &report.mounts {
        client.mounts.push(ClientMount { node: node.to_owned(), path: at.display().to_string() });
        volume(&mut client.volumes, name);
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::Timestamp;
    use nasd_node::NfsClient;

    fn tally(calls: u64) -> ClientTally {
        ClientTally { calls, bytes_in: 10 * calls, bytes_out: 100 * calls }
    }

    fn told(client: &str, connections: u32, volumes: &[(u64, u64)], [first, last]: [i64; 2]) -> ClientReport {
        let at = |secs| Timestamp { secs, nanos: 0 };
        let calls = volumes.iter().map(|(_, calls)| calls).sum();
        ClientReport {
            client: client.parse().unwrap(),
            connections,
            total: tally(calls),
            volumes: volumes.iter().map(|(id, calls)| (VolumeId(*id), tally(*calls))).collect(),
            mounts: vec!["/demo".into()],
            first: at(first),
            last: at(last),
            recent_bytes: 6000,
            recent_seconds: 60,
        }
    }

    #[test]
    fn what_several_nodes_say_of_a_client_is_one_and_a_node_is_a_client_of_its_mounts() {
        let connection = NfsClient {
            address: "[::ffff:192.0.2.1]:700".into(),
            calls: 3,
            bytes_in: 30,
            bytes_out: 300,
            connected_seconds: 5,
        };
        let one = Report {
            clients: vec![told("192.0.2.1", 1, &[(1, 3), (9, 1)], [100, 900])],
            nfs_clients: vec![connection],
            mounts: BTreeMap::from([("/mnt/demo".into(), "demo".into())]),
            ..Report::default()
        };
        let two = Report {
            clients: vec![
                told("192.0.2.1", 0, &[(1, 2), (2, 5)], [50, 200]),
                told("192.0.2.2", 0, &[(2, 1)], [60, 70]),
            ],
            ..Report::default()
        };
        let nodes =
            [(NodeId(1), "a".to_owned()), (NodeId(2), "b".to_owned()), (NodeId(3), "silent".to_owned())];
        let volumes = BTreeMap::from([(VolumeId(1), "demo".to_owned()), (VolumeId(2), "other".to_owned())]);
        let reports = BTreeMap::from([(NodeId(1), one), (NodeId(2), two)]);
        let all = together(&nodes, &volumes, &reports);
        let names: Vec<_> = all.iter().map(|client| (&client.client[..], client.connected)).collect();
        assert_eq!(names, [("a", true), ("192.0.2.1", true), ("192.0.2.2", false)]);
        let fuse = &all[0];
        assert_eq!((fuse.protocol, fuse.calls, fuse.since), (Protocol::Fuse, None, None));
        assert_eq!((&fuse.mounts[0].path[..], &fuse.volumes[0].volume[..]), ("/mnt/demo", "demo"));
        let both = &all[1];
        assert_eq!(both.nodes, ["a", "b"]);
        assert_eq!((both.calls, both.bytes_in, both.bytes_out), (Some(11), Some(110), Some(1100)));
        assert_eq!((both.since, both.last_seen, both.bytes_per_second), (Some(50), Some(900), Some(200)));
        let used: Vec<_> = both.volumes.iter().map(|used| (&used.volume[..], used.calls)).collect();
        assert_eq!(used, [("demo", Some(5)), ("other", Some(5))], "what is deleted has no name");
        assert_eq!((both.connections[0].port, &both.connections[0].node[..]), (700, "a"));
        assert_eq!(both.mounts.len(), 2);
        assert!(all[2].connections.is_empty());
    }
}
