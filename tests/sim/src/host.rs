//! What runs on a simulated node: the real node on simulated disks, network, clock and chance.

use crate::clock::SimClock;
use crate::net::SimNet;
use crate::world::{NODES, World};
use nasd_base::export::{ANONYMOUS, ClientRule, Squash};
use nasd_base::{Entropy, NodeId, SeededEntropy, VolumeId};
use nasd_cluster::ClusterId;
use nasd_fs::Tuning;
use nasd_log::LogOptions;
use nasd_nfs::NfsOptions;
use nasd_node::{Environment, Founding, Node, Settings};
use nasd_raft::{PlantedBug, RaftConfig};
use nasd_store::{StoreOptions, UpkeepLimits};
use nasd_system::SystemCommand;
use nasd_system::{By, ExportCommand, NewVolume, SystemReply, TokenCommand};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use turmoil::net::TcpListener;

pub const EXPORT: &str = "/sim";
const VOLUME: &str = "sim";
const NODE_PORT: u16 = 7420;
pub const NFS_PORT: u16 = 2049;
const POLL: Duration = Duration::from_millis(200);

/// Runs node `number` (from 1) until the simulation crashes it.
pub async fn node(
    number: usize,
    seed: u64,
    life: u64,
    world: Arc<World>,
    bug: Option<PlantedBug>,
) -> turmoil::Result {
    let me = admission(number, &world).await;
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(seed ^ (number as u64) << 32 ^ life << 40));
    let machine = &world.machines[number - 1];
    // One node's clock is an hour ahead: nothing that must be safe may mind.
    let ahead = if number == 2 { Duration::from_secs(3600) } else { Duration::ZERO };
    let environment = Environment {
        clock: Arc::new(SimClock::new(ahead)),
        entropy: entropy.clone(),
        net: Arc::new(SimNet { me }),
        log_disk: Arc::new(machine.log.clone()),
        chunk_disks: vec![Arc::new(machine.chunks.clone())],
        state_dir: machine.state.clone(),
    };
    let mut raft = RaftConfig::new(me, entropy.clone());
    raft.checkpoint_ms = 1_000;
    raft.snapshot_entries = 400;
    raft.log_keep_bytes = 256 << 10;
    raft.planted_bug = bug;
    let members: Vec<(NodeId, String)> = (1..=NODES)
        .filter_map(|other| Some(((*world.machines[other - 1].id.lock())?, address(other))))
        .collect();
    let founding =
        Founding { name: "n1".to_owned(), address: address(1), key: [1; 32], cluster_name: "sim".to_owned() };
    let settings = Settings {
        node: me,
        cluster: ClusterId([7; 16]),
        handle_key: [9; 32],
        listen: format!("0.0.0.0:{NODE_PORT}"),
        members,
        founding: (number == 1).then_some(founding),
        authority: None,
        keys: None,
        nfs_address: None,
        disk_paths: Vec::new(),
        smartctl: "/nowhere/smartctl".into(),
        raft,
        // Small segments, so that recycling, and recovery over several, happen within a run.
        log: LogOptions { segment_bytes: 4 << 20, cache_bytes: 1 << 20, entropy, ..LogOptions::default() },
        // Small enough to be filled, emptied and compacted within a run, and read through again and again.
        store: StoreOptions { segment_bytes: 512 << 10, ..StoreOptions::default() },
        upkeep: UpkeepLimits {
            compaction_interval: Duration::from_millis(700),
            scrub_interval: Duration::from_secs(3),
            scrub_step_bytes: 64 << 10,
            retry_after: Duration::from_secs(1),
            ..UpkeepLimits::default()
        },
        tuning: Tuning::default(),
        page_caches: Default::default(),
        unsaved_bytes_max: 16 << 20,
        nfs: NfsOptions::default(),
    };
    let node = Node::start(environment, settings).await?;
    world.note(&format!("node {number} runs as {me}"));
    let listener = TcpListener::bind(("0.0.0.0", NFS_PORT)).await?;
    let nfs = node.nfs.clone();
    tokio::spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            let nfs = nfs.clone();
            tokio::spawn(async move { nfs.serve_stream(stream, peer).await });
        }
    });
    if number == 1 {
        tokio::spawn(set_up(node.clone(), world.clone()));
    }
    loop {
        sleep(POLL).await;
        let counts = node.store.counters();
        world.upkeep.lock().insert((number, life), (counts.segments_removed, counts.scrubbed_bytes));
        let volume = VolumeId(1);
        if let Some(checksum) = node.volumes.checksum(volume) {
            world.probes.lock().insert(number, checksum);
        }
    }
}

fn address(number: usize) -> String {
    format!("n{number}:{NODE_PORT}")
}

/// The node's id: the founder's is 1, the others wait until they have been admitted.
async fn admission(number: usize, world: &World) -> NodeId {
    if number == 1 {
        *world.machines[0].id.lock() = Some(NodeId(1));
    }
    loop {
        if let Some(id) = *world.machines[number - 1].id.lock() {
            return id;
        }
        sleep(POLL).await;
    }
}

/// The operator's part: admits the other nodes, makes the volume and exports it. Every step may be repeated.
async fn set_up(node: Arc<Node>, world: Arc<World>) {
    while !*world.serving.lock() {
        if let Err(error) = step(&node, &world).await {
            tracing::info!(target: "sim", "not set up yet: {error}");
        }
        sleep(POLL).await;
    }
}

async fn step(node: &Node, world: &World) -> Result<(), String> {
    let said = |error: nasd_system::SystemError| error.to_string();
    if node.system.view().nodes.is_empty() {
        return Err("the cluster is not founded".to_owned());
    }
    for number in 2..=NODES {
        if world.machines[number - 1].id.lock().is_some() {
            continue;
        }
        let (token, key) = ([number as u8; 32], [number as u8; 32]);
        // A token that was added before the leader was lost is there already.
        let _ = node
            .system
            .propose(&By::NODE, SystemCommand::Token(TokenCommand::Create { token, valid_seconds: 3600 }))
            .await;
        let name = format!("n{number}");
        let redeem =
            SystemCommand::Token(TokenCommand::Redeem { token, name, address: address(number), key });
        if let SystemReply::Registered(info) = node.system.propose(&By::NODE, redeem).await.map_err(said)? {
            *world.machines[number - 1].id.lock() = Some(info.id);
        }
    }
    let active = node.system.view().active_nodes().count();
    if active < NODES {
        return Err(format!("{active} nodes are active"));
    }
    if node.system.view().volume_named(VOLUME).is_none() {
        let wanted = NewVolume { replicas: Some(NODES as u32), ..NewVolume::default() };
        node.system.create_volume(&By::NODE, VOLUME, wanted).await.map_err(said)?;
    }
    let everybody = ClientRule {
        network: "0.0.0.0/0".parse().expect("a network"),
        read_only: false,
        squash: Squash::None,
        anonymous_uid: ANONYMOUS,
        anonymous_gid: ANONYMOUS,
        insecure: true,
    };
    let (path, volume, clients) = (EXPORT.to_owned(), VOLUME.to_owned(), vec![everybody]);
    let export = SystemCommand::Export(ExportCommand::Create { path, volume, clients });
    node.system.propose(&By::NODE, export).await.map_err(said)?;
    *world.serving.lock() = true;
    world.note("the volume is served");
    Ok(())
}
