//! Owns the check of a node.

use super::alerts;
use super::report::{Figure, Report, State, said};
use nasd_api::{Alert, Client, ClientError, DiskState, ListAlerts, NodeAt, NodeDetail, ReadNode};

pub async fn look(name: &str, client: &Client, wanted: &str) -> Result<Report, ClientError> {
    let node = client.ask::<ReadNode>(NodeAt::new(wanted)).await?;
    let mut open = client.all::<ListAlerts>().await?;
    open.retain(|alert| is_about(alert, node.info.id) && !alert.silenced);
    Ok(report(name, &node, &open))
}

/// The node itself, and its disks.
fn is_about(alert: &Alert, node: u64) -> bool {
    alert.object == format!("node/{node}") || alert.object.starts_with(&format!("disk/{node}/"))
}

/// Where it is down, its disks and alerts are consequences of that.
fn report(name: &str, node: &NodeDetail, open: &[Alert]) -> Report {
    let figures = figures(node);
    if !node.info.reachable {
        return Report::new(name, State::Critical, "It does not answer the other nodes.").with(figures);
    }
    let disks = node.disks.iter().filter(|disk| disk.state != DiskState::Working);
    let disks: Vec<String> =
        disks.map(|disk| disk.problem.as_ref().map_or_else(|| disk.path.clone(), said)).collect();
    let of_disks = if disks.is_empty() { State::Ok } else { State::Warning };
    let state = open.iter().map(|alert| alert.severity.into()).fold(of_disks, State::max);
    let found: Vec<String> = open.iter().map(alerts::line).chain(disks).collect();
    let text = match found.first() {
        None => "It answers, and nothing is wrong with it.".to_owned(),
        Some(first) if found.len() == 1 => first.clone(),
        Some(first) => format!("{first} And {} more.", found.len() - 1),
    };
    Report::new(name, state, text).saying(found).with(figures)
}

fn figures(node: &NodeDetail) -> Vec<Figure> {
    let mut figures =
        vec![Figure::count("leads", node.leads.len()), Figure::count("holds", node.holds.len())];
    let ahead = node.clock_ahead_millis.map(|millis| millis as f64 / 1_000.0);
    figures.extend(ahead.map(|seconds| Figure::new("clock_ahead", seconds, "s")));
    if let Some(machine) = &node.machine {
        figures.extend(machine.load.map(|[one, ..]| Figure::new("load1", one, "")));
        figures.extend(machine.memory_bytes.zip(machine.memory_free_bytes).map(|(all, free)| {
            Figure::new("memory_used", all.saturating_sub(free) as f64, "B").of(all as f64)
        }));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_api::{AlertState, NodeInfo, NodeRole, NodeState, alarm, verdict};
    use nasd_base::alert::{AlertKind, Severity};

    fn node(reachable: bool) -> NodeDetail {
        let info = NodeInfo {
            id: 3,
            name: "stor-c".into(),
            address: "192.0.2.3:7400".into(),
            state: NodeState::Member,
            reachable,
            nfs_address: None,
            version: None,
        };
        NodeDetail {
            info,
            role: NodeRole::Voter,
            leads: Vec::new(),
            holds: Vec::new(),
            clock_ahead_millis: Some(-70),
            machine: None,
            disks: Vec::new(),
        }
    }

    fn alert(object: &str, severity: Severity) -> Alert {
        Alert {
            id: 1,
            kind: AlertKind::ClockSkew,
            severity,
            state: AlertState::Raised,
            object: object.to_owned(),
            name: "stor-c".into(),
            what: verdict::node_absent("stor-c"),
            advice: alarm::advice(AlertKind::ClockSkew),
            page: "/nodes/3".into(),
            raised: 0,
            ended: None,
            acknowledged: None,
            silenced: false,
            flapping: false,
            cause: None,
            consequences: 0,
        }
    }

    #[test]
    fn a_silent_node_is_critical_and_an_alert_is_as_bad_as_it_says() {
        let state = |reachable, open: &[Alert]| report("NODE stor-c", &node(reachable), open).state;
        assert_eq!(state(true, &[]), State::Ok);
        assert_eq!(state(false, &[]), State::Critical);
        for (severity, expected) in [
            (Severity::Info, State::Ok),
            (Severity::Warning, State::Warning),
            (Severity::Critical, State::Critical),
        ] {
            assert_eq!(state(true, &[alert("node/3", severity)]), expected);
        }
    }

    #[test]
    fn only_alerts_about_the_node_count() {
        let about = |object: &str| is_about(&alert(object, Severity::Critical), 3);
        assert!(about("node/3") && about("disk/3/srv/a"));
        assert!(!about("node/33") && !about("disk/33/srv/a") && !about("volume/3") && !about("cluster"));
    }
}
