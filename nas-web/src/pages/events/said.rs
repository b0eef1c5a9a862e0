//! Owns how events are shown, on whichever page: of what kind they are, and which are about a volume.

use super::words::Words;
use crate::words::Text;
use nasd_api::{Event, EventKind};

/// Whether it happened to this volume.
pub fn is_of_volume(event: &Event, name: &str) -> bool {
    use EventKind::{LeaderChanged, VolumeCreated, VolumeDeleted, VolumeHealth};
    let of_volumes = matches!(event.kind, VolumeCreated | VolumeDeleted | VolumeHealth | LeaderChanged);
    let named = event.what.values.get("volume").map(String::as_str);
    named == Some(name) || (of_volumes && event.subject.as_deref() == Some(name))
}

/// What kind of event it is.
pub fn kind(w: &Words, kind: &EventKind) -> Text {
    match kind {
        EventKind::QuorumLost => w.quorum_lost,
        EventKind::QuorumRegained => w.quorum_regained,
        EventKind::NodeUnreachable => w.node_unreachable,
        EventKind::NodeReachable => w.node_reachable,
        EventKind::NodeJoined => w.node_joined,
        EventKind::NodeRemoved => w.node_removed,
        EventKind::VolumeCreated => w.volume_created,
        EventKind::VolumeDeleted => w.volume_deleted,
        EventKind::VolumeHealth => w.volume_health,
        EventKind::LeaderChanged => w.leader_changed,
        EventKind::ConfigurationChanged => w.configuration_changed,
        EventKind::MountRefused => w.mount_refused,
        EventKind::TaskChanged => w.task_changed,
        EventKind::Unknown => w.unknown,
    }
}

/// A class of the style sheet, and an icon.
pub fn look(kind: &EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::QuorumLost | EventKind::NodeUnreachable => ("bad", "stop"),
        EventKind::QuorumRegained | EventKind::NodeReachable | EventKind::NodeJoined => ("ok", "ok"),
        EventKind::MountRefused => ("warn", "warn"),
        _ => ("", "info"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_api::{Sentence, happening};

    #[test]
    fn a_node_that_is_called_like_a_volume_is_not_that_volume() {
        let event = |kind, subject: &str, what: Sentence| Event {
            seq: 1,
            at: 0,
            kind,
            subject: Some(subject.into()),
            what,
        };
        for (event, is) in [
            (event(EventKind::VolumeCreated, "media", happening::volume_created("media")), true),
            (event(EventKind::VolumeCreated, "media-2", happening::volume_created("media-2")), false),
            (event(EventKind::LeaderChanged, "media", happening::leader_changed("a", "media")), true),
            (event(EventKind::NodeReachable, "media", happening::node_answers("media")), false),
        ] {
            assert_eq!(is_of_volume(&event, "media"), is, "{event:?}");
        }
    }
}
