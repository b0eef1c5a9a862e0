//! Connected clients.

use crate::Memory;
use nasd_api::{ApiError, Call, ConnectedClient, List, ListClients, Protocol, Serve};

impl Serve<ListClients> for Memory {
    async fn serve(&self, call: Call<ListClients>) -> Result<List<ConnectedClient>, ApiError> {
        let items = self.act(|state| {
            let mounts = state.mounts.values().map(|mount| ConnectedClient {
                node: 1,
                node_name: "node1".to_owned(),
                protocol: Protocol::Fuse,
                address: mount.at.display().to_string(),
                volume: Some(mount.volume.clone()),
                calls: None,
                bytes_in: None,
                bytes_out: None,
                connected_seconds: None,
            });
            Ok(mounts.collect())
        })?;
        call.at.of(items)
    }
}
