//! Disks.

use crate::{Memory, State};
use nasd_api::*;

impl Serve<ListDisks> for Memory {
    async fn serve(&self, call: Call<ListDisks>) -> Result<List<DiskInfo>, ApiError> {
        let items = self.act(|state| Ok(vec![disk(state)]))?;
        call.at.of(items)
    }
}

impl Serve<ReadDisk> for Memory {
    async fn serve(&self, call: Call<ReadDisk>) -> Result<DiskDetail, ApiError> {
        let DiskAt { node, path } = call.at;
        let (volumes, disk) = self.act(|state| Ok((state.status()?.volumes, disk(state))))?;
        if disk.path != path || (disk.node_name != node && disk.node.to_string() != node) {
            return Err(refusal::disk_unknown(node, path));
        }
        Ok(DiskDetail {
            disk,
            device: Some("/dev/sdb1".into()),
            model: Some("WDC WD40EFRX".into()),
            serial: Some("WD-WCC7K00".into()),
            rotational: Some(true),
            device_bytes: Some(4_000_787_030_016),
            file_system: Some("xfs".into()),
            mounted_at: Some("/var/lib/gotgan".into()),
            failed_commands: Some(2),
            smart: None,
            smart_missing: Some(smart::smartctl_missing()),
            volumes: volumes.into_iter().map(|volume| volume.name).collect(),
        })
    }
}

impl Memory {
    /// The disk takes no more writes.
    pub fn fail_disk(&self, why: &str) {
        self.state.lock().unwrap().disk_failed = Some(why.to_owned());
    }
}

pub fn disk(state: &State) -> DiskInfo {
    DiskInfo {
        node: 1,
        node_name: "stor-a".into(),
        path: "/var/lib/gotgan/chunks".into(),
        state: if state.disk_failed.is_some() { DiskState::Failed } else { DiskState::Working },
        problem: state.disk_failed.as_ref().map(condition::disk_broken),
        total_bytes: 1 << 40,
        occupied_bytes: 4096,
        available_bytes: (1 << 40) - 4096,
    }
}
