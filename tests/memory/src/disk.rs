//! Disks.

use crate::Memory;
use nasd_api::*;

impl Serve<ListDisks> for Memory {
    async fn serve(&self, call: Call<ListDisks>) -> Result<List<DiskInfo>, ApiError> {
        let items = self.act(|_| Ok(vec![disk()]))?;
        call.at.of(items)
    }
}

impl Serve<ReadDisk> for Memory {
    async fn serve(&self, call: Call<ReadDisk>) -> Result<DiskDetail, ApiError> {
        let DiskAt { node, path } = call.at;
        let volumes = self.act(|state| state.status())?.volumes;
        let disk = disk();
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

pub fn disk() -> DiskInfo {
    DiskInfo {
        node: 1,
        node_name: "stor-a".into(),
        path: "/var/lib/gotgan/chunks".into(),
        state: DiskState::Working,
        problem: None,
        total_bytes: 1 << 40,
        occupied_bytes: 4096,
        available_bytes: (1 << 40) - 4096,
    }
}
