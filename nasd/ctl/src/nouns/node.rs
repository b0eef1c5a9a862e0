//! Owns `nasctl node`: the cluster's nodes.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::nouns::disk;
use crate::reach::Node;
use crate::table::{bytes, columns, facts_of, listed, or_dash};
use crate::{names, output, when};
use clap::Subcommand;
use nasd_api::{ListNodes, MachineInfo, NodeAt, NodeDetail, NodeInfo, NodeRole, NodeState, ReadNode};

/// The cluster's nodes
#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// List the nodes
    List(ListArgs),
    /// Show one node: its machine, its clock, its disks, and what it is to the cluster
    Show {
        /// Its name, or its number
        #[arg(value_name = "NODE", add = names::nodes())]
        name: String,
    },
}

impl Asked for NodeCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            NodeCommand::List(asked) => asked.print::<ListNodes>(node, json, table).await,
            NodeCommand::Show { name } => {
                output::reply(json, &node.ask::<ReadNode>(NodeAt::new(&name)).await?, shown)
            }
        }
    }
}

fn state(node: &NodeInfo) -> &'static str {
    match node.state {
        NodeState::Joining => "joining",
        NodeState::Member => "member",
        NodeState::Leaving => "leaving",
        NodeState::Unknown => "unknown",
    }
}

/// A node, a fact a line.
fn shown(node: &NodeDetail) -> String {
    let NodeDetail { info, role, leads, holds, clock_ahead_millis, machine, disks } = node;
    let role = match role {
        NodeRole::Leader => "leads the cluster",
        NodeRole::Voter => "votes",
        NodeRole::Learner => "does not vote",
        NodeRole::Unknown => "unknown",
    };
    let mut facts = vec![
        ("number", info.id.to_string()),
        ("state", format!("{}, {}", state(info), if info.reachable { "answers" } else { "DOES NOT ANSWER" })),
        ("role", role.to_owned()),
        ("leads", listed(leads)),
        ("holds", listed(holds)),
        ("address", info.address.clone()),
        ("NFS", or_dash(info.nfs_address.clone())),
        ("version", or_dash(info.version.clone())),
        ("clock", or_dash(clock_ahead_millis.map(|millis| format!("{millis:+} ms against the leader's")))),
    ];
    facts.extend(machine.iter().flat_map(of_machine));
    facts.extend(disks.iter().map(|disk| ("disk", disk::in_a_line(disk))));
    facts_of("NODE", &info.name, facts)
}

fn of_machine(machine: &MachineInfo) -> Vec<(&'static str, String)> {
    let load =
        machine.load.map(|[one, five, fifteen]| format!("{one:.2} {five:.2} {fifteen:.2} (1, 5, 15 min)"));
    let memory = machine.memory_bytes.map(|all| match machine.memory_free_bytes {
        Some(free) => format!("{}, {} free", bytes(all), bytes(free)),
        None => bytes(all),
    });
    vec![
        ("machine", or_dash(machine.model.clone())),
        ("processor", or_dash(machine.cpu.clone())),
        ("cores", or_dash(machine.cores)),
        ("memory", or_dash(memory)),
        ("load", or_dash(load)),
        ("kernel", or_dash(machine.kernel.clone())),
        ("up for", or_dash(machine.uptime_seconds.map(when::long))),
        ("nasd up for", when::long(machine.nasd_seconds)),
        ("addresses", listed(&machine.addresses)),
        ("certificate", or_dash(machine.https_until.map(|until| format!("good until {}", when::utc(until))))),
    ]
}

pub fn table(nodes: &[NodeInfo]) -> String {
    let heading = ["NODE", "NAME", "ADDRESS", "STATE", "REACHABLE", "NFS", "VERSION"];
    columns(&heading, nodes, "There are no nodes.", |node| {
        let reachable = if node.reachable { "yes" } else { "NO" };
        let (nfs, version) = (or_dash(node.nfs_address.clone()), or_dash(node.version.clone()));
        let (name, address) = (node.name.clone(), node.address.clone());
        [node.id.to_string(), name, address, state(node).into(), reachable.into(), nfs, version]
    })
}
