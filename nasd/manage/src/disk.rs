//! Lists the disks of all nodes.

use crate::Manager;
use nasd_api::{ApiError, Call, DiskInfo, DiskState, List, ListDisks, Serve};
use nasd_base::NodeId;
use nasd_node::DiskReport;

impl Serve<ListDisks> for Manager {
    async fn serve(&self, call: Call<ListDisks>) -> Result<List<DiskInfo>, ApiError> {
        let (observed, reports) = self.reports().await?;
        let last = self.last_reports.lock();
        let mut disks = Vec::new();
        for node in observed.nodes() {
            let id = NodeId(node.id);
            for disk in last.get(&id).into_iter().flat_map(|report| &report.disks) {
                let (state, problem) = condition(disk, reports.contains_key(&id));
                disks.push(DiskInfo {
                    node: node.id,
                    node_name: node.name.clone(),
                    path: disk.path.clone(),
                    state,
                    problem,
                    total_bytes: disk.total_bytes,
                    occupied_bytes: disk.used_bytes,
                    available_bytes: disk.available_bytes,
                });
            }
        }
        call.at.of(disks)
    }
}

/// Whether a disk does its job, and what to do if not.
fn condition(disk: &DiskReport, answers: bool) -> (DiskState, Option<String>) {
    match (&disk.failed, &disk.short_of) {
        (Some(reason), _) => {
            let what_to_do = "replace the disk and start its node again";
            let state = if answers { DiskState::Failed } else { DiskState::Unreachable };
            (state, Some(format!("{reason}; {what_to_do}")))
        }
        (None, _) if !answers => (DiskState::Unreachable, None),
        (None, Some(reason)) => (DiskState::Waiting, Some(format!("{reason}; it goes on by itself"))),
        (None, None) => (DiskState::Working, None),
    }
}
