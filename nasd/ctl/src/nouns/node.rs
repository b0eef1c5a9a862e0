//! Owns `nasctl node`: the cluster's nodes.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::{columns, or_dash};
use clap::Subcommand;
use nasd_api::{ListNodes, NodeInfo, NodeState};

/// The cluster's nodes
#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// List the nodes
    List(ListArgs),
}

impl Asked for NodeCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let NodeCommand::List(asked) = self;
        asked.print::<ListNodes>(&at.client().await?, json, table).await
    }
}

pub fn table(nodes: &[NodeInfo]) -> String {
    let heading = ["NODE", "NAME", "ADDRESS", "STATE", "REACHABLE", "NFS", "VERSION"];
    columns(&heading, nodes, "There are no nodes.", |node| {
        let state = match node.state {
            NodeState::Joining => "joining",
            NodeState::Member => "member",
            NodeState::Leaving => "leaving",
            NodeState::Unknown => "unknown",
        };
        let reachable = if node.reachable { "yes" } else { "NO" };
        let (nfs, version) = (or_dash(node.nfs_address.clone()), or_dash(node.version.clone()));
        let (name, address) = (node.name.clone(), node.address.clone());
        [node.id.to_string(), name, address, state.into(), reachable.into(), nfs, version]
    })
}
