//! Owns `nasctl disk`: what chunks are stored on.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::{bytes, columns, facts_of, listed, or_dash};
use crate::{language, names, output};
use clap::Subcommand;
use nasd_api::{DiskAt, DiskDetail, DiskInfo, DiskState, ListDisks, ReadDisk, SmartInfo};

/// Disks: what the nodes store data on
#[derive(Debug, Subcommand)]
pub enum DiskCommand {
    /// List the disks of all nodes
    List(ListArgs),
    /// Show one disk: the device under it, and what that says of its health
    Show {
        /// The node's name, or its number
        #[arg(value_name = "NODE", add = names::nodes())]
        node: String,
        /// As `nasctl disk list` shows it
        #[arg(value_name = "DISK", add = names::disks())]
        path: String,
    },
}

impl Asked for DiskCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let client = &at.client().await?;
        match self {
            DiskCommand::List(asked) => asked.print::<ListDisks>(client, json, table).await,
            DiskCommand::Show { node, path } => {
                output::reply(json, &client.ask::<ReadDisk>(DiskAt::new(&node, &path)).await?, shown)
            }
        }
    }
}

fn state(disk: &DiskInfo) -> &'static str {
    match disk.state {
        DiskState::Working => "working",
        DiskState::Waiting => "WAITING",
        DiskState::Failed => "FAILED",
        DiskState::Unreachable => "UNREACHABLE",
        DiskState::Unknown => "unknown",
    }
}

fn problem(disk: &DiskInfo) -> Option<String> {
    disk.problem.as_ref().map(|problem| problem.said(language::here()))
}

pub fn in_a_line(disk: &DiskInfo) -> String {
    let (free, size) = (bytes(disk.available_bytes), bytes(disk.total_bytes));
    format!("{}: {}, {free} of {size} free", disk.path, state(disk))
}

/// A disk, a fact a line.
fn shown(detail: &DiskDetail) -> String {
    let disk = &detail.disk;
    let kind = detail.rotational.map(|rotational| if rotational { "rotating" } else { "solid state" });
    let mut facts = vec![
        ("node", disk.node_name.clone()),
        ("state", state(disk).to_owned()),
        ("problem", or_dash(problem(disk))),
        ("on disk", bytes(disk.occupied_bytes)),
        ("free", format!("{} of {}", bytes(disk.available_bytes), bytes(disk.total_bytes))),
        ("device", or_dash(detail.device.clone())),
        ("model", or_dash(detail.model.clone())),
        ("serial number", or_dash(detail.serial.clone())),
        ("kind", or_dash(kind)),
        ("size", or_dash(detail.device_bytes.map(bytes))),
        ("file system", or_dash(detail.file_system.clone())),
        ("mounted at", or_dash(detail.mounted_at.clone())),
        ("failed commands", or_dash(detail.failed_commands)),
        ("volumes", listed(&detail.volumes)),
    ];
    facts.extend(detail.smart.iter().flat_map(health));
    let missing = detail.smart_missing.as_ref();
    facts.extend(missing.map(|why| ("SMART", format!("not available: {}", why.said(language::here())))));
    facts_of("DISK", &disk.path, facts)
}

fn health(smart: &SmartInfo) -> Vec<(&'static str, String)> {
    vec![
        ("SMART", or_dash(smart.passed.map(|passed| if passed { "passed" } else { "FAILING" }))),
        ("temperature", or_dash(smart.temperature_celsius.map(|degrees| format!("{degrees} °C")))),
        ("powered on", or_dash(smart.power_on_hours.map(|hours| format!("{hours} h")))),
        ("replaced sectors", or_dash(smart.reallocated)),
        ("pending sectors", or_dash(smart.pending)),
        ("lost for good", or_dash(smart.uncorrectable)),
        ("worn", or_dash(smart.worn_percent.map(|percent| format!("{percent} %")))),
    ]
}

fn table(disks: &[DiskInfo]) -> String {
    let heading = ["NODE", "NAME", "DISK", "STATE", "ON DISK", "FREE", "SIZE", "PROBLEM"];
    columns(&heading, disks, "No node has said anything about its disks.", |disk| {
        [
            disk.node.to_string(),
            disk.node_name.clone(),
            disk.path.clone(),
            state(disk).into(),
            bytes(disk.occupied_bytes),
            bytes(disk.available_bytes),
            bytes(disk.total_bytes),
            or_dash(problem(disk)),
        ]
    })
}
