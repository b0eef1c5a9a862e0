//! Owns `nasctl disk`: what chunks are stored on.

use crate::failure::Failure;
use crate::nouns::Asked;
use crate::output;
use crate::reach::Node;
use crate::table::{Table, bytes};
use clap::Subcommand;
use nasd_api::{DiskInfo, DiskState, ListDisks};

/// Disks: what the nodes store data on
#[derive(Debug, Subcommand)]
pub enum DiskCommand {
    /// List the disks of all nodes
    List,
}

impl Asked for DiskCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let DiskCommand::List = self;
        let node = &at.client().await?;
        output::reply(json, &node.all::<ListDisks>().await?, |disks| table(disks))
    }
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
