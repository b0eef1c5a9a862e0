//! Nodes.

use crate::Memory;
use nasd_api::{ApiError, Call, List, ListNodes, NodeInfo, NodeState, Serve};

impl Serve<ListNodes> for Memory {
    async fn serve(&self, call: Call<ListNodes>) -> Result<List<NodeInfo>, ApiError> {
        let items = self.act(|state| state.status().map(|status| status.nodes))?;
        call.at.of(items)
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
