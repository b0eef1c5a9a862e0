//! Mounts.

use crate::Memory;
use nasd_api::*;

impl Serve<ListMounts> for Memory {
    async fn serve(&self, call: Call<ListMounts>) -> Result<List<MountInfo>, ApiError> {
        let items = self.act(|state| Ok(state.mounts.values().cloned().collect()))?;
        call.at.of(items)
    }
}

impl Serve<MountRequest> for Memory {
    async fn serve(&self, call: Call<MountRequest>) -> Result<MountInfo, ApiError> {
        let request = call.body;
        self.act(|state| {
            let MountRequest { volume, at, read_only, suid, dev } = request;
            let info = MountInfo { volume, at: at.clone(), read_only, suid, dev };
            state.mounts.insert(at, info.clone());
            Ok(info)
        })
    }
}

impl Serve<Unmount> for Memory {
    async fn serve(&self, call: Call<Unmount>) -> Result<Nothing, ApiError> {
        let MountAt { at } = call.at;
        self.act(|state| match state.mounts.remove(&at) {
            Some(_) => Ok(Nothing),
            None => Err(refusal::not_mounted(at.display())),
        })
    }
}
