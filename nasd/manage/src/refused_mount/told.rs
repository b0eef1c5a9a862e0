//! Puts together what all nodes say of whom the export rules refused.

use crate::health::Observed;
use nasd_api::{NodeInfo, RefusedMount, RefusingRule};
use nasd_base::NodeId;
use nasd_base::export::RefusedBy;
use nasd_node::{RefusedReport, Report};
use nasd_system::SystemView;
use std::collections::BTreeMap;

/// What all nodes say.
pub fn all(observed: &Observed, reports: &BTreeMap<NodeId, Report>) -> Vec<RefusedMount> {
    let of = |node: NodeInfo| {
        let told = reports.get(&NodeId(node.id)).map(|report| report.refused.as_slice()).unwrap_or_default();
        told.iter().map(move |one| described(&observed.view, &node, one))
    };
    observed.nodes().into_iter().flat_map(of).collect()
}

fn described(view: &SystemView, node: &NodeInfo, refused: &RefusedReport) -> RefusedMount {
    let volume = refused.volume.and_then(|volume| view.volumes.get(&volume));
    RefusedMount {
        node: node.id,
        node_name: node.name.clone(),
        client: refused.client.to_string(),
        path: refused.path.clone(),
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
