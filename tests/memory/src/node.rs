//! Nodes.

use crate::known::NOW;
use crate::{Memory, disk};
use nasd_api::*;

impl Serve<ListNodes> for Memory {
    async fn serve(&self, call: Call<ListNodes>) -> Result<List<NodeInfo>, ApiError> {
        let items = self.act(|state| state.status().map(|status| status.nodes))?;
        call.at.of(items)
    }
}

impl Serve<ReadNode> for Memory {
    async fn serve(&self, call: Call<ReadNode>) -> Result<NodeDetail, ApiError> {
        let NodeAt { node } = call.at;
        let (status, disk) = self.act(|state| Ok((state.status()?, disk::disk(state))))?;
        let found = status.nodes.into_iter().find(|one| one.name == node || one.id.to_string() == node);
        let info = found.ok_or_else(|| refusal::node_named_unknown(node))?;
        let volumes: Vec<String> = status.volumes.into_iter().map(|volume| volume.name).collect();
        Ok(NodeDetail {
            role: NodeRole::Leader,
            leads: volumes.clone(),
            holds: volumes,
            clock_ahead_millis: Some(0),
            machine: info.reachable.then(machine),
            disks: vec![disk],
            info,
        })
    }
}

fn machine() -> MachineInfo {
    MachineInfo {
        model: Some("Supermicro SYS-E301".into()),
        cpu: Some("AMD EPYC 3151".into()),
        cores: Some(8),
        memory_bytes: Some(32 << 30),
        memory_free_bytes: Some(20 << 30),
        load: Some([0.42, 1.05, 0.7]),
        kernel: Some("6.12.0-amd64".into()),
        uptime_seconds: Some(90_061),
        nasd_seconds: 3_600,
        addresses: vec!["192.0.2.1".into(), "2001:db8::1".into()],
        https_until: Some(NOW + 90 * 86_400),
    }
}

pub fn node() -> NodeInfo {
    NodeInfo {
        id: 1,
        name: "stor-a".into(),
        address: "192.0.2.1:7400".into(),
        state: NodeState::Member,
        reachable: true,
        nfs_address: Some("192.0.2.1:2049".into()),
        version: Some("0.1.0".into()),
    }
}
