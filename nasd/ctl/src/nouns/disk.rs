//! Owns `nasctl disk`: what chunks are stored on.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::output;
use crate::reach::Node;
use crate::table::{bytes, columns, or_dash};
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
        output::list(json, &node.all::<ListDisks>().await?, table)
    }
}

fn table(disks: &[DiskInfo]) -> String {
    let heading = ["NODE", "NAME", "DISK", "STATE", "ON DISK", "FREE", "SIZE", "PROBLEM"];
    columns(&heading, disks, "No node has said anything about its disks.", |disk| {
        let state = match disk.state {
            DiskState::Working => "working",
            DiskState::Waiting => "WAITING",
            DiskState::Failed => "FAILED",
            DiskState::Unreachable => "UNREACHABLE",
            DiskState::Unknown => "unknown",
        };
        [
            disk.node.to_string(),
            disk.node_name.clone(),
            disk.path.clone(),
            state.into(),
            bytes(disk.occupied_bytes),
            bytes(disk.available_bytes),
            bytes(disk.total_bytes),
            or_dash(disk.problem.clone()),
        ]
    })
}
