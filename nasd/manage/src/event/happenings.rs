//! What changes in the cluster, as this node notices it: told to whoever listens, and remembered for a while.

use nasd_api::{Event, EventKind, Events, Health, RefusedMount, RefusingRule, Sentence, happening, verdict};
use nasd_base::Clock;
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Events that are remembered.
const REMEMBERED: usize = 500;
/// Events that a slow listener may be behind; it misses older ones.
const BEHIND_MAX: usize = 256;

/// A client that a rule keeps out tries again and again, and others may, too: one that is refused one export is told of
/// once an hour, of one client three such, and of all so many.
const REFUSED_AGAIN_SECONDS: i64 = 3_600;
const REFUSED_OF_CLIENT_MAX: usize = 3;
const REFUSED_MAX: usize = 30;
/// What was refused longer ago is no news: nodes are asked more often than that.
const NEWS_SECONDS: i64 = 30;

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

impl Picture {
    fn name_of(&self, node: u64) -> String {
        self.nodes.get(&node).map_or_else(|| format!("node {node}"), |(name, _)| name.clone())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct VolumePicture {
    pub name: String,
    pub health: Health,
    pub verdict: Sentence,
    pub leader: Option<u64>,
}

type Happening = (EventKind, Option<String>, Sentence);

/// What happened between two pictures. Pure.
pub fn differences(before: &Picture, after: &Picture) -> Vec<Happening> {
    let mut found = Vec::new();
    if before.quorum != after.quorum {
        found.push(match after.quorum {
            true => (EventKind::QuorumRegained, None, happening::quorum_regained()),
            false => (EventKind::QuorumLost, None, happening::quorum_lost()),
        });
    }
    nodes(before, after, &mut found);
    volumes(before, after, &mut found);
    if before.configuration != after.configuration {
        found.push((EventKind::ConfigurationChanged, None, happening::settings_changed()));
    }
    for (task, state) in &after.tasks {
        if before.tasks.get(task) != Some(state) {
            found.push((EventKind::TaskChanged, Some(task.to_string()), happening::task_went_on(task)));
        }
    }
    found
}

fn nodes(before: &Picture, after: &Picture, found: &mut Vec<Happening>) {
    for (id, (name, reachable)) in &after.nodes {
        let (kind, what) = match (before.nodes.get(id).map(|(_, reachable)| *reachable), *reachable) {
            (None, _) => (EventKind::NodeJoined, happening::node_joined(name)),
            (Some(true), false) => (EventKind::NodeUnreachable, verdict::node_absent(name)),
            (Some(false), true) => (EventKind::NodeReachable, happening::node_answers(name)),
            _ => continue,
        };
        found.push((kind, Some(name.clone()), what));
    }
    for (_, (name, _)) in before.nodes.iter().filter(|(id, _)| !after.nodes.contains_key(id)) {
        found.push((EventKind::NodeRemoved, Some(name.clone()), happening::node_removed(name)));
    }
}

fn volumes(before: &Picture, after: &Picture, found: &mut Vec<Happening>) {
    for (id, volume) in &after.volumes {
        let (name, subject) = (&volume.name, Some(volume.name.clone()));
        let Some(old) = before.volumes.get(id) else {
            found.push((EventKind::VolumeCreated, subject, happening::volume_created(name)));
            continue;
        };
        if old.health != volume.health {
            let what = verdict::of_volume(name, &volume.verdict.text);
            found.push((EventKind::VolumeHealth, subject.clone(), what));
        }
        if let Some(leader) = volume.leader.filter(|leader| Some(*leader) != old.leader) {
            let what = happening::leader_changed(after.name_of(leader), name);
            found.push((EventKind::LeaderChanged, subject, what));
        }
    }
    for volume in before.volumes.iter().filter(|(id, _)| !after.volumes.contains_key(id)).map(|(_, old)| old)
    {
        let what = happening::volume_deleted(&volume.name);
        found.push((EventKind::VolumeDeleted, Some(volume.name.clone()), what));
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
    /// Who was told to be refused what, and when.
    refused: BTreeMap<(String, String), i64>,
}

impl Inner {
    fn tell(&mut self, at: i64, (kind, subject, what): Happening) -> Event {
        self.seq += 1;
        let event = Event { seq: self.seq, at, kind, subject, what };
        // Progress is for those who watch; it would push everything else out of the memory.
        if kind != EventKind::TaskChanged {
            self.recent.push_back(event.clone());
        }
        if self.recent.len() > REMEMBERED {
            self.recent.pop_front();
        }
        event
    }

    /// What has not been told of these within the hour, and may be.
    fn news(&mut self, now: i64, refused: &[RefusedMount]) -> Vec<Happening> {
        self.refused.retain(|_, told| now - *told < REFUSED_AGAIN_SECONDS);
        let mut news = Vec::new();
        for one in refused.iter().filter(|one| now - one.last_at < NEWS_SECONDS) {
            let Some(what) = why_refused(one) else { continue };
            let of_client = self.refused.keys().filter(|(client, _)| *client == one.client).count();
            let about = (one.client.clone(), one.path.clone());
            let is_too_much = of_client >= REFUSED_OF_CLIENT_MAX || self.refused.len() >= REFUSED_MAX;
            if is_too_much || self.refused.contains_key(&about) {
                continue;
            }
            self.refused.insert(about, now);
            news.push((EventKind::MountRefused, Some(one.client.clone()), what));
        }
        news
    }
}

/// Nothing where no export was meant: strangers may ask for anything.
fn why_refused(one: &RefusedMount) -> Option<Sentence> {
    let RefusedMount { client, path, node_name, .. } = one;
    let (volume, network) = (one.volume.as_deref().unwrap_or("-"), one.network.as_deref().unwrap_or("-"));
    match one.rule {
        RefusingRule::NoRule => Some(happening::refused_by_no_rule(node_name, client, path, volume)),
        RefusingRule::Port => Some(happening::refused_by_port(node_name, client, path, volume, network)),
        RefusingRule::ReadOnly => {
            Some(happening::refused_by_read_only(node_name, client, path, volume, network))
        }
        RefusingRule::NoExport | RefusingRule::Unknown => None,
    }
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
        for happening in found {
            let _ = self.sender.send(inner.tell(self.clock.now().secs, happening));
        }
    }

    /// Tells of clients that were refused a moment ago, damped.
    pub fn refused(&self, refused: &[RefusedMount]) {
        let (mut inner, now) = (self.inner.lock(), self.clock.now().secs);
        for happening in inner.news(now, refused) {
            let _ = self.sender.send(inner.tell(now, happening));
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
            verdict: verdict::replicas_answer(3),
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
        let said: Vec<String> =
            differences(&before, &after).into_iter().map(|(_, _, what)| what.text).collect();
        assert_eq!(
            said,
            ["b does not answer.", "Volume demo: All 3 replicas answer.", "b leads volume demo now."]
        );
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

    fn refusal(client: &str, path: &str, rule: RefusingRule, last_at: i64) -> RefusedMount {
        RefusedMount {
            node: 1,
            node_name: "a".into(),
            client: client.into(),
            path: path.into(),
            volume: Some("demo".into()),
            rule,
            network: None,
            user: None,
            first_at: last_at,
            last_at,
            times: 1,
        }
    }

    /// A client that mounts at every start of its machine, or a scan of all addresses, is no flood of events.
    #[test]
    fn who_is_refused_is_told_of_once_an_hour_and_never_without_bound() {
        let mut inner = Inner::default();
        let mut told = |now: i64, refused: &[RefusedMount]| inner.news(now, refused).len();
        let one = |now| refusal("192.0.2.7", "/demo", RefusingRule::NoRule, now);
        assert_eq!(told(100, &[one(100), one(99)]), 1);
        assert_eq!(told(110, &[one(110)]), 0, "it has just been told");
        assert_eq!(told(110 + REFUSED_AGAIN_SECONDS, &[one(110)]), 0, "that is no news any more");
        assert_eq!(told(110 + REFUSED_AGAIN_SECONDS, &[one(110 + REFUSED_AGAIN_SECONDS)]), 1);
        let now = 20_000;
        assert_eq!(told(now, &[refusal("192.0.2.7", "/x", RefusingRule::NoExport, now)]), 0);
        let paths: Vec<_> =
            (0..9).map(|n| refusal("192.0.2.8", &format!("/{n}"), RefusingRule::ReadOnly, now)).collect();
        assert_eq!(told(now, &paths), REFUSED_OF_CLIENT_MAX);
        let scan: Vec<_> = (0..200)
            .map(|n| refusal(&format!("198.51.100.{n}"), "/demo", RefusingRule::NoRule, now))
            .collect();
        assert_eq!(told(now, &scan), REFUSED_MAX - REFUSED_OF_CLIENT_MAX);
    }
}
