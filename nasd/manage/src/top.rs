//! Tells who was busy or slow of late, and why: adds up what all nodes' front ends noted of their operations.

use crate::Manager;
use crate::health::Observed;
use nasd_api::{
    ApiError, Call, Protocol, ReadTop, Serve, SlowOperation, StageTimes, Top, TopAt, TopBy, TopClient,
    TopFile, TopVolume, Work, Works, refusal,
};
use nasd_base::role::Right;
use nasd_base::{Clock, Ino, NodeId, SystemClock, VolumeId};
use nasd_fs::{LedgerReport, Measure, Origin, Ranked, Row, Slow, Stage, Stages, WorkClass};
use nasd_node::{Question, Reporter};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Of each list.
const LISTED_MAX: usize = 20;

type Place = (VolumeId, Ino);

impl Serve<ReadTop> for Manager {
    async fn serve(&self, call: Call<ReadTop>) -> Result<Top, ApiError> {
        let (member, observed) = (self.member().await?, self.observe().await?);
        let at = &call.at;
        let volume = match &at.volume {
            Some(name) => {
                let found = observed.view.volume_named(name);
                Some(found.ok_or_else(|| refusal::unknown_volume(name))?.id)
            }
            None => None,
        };
        let reporter = &member.node.reporter;
        let told = gather(reporter, &observed, at.span.seconds()).await;
        let mut scene = Scene::of(&observed, told, SystemClock.now().secs);
        if call.caller.may(Right::ChangeStorage) {
            let wanted = scene.wanted(at, volume);
            scene.paths = paths(reporter, &observed, wanted).await;
        }
        Ok(Top { paths_hidden: !call.caller.may(Right::ChangeStorage), ..scene.top(at, volume) })
    }
}

/// What the nodes say that answer soon.
async fn gather(reporter: &Reporter, observed: &Observed, seconds: u32) -> BTreeMap<NodeId, LedgerReport> {
    let reachable = observed.nodes().into_iter().filter(|node| node.reachable).map(|node| NodeId(node.id));
    let asked = reachable.map(|id| async move {
        let report = reporter.ask_about::<LedgerReport>(id, Question::Ledger(seconds)).await?;
        Some((id, report))
    });
    futures::future::join_all(asked).await.into_iter().flatten().collect()
}

/// Where files are, as their volumes' replicas know: this node's, or one of another.
async fn paths(
    reporter: &Reporter,
    observed: &Observed,
    wanted: BTreeMap<Place, Option<Ino>>,
) -> BTreeMap<Place, String> {
    let mut by_node = BTreeMap::<NodeId, Vec<(VolumeId, Ino, Option<Ino>)>>::new();
    let reachable: BTreeSet<u64> =
        observed.nodes().into_iter().filter(|node| node.reachable).map(|node| node.id).collect();
    for ((volume, ino), parent) in wanted {
        let Some(info) = observed.view.volumes.get(&volume) else { continue };
        let here = info.replicas.iter().find(|node| **node == observed.me);
        let node = here.or_else(|| info.replicas.iter().find(|node| reachable.contains(&node.0)));
        node.into_iter().for_each(|node| by_node.entry(*node).or_default().push((volume, ino, parent)));
    }
    let asked = by_node.into_iter().map(|(node, inodes)| async move {
        let question = Question::Paths(inodes.clone());
        let found = reporter.ask_about::<Vec<Option<String>>>(node, question).await.unwrap_or_default();
        let found = inodes.into_iter().zip(found);
        found.filter_map(|((volume, ino, _), path)| Some(((volume, ino), path?))).collect::<Vec<_>>()
    });
    futures::future::join_all(asked).await.into_iter().flatten().collect()
}

/// What was told, and what things are called.
struct Scene {
    told: BTreeMap<NodeId, LedgerReport>,
    nodes: BTreeMap<NodeId, String>,
    volumes: BTreeMap<VolumeId, String>,
    paths: BTreeMap<Place, String>,
    now: i64,
}

impl Scene {
    fn of(observed: &Observed, told: BTreeMap<NodeId, LedgerReport>, now: i64) -> Scene {
        let nodes = observed.nodes().into_iter().map(|node| (NodeId(node.id), node.name)).collect();
        let volumes = observed.view.volumes.iter().map(|(id, volume)| (*id, volume.name.clone())).collect();
        Scene { told, nodes, volumes, paths: BTreeMap::new(), now }
    }

    /// One that is deleted has no name.
    fn volume(&self, id: VolumeId) -> String {
        self.volumes.get(&id).cloned().unwrap_or_else(|| format!("#{id}"))
    }

    fn node(&self, id: NodeId) -> String {
        self.nodes.get(&id).cloned().unwrap_or_else(|| format!("#{id}"))
    }

    fn client(&self, node: NodeId, origin: Origin) -> (String, Protocol) {
        match origin {
            Origin::Nfs(address) => (address.to_string(), Protocol::Nfs),
            Origin::Mount => (self.node(node), Protocol::Fuse),
            Origin::Node(other) => (self.node(other), Protocol::Unknown),
        }
    }

    fn is_meant(
        &self,
        at: &TopAt,
        only: Option<VolumeId>,
        node: NodeId,
        volume: VolumeId,
        by: Origin,
    ) -> bool {
        let client = || self.client(node, by).0;
        only.is_none_or(|only| only == volume) && at.client.as_ref().is_none_or(|asked| *asked == client())
    }

    fn top(&self, at: &TopAt, only: Option<VolumeId>) -> Top {
        let mut top = Top { by: at.by, ..Top::default() };
        top.seconds = self.told.values().map(|report| report.seconds).max().unwrap_or(at.span.seconds());
        let silent = self.nodes.iter().filter(|(id, _)| !self.told.contains_key(id));
        top.silent = silent.map(|(_, name)| name.clone()).collect();
        self.add_rows(&mut top, at, only);
        self.told.values().for_each(|report| top.others.add(&work(&report.others)));
        top.slowest = self.slowest(at, only).into_iter().map(|(node, slow)| self.slow(node, slow)).collect();
        if at.client.is_none() {
            let (files, directories) = (self.files(at.by, only), self.directories(at.by, only));
            (top.files_floor, top.directories_floor) = (files.floor, directories.floor);
            top.files = self.listed(files);
            top.directories = self.listed(directories);
        }
        top
    }

    fn add_rows(&self, top: &mut Top, at: &TopAt, only: Option<VolumeId>) {
        let mut volumes = BTreeMap::<VolumeId, Works>::new();
        let mut clients = BTreeMap::<(String, u64), (Protocol, BTreeSet<VolumeId>, Works)>::new();
        for (node, report) in &self.told {
            for (Row { origin, volume, class }, did) in &report.rows {
                if !self.is_meant(at, only, *node, *volume, *origin) {
                    continue;
                }
                let did = work(did);
                top.all.add(&did);
                count(volumes.entry(*volume).or_default(), *class, &did);
                let (name, protocol) = self.client(*node, *origin);
                let fresh = || (protocol, BTreeSet::new(), Works::default());
                let (_, used, works) = clients.entry((name, protocol as u64)).or_insert_with(fresh);
                used.insert(*volume);
                count(works, *class, &did);
            }
        }
        let by = at.by;
        top.volumes =
            volumes.into_iter().map(|(id, work)| TopVolume { volume: self.volume(id), work }).collect();
        top.volumes.sort_by_key(|one| Reverse(one.work.all.of(by)));
        let client =
            |((client, _), (protocol, used, work)): (_, (Protocol, BTreeSet<VolumeId>, Works))| TopClient {
                client,
                protocol,
                volumes: used.into_iter().map(|id| self.volume(id)).collect(),
                work,
            };
        top.clients = clients.into_iter().map(client).collect();
        top.clients.sort_by_key(|one| Reverse(one.work.all.of(by)));
        top.volumes.truncate(LISTED_MAX);
        top.clients.truncate(LISTED_MAX);
    }

    fn files(&self, by: TopBy, only: Option<VolumeId>) -> Ranked<Place> {
        sum(by, only, self.told.values().flat_map(|report| &report.files))
    }

    fn directories(&self, by: TopBy, only: Option<VolumeId>) -> Ranked<Place> {
        sum(by, only, self.told.values().flat_map(|report| &report.directories))
    }

    fn listed(&self, ranked: Ranked<Place>) -> Vec<TopFile> {
        let file = |entry: nasd_fs::RankedEntry<Place>| TopFile {
            volume: self.volume(entry.key.0),
            inode: entry.key.1.0,
            path: self.paths.get(&entry.key).cloned(),
            operations: entry.tally.operations,
            bytes: entry.tally.bytes,
            micros: entry.tally.micros,
            missing: entry.missing,
        };
        ranked.entries.into_iter().map(file).collect()
    }

    fn slowest(&self, at: &TopAt, only: Option<VolumeId>) -> Vec<(NodeId, &Slow)> {
        let all = self.told.iter().flat_map(|(node, report)| report.slowest.iter().map(|slow| (*node, slow)));
        let meant = |(node, slow): &(NodeId, &Slow)| self.is_meant(at, only, *node, slow.volume, slow.origin);
        let mut all: Vec<_> = all.filter(meant).collect();
        all.sort_by_key(|(_, slow)| Reverse(slow.micros));
        all.truncate(LISTED_MAX);
        all
    }

    fn slow(&self, node: NodeId, slow: &Slow) -> SlowOperation {
        let inode = slow.file.or(slow.directory);
        SlowOperation {
            request: slow.id.to_string(),
            at: self.now - i64::from(slow.ago),
            node: self.node(node),
            client: self.client(node, slow.origin).0,
            volume: self.volume(slow.volume),
            kind: slow.kind.name().to_owned(),
            inode: inode.map(|ino| ino.0),
            path: inode.and_then(|ino| self.paths.get(&(slow.volume, ino)).cloned()),
            bytes: slow.bytes,
            micros: slow.micros,
            stages: stages(&slow.stages, slow.micros),
        }
    }

    /// What paths are wanted of, and where that was last found.
    fn wanted(&self, at: &TopAt, only: Option<VolumeId>) -> BTreeMap<Place, Option<Ino>> {
        let parents: BTreeMap<Place, Ino> =
            self.told.values().flat_map(|report| report.parents.iter().copied()).collect();
        let (files, directories) = (self.files(at.by, only), self.directories(at.by, only));
        let named = files.entries.iter().chain(&directories.entries).map(|entry| entry.key);
        let slow = self.slowest(at, only).into_iter();
        let slow = slow.filter_map(|(_, slow)| Some((slow.volume, slow.file.or(slow.directory)?)));
        named.chain(slow).map(|place| (place, parents.get(&place).copied())).collect()
    }
}

fn measure(by: TopBy) -> Measure {
    match by {
        TopBy::Time => Measure::Time,
        TopBy::Operations => Measure::Operations,
        TopBy::Bytes => Measure::Bytes,
    }
}

fn sum<'a>(
    by: TopBy,
    only: Option<VolumeId>,
    parts: impl Iterator<Item = &'a Ranked<Place>>,
) -> Ranked<Place> {
    let mut ranked = Ranked::sum(measure(by), parts, usize::MAX);
    ranked.entries.retain(|entry| only.is_none_or(|only| entry.key.0 == only));
    Ranked::sum(measure(by), [&ranked], LISTED_MAX)
}

fn count(works: &mut Works, class: WorkClass, did: &Work) {
    works.all.add(did);
    match class {
        WorkClass::Read => works.read.add(did),
        WorkClass::Write => works.write.add(did),
        WorkClass::Metadata => works.metadata.add(did),
    }
}

fn work(did: &nasd_fs::Work) -> Work {
    let nasd_fs::Tally { operations, bytes, micros } = did.tally;
    Work { operations, bytes, micros, stages: stages(&did.stages, micros) }
}

fn stages(stages: &Stages, micros: u64) -> StageTimes {
    StageTimes {
        client_network: stages.of(Stage::Network),
        queue: stages.of(Stage::Queue),
        leader_hop: stages.of(Stage::Hop),
        log_flush: stages.of(Stage::Flush),
        apply: stages.of(Stage::Apply),
        chunk_read: stages.of(Stage::ChunkRead),
        chunk_write: stages.of(Stage::ChunkWrite),
        // Parts that were carried out at once are each counted.
        other: micros.saturating_sub(stages.total()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_api::TopSpan;
    use nasd_fs::{OperationKind, RankedEntry, RequestId, Tally};

    const DEMO: VolumeId = VolumeId(1);
    const OTHER: VolumeId = VolumeId(2);

    fn row(origin: Origin, volume: VolumeId, class: WorkClass, operations: u64) -> (Row, nasd_fs::Work) {
        let tally = Tally { operations, bytes: 10 * operations, micros: 100 * operations };
        let mut stages = Stages::default();
        stages.count(Stage::Flush, std::time::Duration::from_micros(70 * operations));
        (Row { origin, volume, class }, nasd_fs::Work { tally, stages })
    }

    fn report(rows: Vec<(Row, nasd_fs::Work)>) -> LedgerReport {
        let tally = Tally { operations: 5, bytes: 9, micros: 700 };
        let entry = |volume, ino| RankedEntry { key: (volume, Ino(ino)), tally, missing: 1 };
        let ranked = Ranked { by: Measure::Time, entries: vec![entry(DEMO, 7), entry(OTHER, 8)], floor: 3 };
        let slow = Slow {
            id: RequestId { node: NodeId(1), number: 0xab },
            origin: Origin::Mount,
            volume: DEMO,
            kind: OperationKind::Commit,
            file: Some(Ino(7)),
            directory: None,
            bytes: 0,
            micros: 2_000_000,
            stages: Stages::default(),
            ago: 5,
        };
        LedgerReport {
            seconds: 64,
            rows,
            files: vec![ranked],
            parents: vec![((DEMO, Ino(7)), Ino::ROOT)],
            slowest: vec![slow],
            ..LedgerReport::default()
        }
    }

    fn scene() -> Scene {
        let flood = Origin::Nfs("192.0.2.1".parse().unwrap());
        let one = report(vec![
            row(flood, DEMO, WorkClass::Read, 50),
            row(flood, OTHER, WorkClass::Write, 10),
            row(Origin::Mount, DEMO, WorkClass::Metadata, 3),
        ]);
        let two = report(vec![row(flood, DEMO, WorkClass::Read, 40)]);
        let names = [(NodeId(1), "a"), (NodeId(2), "b"), (NodeId(3), "silent")];
        Scene {
            told: BTreeMap::from([(NodeId(1), one), (NodeId(2), two)]),
            nodes: names.map(|(id, name)| (id, name.to_owned())).into(),
            volumes: [(DEMO, "demo".to_owned()), (OTHER, "other".to_owned())].into(),
            paths: BTreeMap::from([((DEMO, Ino(7)), "/f".to_owned())]),
            now: 1000,
        }
    }

    #[test]
    fn what_a_client_did_through_several_nodes_is_one_sum_and_a_silent_node_is_named() {
        let top = scene().top(&TopAt::default(), None);
        assert_eq!((top.silent, top.seconds, top.all.operations), (vec!["silent".to_owned()], 64, 103));
        let flood = &top.clients[0];
        assert_eq!((&flood.client[..], flood.work.all.operations), ("192.0.2.1", 100));
        assert_eq!((flood.work.read.operations, flood.work.write.operations), (90, 10));
        assert_eq!(flood.volumes, ["demo", "other"]);
        assert_eq!((flood.work.all.stages.log_flush, flood.work.all.stages.other), (7000, 3000));
        assert_eq!((&top.clients[1].client[..], top.clients[1].protocol), ("a", Protocol::Fuse));
        let volumes: Vec<_> =
            top.volumes.iter().map(|one| (&one.volume[..], one.work.all.operations)).collect();
        assert_eq!(volumes, [("demo", 93), ("other", 10)]);
        let file = &top.files[0];
        assert_eq!(
            (file.path.as_deref(), file.micros, file.missing, top.files_floor),
            (Some("/f"), 1400, 2, 6)
        );
        let slow = &top.slowest[0];
        assert_eq!((&slow.request[..], &slow.client[..], slow.at), ("1-ab", "a", 995));
        assert_eq!((slow.kind.as_str(), slow.path.as_deref()), ("commit", Some("/f")));
    }

    #[test]
    fn of_one_volume_or_client_the_rest_is_left_out() {
        let at = TopAt { span: TopSpan::FiveMinutes, ..TopAt::default() };
        let top = scene().top(&at, Some(OTHER));
        assert_eq!((top.all.operations, top.clients.len(), top.slowest.len()), (10, 1, 0));
        assert_eq!(top.files.iter().map(|file| file.inode).collect::<Vec<_>>(), [8]);
        let at = TopAt { client: Some("a".into()), ..at };
        let top = scene().top(&at, None);
        assert_eq!((top.all.operations, top.clients.len(), top.slowest.len()), (3, 1, 1), "{top:?}");
        assert!(top.files.is_empty() && top.directories.is_empty());
    }

    #[test]
    fn paths_are_asked_for_with_where_the_file_was_found() {
        let wanted = scene().wanted(&TopAt::default(), None);
        assert_eq!(wanted, BTreeMap::from([((DEMO, Ino(7)), Some(Ino::ROOT)), ((OTHER, Ino(8)), None)]));
    }
}
