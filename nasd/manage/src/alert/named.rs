//! Owns how alerts and what they are about are called, and found by what people call them.

use crate::refusal;
use nasd_api::{Acknowledgement, Alert, AlertState, ApiError, Sentence, alarm, percent_encoded};
use nasd_base::alert::{AlertKind, AlertObject};
use nasd_base::{NodeId, Timestamp};
use nasd_system::{AlertId, Said, SystemView};
use std::collections::BTreeMap;

/// How many open alerts each would not be without.
pub fn consequences(view: &SystemView) -> BTreeMap<AlertId, u64> {
    let mut counts = BTreeMap::new();
    for cause in view.alerts.open().filter_map(|alert| alert.cause) {
        *counts.entry(cause).or_default() += 1;
    }
    counts
}

pub fn described(
    alert: &nasd_system::Alert,
    view: &SystemView,
    consequences: &BTreeMap<AlertId, u64>,
    now: Timestamp,
) -> Alert {
    let state = match (&alert.ended, &alert.acknowledged) {
        (Some(_), _) => AlertState::Ended,
        (None, Some(_)) => AlertState::Acknowledged,
        (None, None) => AlertState::Raised,
    };
    let acknowledged = alert.acknowledged.as_ref().map(|it| Acknowledgement {
        by: it.by.clone(),
        at: it.at.secs,
        note: it.note.clone(),
    });
    let name = name(&alert.object, view);
    Alert {
        id: alert.id,
        kind: alert.kind,
        severity: alert.severity,
        state,
        object: alert.object.to_string(),
        page: page(alert.kind, &alert.object, &name),
        name,
        what: sentence(&alert.what),
        advice: alarm::advice(alert.kind),
        raised: alert.raised.secs,
        ended: alert.ended.map(|at| at.secs),
        acknowledged,
        silenced: alert.is_open() && view.alerts.is_silenced(alert.kind, &alert.object, now),
        flapping: alert.flapping,
        cause: alert.cause,
        consequences: consequences.get(&alert.id).copied().unwrap_or(0),
    }
}

fn sentence(said: &Said) -> Sentence {
    Sentence { reason: said.reason.clone(), text: said.text.clone(), values: said.values.clone() }
}

/// As people know it; by its number where it is gone.
pub fn name(object: &AlertObject, view: &SystemView) -> String {
    let node = |id: NodeId| view.node(id).map_or_else(|| format!("#{id}"), |node| node.name.clone());
    match object {
        AlertObject::Cluster => view.settings.cluster_name.clone(),
        AlertObject::Node(id) => node(*id),
        AlertObject::Volume(id) => {
            view.volume(*id).map_or_else(|| format!("#{}", id.0), |volume| volume.name.clone())
        }
        AlertObject::Disk(id, path) => format!("{} {path}", node(*id)),
    }
}

/// The console's page of it.
fn page(kind: AlertKind, object: &AlertObject, name: &str) -> String {
    match object {
        AlertObject::Cluster if kind == AlertKind::LoginBurst => "/audit".to_owned(),
        AlertObject::Cluster => "/".to_owned(),
        AlertObject::Node(_) if kind == AlertKind::DiagnosisFailed => "/diagnostics".to_owned(),
        AlertObject::Node(id) => format!("/nodes/{id}"),
        AlertObject::Volume(_) => format!("/volumes/{}", percent_encoded(name)),
        AlertObject::Disk(id, path) => format!("/disks/{id}/{}", percent_encoded(path)),
    }
}

/// What somebody means: things by their names or numbers.
///
/// # Errors
/// `NotFound`, in words.
pub fn read(text: &str, view: &SystemView) -> Result<AlertObject, ApiError> {
    let unknown = || refusal::alert_object_unknown(text);
    let node = |said: &str| {
        let named = view.nodes.values().find(|node| node.name == said || said.parse() == Ok(node.id.0));
        named.map(|node| node.id).ok_or_else(unknown)
    };
    match text.split_once('/') {
        None if text == "cluster" => Ok(AlertObject::Cluster),
        Some(("node", said)) => Ok(AlertObject::Node(node(said)?)),
        Some(("volume", said)) => {
            let named = view.volumes.values().find(|it| it.name == said || said.parse() == Ok(it.id.0));
            named.map(|volume| AlertObject::Volume(volume.id)).ok_or_else(unknown)
        }
        Some(("disk", rest)) => {
            let (said, path) = rest.split_once('/').ok_or_else(unknown)?;
            Ok(AlertObject::Disk(node(said)?, format!("/{}", path.trim_start_matches('/'))))
        }
        _ => Err(unknown()),
    }
}
