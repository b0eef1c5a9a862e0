//! Says who the members of the cluster are, and how one and its machine do.

use crate::Manager;
use crate::health::Observed;
use nasd_api::{
    ApiError, Call, List, ListNodes, MachineInfo, NodeDetail, NodeInfo, NodeRole, ReadNode, Serve,
};
use nasd_base::NodeId;
use nasd_node::{MachineReport, Node, Question};

impl Serve<ListNodes> for Manager {
    async fn serve(&self, call: Call<ListNodes>) -> Result<List<NodeInfo>, ApiError> {
        call.at.of(self.observe().await?.nodes())
    }
}

impl Serve<ReadNode> for Manager {
    async fn serve(&self, call: Call<ReadNode>) -> Result<NodeDetail, ApiError> {
        let (member, observed) = (self.member().await?, self.observe().await?);
        let info = observed.node_called(&call.at.node)?;
        let id = NodeId(info.id);
        let machine = match info.reachable {
            true => member.node.reporter.ask_about(id, Question::Machine).await,
            false => None,
        };
        let mut disks = self.disks().await?;
        disks.retain(|disk| disk.node == info.id);
        Ok(NodeDetail {
            role: role(&observed, id),
            leads: observed.led_by(id),
            holds: observed.held_by(id),
            clock_ahead_millis: clock_ahead(&member.node, &observed, &info),
            machine: machine.map(described),
            disks,
            info,
        })
    }
}

fn role(observed: &Observed, node: NodeId) -> NodeRole {
    let system = &observed.system;
    match () {
        () if system.leader == Some(node) => NodeRole::Leader,
        () if system.voters.contains(&node) => NodeRole::Voter,
        () => NodeRole::Learner,
    }
}

/// Both clocks are held against this node's own.
fn clock_ahead(here: &Node, observed: &Observed, node: &NodeInfo) -> Option<i64> {
    let ahead = |id: NodeId| match id == here.me {
        true => Some(0),
        false => here.is_reachable(id).then(|| here.pulses.clock_ahead(id)).flatten(),
    };
    let micros = ahead(NodeId(node.id))? - ahead(observed.system.leader?)?;
    Some((micros as f64 / 1000.0).round() as i64)
}

fn described(machine: MachineReport) -> MachineInfo {
    let MachineReport { cpu, cores, model, kernel, memory_bytes, memory_free_bytes, .. } = machine;
    MachineInfo {
        model,
        cpu,
        cores: Some(cores).filter(|cores| *cores > 0),
        memory_bytes,
        memory_free_bytes,
        load: machine.load.map(|load| load.map(|hundredths| f64::from(hundredths) / 100.0)),
        kernel,
        uptime_seconds: machine.uptime_seconds,
        nasd_seconds: machine.nasd_seconds,
        addresses: machine.addresses,
        https_until: machine.https_until,
    }
}
