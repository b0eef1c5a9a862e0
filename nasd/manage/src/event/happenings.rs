//! What changes in the cluster, as this node notices it: told to whoever listens, and remembered for a while.

use nasd_api::{Event, EventKind, Events, Health};
use nasd_base::Clock;
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Events that are remembered.
const REMEMBERED: usize = 500;
/// Events that a slow listener may be behind; it misses older ones.
const BEHIND_MAX: usize = 256;

/// One moment's view, as far as events go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    pub quorum: bool,
    /// Name, and whether it answers.
    pub nodes: BTreeMap<u64, (String, bool)>,
    pub volumes: BTreeMap<u64, VolumePicture>,
    /// A number that differs when what administrators set does.
    pub configuration: u64,
    /// State, progress and log length of each task, as a number.
    pub tasks: BTreeMap<u64, u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct VolumePicture {
    pub name: String,
    pub health: Health,
    pub verdict: String,
    pub leader: Option<u64>,
}

type Happening = (EventKind, Option<String>, String);

/// What happened between two pictures. Pure.
pub fn differences(before: &Picture, after: &Picture) -> Vec<Happening> {
    let mut found = Vec::new();
    if before.quorum != after.quorum {
        found.push(match after.quorum {
            true => (EventKind::QuorumRegained, None, "A majority of the nodes answers again.".to_owned()),
            false => (
                EventKind::QuorumLost,
                None,
                "No majority of the nodes answers: nothing can be changed.".to_owned(),
            ),
        });
    }
    nodes(before, after, &mut found);
    volumes(before, after, &mut found);
    if before.configuration != after.configuration {
        found.push((
            EventKind::ConfigurationChanged,
            None,
            "The cluster's settings were changed.".to_owned(),
        ));
    }
    for (task, state) in &after.tasks {
        if before.tasks.get(task) != Some(state) {
            found.push((EventKind::TaskChanged, Some(task.to_string()), format!("Task {task} went on.")));
        }
    }
    found
}

fn nodes(before: &Picture, after: &Picture, found: &mut Vec<Happening>) {
    for (id, (name, reachable)) in &after.nodes {
        let (kind, what) = match (before.nodes.get(id).map(|(_, reachable)| *reachable), *reachable) {
            (None, _) => (EventKind::NodeJoined, "joined the cluster"),
            (Some(true), false) => (EventKind::NodeUnreachable, "does not answer"),
            (Some(false), true) => (EventKind::NodeReachable, "answers again"),
            _ => continue,
        };
        found.push((kind, Some(name.clone()), format!("Node {id} ({name}) {what}.")));
    }
    for (id, (name, _)) in before.nodes.iter().filter(|(id, _)| !after.nodes.contains_key(id)) {
        let text = format!("Node {id} ({name}) was removed from the cluster.");
        found.push((EventKind::NodeRemoved, Some(name.clone()), text));
    }
}

fn volumes(before: &Picture, after: &Picture, found: &mut Vec<Happening>) {
    for (id, volume) in &after.volumes {
        let (name, subject) = (&volume.name, Some(volume.name.clone()));
        let Some(old) = before.volumes.get(id) else {
            found.push((EventKind::VolumeCreated, subject, format!("Volume {name} was created.")));
            continue;
        };
        if old.health != volume.health {
            let text = format!("Volume {name}: {}", volume.verdict);
            found.push((EventKind::VolumeHealth, subject.clone(), text));
        }
        if let Some(leader) = volume.leader.filter(|leader| Some(*leader) != old.leader) {
            let text = format!("Node {leader} leads volume {name} now.");
            found.push((EventKind::LeaderChanged, subject, text));
        }
    }
    for volume in before.volumes.iter().filter(|(id, _)| !after.volumes.contains_key(id)).map(|(_, old)| old)
    {
        let text = format!("Volume {} was deleted.", volume.name);
        found.push((EventKind::VolumeDeleted, Some(volume.name.clone()), text));
    }
}

/// Tells and remembers.
pub struct Happenings {
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
    sender: broadcast::Sender<Event>,
}

#[derive(Default)]
struct Inner {
    /// `None` before the first look: nothing is said of what was so from the start.
    last: Option<Picture>,
    recent: VecDeque<Event>,
    seq: u64,
}

impl Happenings {
    pub fn new(clock: Arc<dyn Clock>) -> Happenings {
        Happenings { clock, inner: Mutex::default(), sender: broadcast::channel(BEHIND_MAX).0 }
    }

    /// Compares with what was seen last, and tells what is different.
    pub fn look(&self, now: Picture) {
        let mut inner = self.inner.lock();
        let found = inner.last.as_ref().map(|last| differences(last, &now)).unwrap_or_default();
        inner.last = Some(now);
        for (kind, subject, text) in found {
            inner.seq += 1;
            let event = Event { seq: inner.seq, at: self.clock.now().secs, kind, subject, text };
            // Progress is for those who watch; it would push everything else out of the memory.
            if kind != EventKind::TaskChanged {
                inner.recent.push_back(event.clone());
            }
            if inner.recent.len() > REMEMBERED {
                inner.recent.pop_front();
            }
            let _ = self.sender.send(event);
        }
    }

    /// Newest first.
    pub fn recent(&self) -> Vec<Event> {
        self.inner.lock().recent.iter().rev().cloned().collect()
    }

    /// From now on.
    pub fn listen(&self) -> Events {
        let receiver = self.sender.subscribe();
        Box::pin(futures::stream::unfold(receiver, |mut receiver| async move {
            loop {
                match receiver.recv().await {
                    Ok(event) => return Some((event, receiver)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;
    use nasd_base::SystemClock;

    fn picture() -> Picture {
        let volume = VolumePicture {
            name: "demo".into(),
            health: Health::Healthy,
            verdict: "All 3 replicas answer.".into(),
            leader: Some(1),
        };
        Picture {
            quorum: true,
            nodes: BTreeMap::from([(1, ("a".into(), true)), (2, ("b".into(), true))]),
            volumes: BTreeMap::from([(1, volume)]),
            configuration: 1,
            tasks: BTreeMap::new(),
        }
    }

    fn kinds(before: &Picture, after: &Picture) -> Vec<EventKind> {
        differences(before, after).into_iter().map(|(kind, _, _)| kind).collect()
    }

    #[test]
    fn each_difference_is_told_once_and_none_where_there_is_none() {
        let before = picture();
        assert_eq!(kinds(&before, &before), []);
        let mut after = picture();
        after.nodes.insert(2, ("b".into(), false));
        after.volumes.get_mut(&1).unwrap().leader = Some(2);
        after.volumes.get_mut(&1).unwrap().health = Health::Degraded;
        let told = kinds(&before, &after);
        assert_eq!(told, [EventKind::NodeUnreachable, EventKind::VolumeHealth, EventKind::LeaderChanged]);
        let mut gone = Picture { quorum: false, configuration: 2, ..Picture::default() };
        gone.tasks.insert(1, 5);
        let told = kinds(&before, &gone);
        let expected = [
            EventKind::QuorumLost,
            EventKind::NodeRemoved,
            EventKind::NodeRemoved,
            EventKind::VolumeDeleted,
            EventKind::ConfigurationChanged,
            EventKind::TaskChanged,
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_volume_between_two_leaders_has_no_news() {
        let before = picture();
        let mut after = picture();
        after.volumes.get_mut(&1).unwrap().leader = None;
        assert_eq!(kinds(&before, &after), []);
    }

    #[tokio::test]
    async fn listeners_hear_what_comes_and_progress_is_not_remembered() {
        let happenings = Happenings::new(Arc::new(SystemClock));
        happenings.look(picture());
        assert!(happenings.recent().is_empty(), "nothing is news at first");
        let mut listener = happenings.listen();
        let mut changed = picture();
        changed.nodes.insert(2, ("b".into(), false));
        changed.tasks.insert(1, 1);
        happenings.look(changed);
        assert_eq!(listener.next().await.unwrap().kind, EventKind::NodeUnreachable);
        assert_eq!(listener.next().await.unwrap().kind, EventKind::TaskChanged);
        assert_eq!(happenings.recent().len(), 1);
    }
}
