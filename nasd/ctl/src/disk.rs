//! Owns `nasctl disk`: what chunks are stored on.

use crate::failure::Failure;
use crate::output;
use crate::table::{Table, bytes};
use clap::Subcommand;
use nasd_api::{Client, DiskInfo, DiskState, ListDisks};

#[derive(Debug, Subcommand)]
pub enum DiskCommand {
    /// List the disks of all nodes
    List,
}

pub async fn run(node: &Client, DiskCommand::List: DiskCommand, json: bool) -> Result<(), Failure> {
    output::reply(json, &node.all::<ListDisks>().await?, |disks| table(disks))
}

fn table(disks: &[DiskInfo]) -> String {
    let mut table = Table::new(&["NODE", "NAME", "DISK", "STATE", "USED", "FREE", "SIZE", "PROBLEM"]);
    for disk in disks {
        let state = match disk.state {
            DiskState::Working => "working",
            DiskState::Waiting => "WAITING",
            DiskState::Failed => "FAILED",
            DiskState::Unreachable => "UNREACHABLE",
            DiskState::Unknown => "unknown",
        };
        table.row([
            disk.node.to_string(),
            disk.node_name.clone(),
            disk.path.clone(),
            state.into(),
            bytes(disk.used_bytes),
            bytes(disk.available_bytes),
            bytes(disk.total_bytes),
            disk.problem.clone().unwrap_or_else(|| "-".into()),
        ]);
    }
    table.or("No node has said anything about its disks.")
}
