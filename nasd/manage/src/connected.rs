//! Lists who is connected to the nodes.

use crate::Manager;
use nasd_api::{ApiError, Call, ConnectedClient, List, ListClients, NodeInfo, Protocol, Serve};
use nasd_base::NodeId;
use nasd_node::Report;

impl Serve<ListClients> for Manager {
    async fn serve(&self, call: Call<ListClients>) -> Result<List<ConnectedClient>, ApiError> {
        let (observed, reports) = self.reports().await?;
        let said = |node: NodeInfo| reports.get(&NodeId(node.id)).map(|report| connected(&node, report));
        call.at.of(observed.nodes().into_iter().filter_map(said).flatten().collect())
    }
}

fn connected(node: &NodeInfo, report: &Report) -> Vec<ConnectedClient> {
    let nfs = report.nfs_clients.iter().map(|client| ConnectedClient {
        node: node.id,
        node_name: node.name.clone(),
        protocol: Protocol::Nfs,
        address: client.address.clone(),
        volume: None,
        calls: Some(client.calls),
        bytes_in: Some(client.bytes_in),
        bytes_out: Some(client.bytes_out),
        connected_seconds: Some(client.connected_seconds),
    });
    let mounts = report.mounts.iter().map(|(at, volume)| ConnectedClient {
        node: node.id,
        node_name: node.name.clone(),
        protocol: Protocol::Fuse,
        address: at.display().to_string(),
        volume: Some(volume.clone()),
        calls: None,
        bytes_in: None,
        bytes_out: None,
        connected_seconds: None,
    });
    mounts.chain(nfs).collect()
}
