//! What this node can say of the cluster without asking anybody, and of its own disks.

use super::family::{Family, Figure};
use crate::health::Observed;
use nasd_node::Node;

const MICROS_PER_SECOND: f64 = 1e6;

pub fn families(node: &Node, observed: &Observed) -> Vec<Family> {
    let nodes = observed.nodes();
    let mut reachable = Family::new("node_reachable", "Whether this node hears of a member");
    let mut ahead = Family::seconds("node_clock_ahead", "How far a member's clock is ahead of this node's");
    for member in &nodes {
        let label = [("member", member.name.as_str())];
        reachable.add(label, Figure::Gauge(f64::from(u8::from(member.reachable))));
        if let Some(micros) = node.pulses.clock_ahead(nasd_base::NodeId(member.id)) {
            ahead.add(label, Figure::Gauge(micros as f64 / MICROS_PER_SECOND));
        }
    }
    let here = nodes.iter().find(|member| member.id == observed.me.0);
    let name = here.map(|member| member.name.as_str()).unwrap_or_default();
    let (verdict, space) = (observed.verdict(), observed.space());
    let mut families = vec![
        Family::new("build_info", "The program that answers")
            .with([("version", env!("CARGO_PKG_VERSION")), ("node", name)], Figure::Gauge(1.0)),
        Family::new(
            "cluster_health",
            "0 healthy, 1 degraded, 2 unavailable, 3 unknown; as this node sees it",
        )
        .measures(f64::from(verdict.health as u8)),
        Family::new("cluster_quorum", "Whether a majority of nodes is reachable from here and has a leader")
            .measures(f64::from(u8::from(observed.has_quorum()))),
        Family::new("cluster_term", "The system group's term: it grows with every election")
            .measures(observed.system.term as f64),
        Family::bytes("cluster_used", "File data of all volumes that answer, one copy, before compression")
            .measures(space.used_bytes as f64),
        Family::bytes("cluster_free", "Bytes that new files could take, one copy")
            .measures(space.free_bytes as f64),
        reachable,
        ahead,
    ];
    if let Some(until) = node.reporter.https_until.get() {
        families.push(
            Family::seconds("certificate_expiry_timestamp", "When the certificate for browsers expires")
                .measures(until() as f64),
        );
    }
    families.extend(disks(node));
    families
}

fn disks(node: &Node) -> [Family; 4] {
    let mut total = Family::bytes("disk_size", "What chunks may use of a disk of this node");
    let mut used = Family::bytes("disk_used", "Segments of chunks on a disk of this node");
    let mut available = Family::bytes("disk_available", "What new chunks may take; a reserve is not counted");
    let mut failed = Family::new("disk_failed", "Whether a disk of this node takes no more writes");
    for (number, (space, failure)) in node.store.disks().into_iter().enumerate() {
        let path = node.reporter.disk_path(number);
        let label = [("disk", path.as_str())];
        total.add(label, Figure::Gauge(space.total_bytes as f64));
        used.add(label, Figure::Gauge(space.used_bytes as f64));
        available.add(label, Figure::Gauge(space.available_bytes as f64));
        failed.add(label, Figure::Gauge(f64::from(u8::from(failure.is_some()))));
    }
    [total, used, available, failed]
}
