//! Says what disks there are, and what is under one.

use crate::Manager;
use crate::refusal;
use nasd_api::{
    ApiError, Call, DiskAt, DiskDetail, DiskInfo, DiskState, List, ListDisks, ReadDisk, Sentence, Serve,
    SmartInfo, condition, smart,
};
use nasd_base::NodeId;
use nasd_node::{DeviceReport, DiskReport, NoSmart, Question, Smart};

impl Serve<ListDisks> for Manager {
    async fn serve(&self, call: Call<ListDisks>) -> Result<List<DiskInfo>, ApiError> {
        call.at.of(self.disks().await?)
    }
}

impl Serve<ReadDisk> for Manager {
    async fn serve(&self, call: Call<ReadDisk>) -> Result<DiskDetail, ApiError> {
        let DiskAt { node, path } = call.at;
        let (member, observed) = (self.member().await?, self.observe().await?);
        let node = observed.node_called(&node)?;
        let of_node = self.disks().await?.into_iter().filter(|disk| disk.node == node.id);
        let found = of_node.enumerate().find(|(_, disk)| disk.path == path);
        let (number, disk) = found.ok_or_else(|| refusal::disk_unknown(&node.name, &path))?;
        let question = Question::Disk(number as u32);
        let device = match node.reachable {
            true => member.node.reporter.ask_about(NodeId(node.id), question).await,
            false => None,
        };
        Ok(describe(disk, device, observed.held_by(NodeId(node.id))))
    }
}

impl Manager {
    pub(crate) async fn disks(&self) -> Result<Vec<DiskInfo>, ApiError> {
        let (observed, reports) = self.reports().await?;
        let last = self.last_reports.lock();
        let mut disks = Vec::new();
        for node in observed.nodes() {
            let id = NodeId(node.id);
            for disk in last.get(&id).into_iter().flat_map(|report| &report.disks) {
                let (state, problem) = state_of(disk, reports.contains_key(&id));
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
        Ok(disks)
    }
}

fn describe(disk: DiskInfo, device: Option<DeviceReport>, volumes: Vec<String>) -> DiskDetail {
    let (smart, smart_missing) = match device.as_ref().map(|device| &device.smart) {
        Some(Ok(smart)) => (Some(said(smart)), None),
        Some(Err(why)) => (None, Some(why_not(why))),
        None => (None, Some(smart::node_did_not_say())),
    };
    let known = |pick: fn(&DeviceReport) -> Option<String>| device.as_ref().and_then(pick);
    DiskDetail {
        disk,
        device: known(|device| device.device.clone()),
        model: known(|device| device.model.clone()),
        serial: known(|device| device.serial.clone()),
        file_system: known(|device| device.file_system.clone()),
        mounted_at: known(|device| device.mounted_at.clone()),
        rotational: device.as_ref().and_then(|device| device.rotational),
        device_bytes: device.as_ref().and_then(|device| device.size_bytes),
        failed_commands: device.as_ref().and_then(|device| device.failed_commands),
        smart,
        smart_missing,
        volumes,
    }
}

fn said(smart: &Smart) -> SmartInfo {
    SmartInfo {
        passed: smart.passed,
        temperature_celsius: smart.temperature_celsius,
        power_on_hours: smart.power_on_hours,
        reallocated: smart.reallocated,
        pending: smart.pending,
        uncorrectable: smart.uncorrectable,
        worn_percent: smart.worn_percent,
    }
}

pub(crate) fn why_not(why: &NoSmart) -> Sentence {
    match why {
        NoSmart::NoDisk => smart::no_single_disk(),
        NoSmart::NotInstalled => smart::smartctl_missing(),
        NoSmart::NotAllowed => smart::smartctl_denied(),
        NoSmart::TooSlow => smart::smart_too_slow(),
        NoSmart::Said(text) => smart::smartctl_said(text),
    }
}

/// Whether a disk does its job, and what to do if not.
fn state_of(disk: &DiskReport, answers: bool) -> (DiskState, Option<Sentence>) {
    match (&disk.failed, &disk.short_of) {
        (Some(reason), _) => {
            let state = if answers { DiskState::Failed } else { DiskState::Unreachable };
            (state, Some(condition::disk_broken(reason)))
        }
        (None, _) if !answers => (DiskState::Unreachable, None),
        (None, Some(reason)) => (DiskState::Waiting, Some(condition::disk_is_short(reason))),
        (None, None) => (DiskState::Working, None),
    }
}
