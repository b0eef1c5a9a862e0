//! Who uses files.

use crate::{Memory, State};
use nasd_api::*;

impl Serve<ListClients> for Memory {
    async fn serve(&self, call: Call<ListClients>) -> Result<List<FileClient>, ApiError> {
        call.at.of(self.act(|state| Ok(clients(state)))?)
    }
}

impl Serve<ReadClient> for Memory {
    async fn serve(&self, call: Call<ReadClient>) -> Result<FileClient, ApiError> {
        call.at.of(self.act(|state| Ok(clients(state)))?)
    }
}

impl Serve<ListBusyClients> for Memory {
    async fn serve(&self, call: Call<ListBusyClients>) -> Result<List<BusyClient>, ApiError> {
        let all = self.act(|state| Ok(clients(state)))?;
        call.at.of(all.into_iter().filter_map(BusyClient::of).collect())
    }
}

impl Memory {
    /// An NFS client comes.
    pub fn add_client(&self, client: FileClient) {
        self.state.lock().unwrap().clients.push(client);
    }
}

fn clients(state: &State) -> Vec<FileClient> {
    let mut all = state.clients.clone();
    all.extend((!state.mounts.is_empty()).then(|| own_mounts(state)));
    all
}

fn own_mounts(state: &State) -> FileClient {
    let node = "node1".to_owned();
    let used = |mount: &MountInfo| {
        let (calls, bytes_in, bytes_out) = Default::default();
        ClientVolume { volume: mount.volume.clone(), calls, bytes_in, bytes_out }
    };
    let mounts = state.mounts.values().map(|mount| mount.at.display().to_string());
    FileClient {
        connected: true,
        nodes: vec![node.clone()],
        volumes: state.mounts.values().map(used).collect(),
        mounts: mounts.map(|path| ClientMount { node: node.clone(), path }).collect(),
        ..FileClient::of(node.clone(), Protocol::Fuse)
    }
}
