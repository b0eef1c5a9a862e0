//! Lists whom the export rules refused, on all nodes.

use crate::Manager;
use nasd_api::{ApiError, Call, List, ListRefusedMounts, NodeInfo, RefusedMount, RefusingRule, Serve};
use nasd_base::NodeId;
use nasd_base::export::RefusedBy;
use nasd_node::RefusedReport;
use nasd_system::SystemView;

impl Serve<ListRefusedMounts> for Manager {
    async fn serve(&self, call: Call<ListRefusedMounts>) -> Result<List<RefusedMount>, ApiError> {
        let (observed, mut reports) = self.reports().await?;
        let mut refused = Vec::new();
        for node in observed.nodes() {
            let told = reports.remove(&NodeId(node.id)).map(|report| report.refused).unwrap_or_default();
            refused.extend(told.into_iter().map(|one| described(&observed.view, &node, one)));
        }
        call.at.of(refused)
    }
}

fn described(view: &SystemView, node: &NodeInfo, refused: RefusedReport) -> RefusedMount {
    let volume = refused.volume.and_then(|volume| view.volumes.get(&volume));
    RefusedMount {
        node: node.id,
        node_name: node.name.clone(),
        client: refused.client.to_string(),
        path: refused.path,
        volume: volume.map(|volume| volume.name.clone()),
        rule: match refused.by {
            RefusedBy::NoExport => RefusingRule::NoExport,
            RefusedBy::NoRule => RefusingRule::NoRule,
            RefusedBy::Port => RefusingRule::Port,
            RefusedBy::ReadOnly => RefusingRule::ReadOnly,
        },
        network: refused.network.map(|network| network.to_string()),
        user: refused.user,
        first_at: refused.first.secs,
        last_at: refused.last.secs,
        times: refused.times,
    }
}
