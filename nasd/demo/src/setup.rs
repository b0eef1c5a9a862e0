//! Turns three running nodes into a cluster with a volume, an export and mounts: once, and again after a
//! restart, doing only what is missing.

use super::process::NodeProcess;
use nasd_api::{
    Client, ClientError, ClusterCreate, ClusterJoin, ClusterStatus, CreateExport, CreateSetupToken,
    CreateToken, CreateVolume, ErrorCode, Health, ListExports, ListVolumes, MountAt, MountRequest, NodeState,
    Nothing, ReadCluster, Secret, Unmount,
};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const VOLUME: &str = "demo";
pub const EXPORT: &str = "/demo";
/// How long the nodes may take to come up, elect and agree on a busy machine.
const READY_TIME: Duration = Duration::from_secs(90);
/// How long a node may take to save what its mount holds when the demo ends.
const UNMOUNT_TIME: Duration = Duration::from_secs(10);
const POLL_EVERY: Duration = Duration::from_millis(100);

/// What the demo tells its user.
pub struct ReadyCluster {
    pub leader: u64,
    /// Makes the first administrator; `None` once there is one.
    pub setup: Option<Secret>,
    pub nodes: Vec<ReadyNode>,
}

impl ReadyCluster {
    /// The console's page that makes the first administrator; `None` once there is one, or without a console.
    pub fn setup_link(&self) -> Option<String> {
        let console = self.nodes.iter().find_map(|node| node.console.as_ref())?;
        self.setup.as_ref().map(|token| format!("{console}/setup?token={}", token.reveal()))
    }
}

pub struct ReadyNode {
    pub id: u64,
    pub name: String,
    pub pid: u32,
    pub nfs: String,
    pub socket: PathBuf,
    /// The management interface through HTTPS.
    pub https: String,
    /// The web console; `None` where there is none.
    pub console: Option<String>,
    /// Where its SNMP agent listens; `None` where there is none.
    pub snmp: Option<String>,
    /// Where the volume is mounted, or why it is not.
    pub fuse: Result<PathBuf, String>,
}

/// Forms the cluster, or waits for the one there is; mounts the volume on every node.
pub async fn bring_up(dir: &Path, nodes: &mut [NodeProcess]) -> Result<ReadyCluster, String> {
    for node in nodes.iter_mut() {
        answering(node).await?;
    }
    form_cluster(nodes).await?;
    make_volume(&nodes[0]).await?;
    let status = until(&nodes[0], "every node and the volume to be healthy", |status| {
        let volume = status.volumes.iter().find(|volume| volume.name == VOLUME);
        volume.is_some_and(|volume| volume.health == Health::Healthy && volume.leader.is_some())
            && status.nodes.iter().filter(|node| node.reachable).count() == nodes.len()
    })
    .await?;
    make_export(&nodes[0]).await?;
    let mut ready = Vec::new();
    for node in nodes.iter_mut() {
        until(node, "the volume to be seen", |status| {
            status.volumes.iter().any(|volume| volume.name == VOLUME && volume.leader.is_some())
        })
        .await?;
        export_is_seen(node).await?;
        ready.push(describe(node, dir).await?);
    }
    let leader = status.volumes.iter().find(|volume| volume.name == VOLUME).and_then(|volume| volume.leader);
    let setup = client(&nodes[0]).await?.ask::<CreateSetupToken>(Nothing).await.ok().map(|setup| setup.token);
    Ok(ReadyCluster { leader: leader.ok_or("the volume has no leader")?, setup, nodes: ready })
}

/// After a node was started again: waits until it answers and mounts the volume there.
pub async fn rejoin(node: &mut NodeProcess, dir: &Path) -> Result<(), String> {
    answering(node).await?;
    mount(node, dir).await.map(|_| ())
}

/// Takes the node's mount away, if the node can. One that cannot save what the mount holds, because the others are gone,
/// is not waited for.
pub async fn unmount(node: &NodeProcess, dir: &Path) {
    let asked = async {
        if let Ok(client) = Client::connect(&node.socket()).await {
            let _ =
                client.ask::<Unmount>(MountAt::new(&mount_point(dir, node.number).to_string_lossy())).await;
        }
    };
    let _ = timeout(UNMOUNT_TIME, asked).await;
}

/// Takes away the mount that a killed node left behind.
pub fn remove_mount_of_the_dead(number: usize, dir: &Path) {
    let _ = nasd_fuse::remove_stale_mount(&mount_point(dir, number));
}

/// The cluster as the first node that answers sees it.
pub async fn status(nodes: &[&NodeProcess]) -> Option<ClusterStatus> {
    for node in nodes {
        if let Ok(client) = Client::connect(&node.socket()).await
            && let Ok(status) = client.ask::<ReadCluster>(Nothing).await
        {
            return Some(status);
        }
    }
    None
}

async fn form_cluster(nodes: &[NodeProcess]) -> Result<(), String> {
    let first = client(&nodes[0]).await?;
    if !is_member(&first).await? {
        let request = ClusterCreate { name: "demo".to_owned(), advertise: None };
        first.call::<ClusterCreate>(Nothing, &request).await.map_err(|error| error.to_string())?;
    }
    for node in &nodes[1..] {
        let other = client(node).await?;
        if !is_member(&other).await? {
            until(&nodes[0], "the first node to lead", |status| status.quorum).await?;
            let token = first
                .call::<CreateToken>(Nothing, &CreateToken::default())
                .await
                .map_err(|error| error.to_string())?;
            let request = ClusterJoin { token: token.token, advertise: None };
            other.call::<ClusterJoin>(Nothing, &request).await.map_err(|error| error.to_string())?;
        }
    }
    let count = nodes.len();
    let joined = |status: &ClusterStatus| {
        let ready = status.nodes.iter().filter(|node| node.reachable && node.state == NodeState::Member);
        status.quorum && ready.count() == count
    };
    until(&nodes[0], "the nodes to find each other", joined).await.map(|_| ())
}

async fn make_volume(node: &NodeProcess) -> Result<(), String> {
    let client = client(node).await?;
    let volumes = client.all::<ListVolumes>().await.map_err(|error| error.to_string())?;
    if volumes.iter().all(|volume| volume.name != VOLUME) {
        let request = CreateVolume { name: VOLUME.to_owned(), ..CreateVolume::default() };
        client.call::<CreateVolume>(Nothing, &request).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

async fn make_export(node: &NodeProcess) -> Result<(), String> {
    let client = client(node).await?;
    let exports = client.all::<ListExports>().await.map_err(|error| error.to_string())?;
    if exports.iter().all(|export| export.path != EXPORT) {
        // Only this machine may mount it, as whoever it is, and also without being root, as nfs-ls does. So every user
        // of this machine can be anybody in the demo.
        let rule = "127.0.0.0/8:rw:no_root_squash:insecure".parse().expect("a rule");
        let request =
            CreateExport { path: EXPORT.to_owned(), volume: VOLUME.to_owned(), clients: vec![rule] };
        client.call::<CreateExport>(Nothing, &request).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Waits until a node knows the export, so that it lets clients in.
async fn export_is_seen(node: &NodeProcess) -> Result<(), String> {
    let client = client(node).await?;
    let deadline = Instant::now() + READY_TIME;
    while Instant::now() < deadline {
        let exports = client.all::<ListExports>().await.map_err(|error| error.to_string())?;
        if exports.iter().any(|export| export.path == EXPORT) {
            return Ok(());
        }
        sleep(POLL_EVERY).await;
    }
    Err(format!("node {} does not hear of the export {EXPORT}", node.number))
}

async fn describe(node: &NodeProcess, dir: &Path) -> Result<ReadyNode, String> {
    let status = client(node).await?.ask::<ReadCluster>(Nothing).await.map_err(|error| error.to_string())?;
    let name = status.nodes.iter().find(|one| one.id == status.node).map(|one| one.name.clone());
    Ok(ReadyNode {
        id: status.node,
        name: name.ok_or_else(|| format!("node {} does not know its own name", node.number))?,
        pid: node.pid().ok_or_else(|| format!("node {} has ended: {}", node.number, node.last_words()))?,
        nfs: node.ports.nfs.to_string(),
        socket: node.socket(),
        https: format!("https://{}", node.ports.https),
        console: None,
        snmp: None,
        fuse: mount(node, dir).await,
    })
}

/// Mounts the volume at `DIR/mntN`. An error is the reason, for the user: FUSE is not allowed everywhere.
async fn mount(node: &NodeProcess, dir: &Path) -> Result<PathBuf, String> {
    let at = mount_point(dir, node.number);
    // A mount that a killed node left behind fails this; the node detaches it before it mounts.
    if let Err(error) = std::fs::create_dir(&at)
        && error.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(format!("{}: {error}", at.display()));
    }
    let request =
        MountRequest { volume: VOLUME.to_owned(), at: at.clone(), read_only: false, suid: false, dev: false };
    let client = client(node).await?;
    client.call::<MountRequest>(Nothing, &request).await.map(|_| at).map_err(|error| error.to_string())
}

fn mount_point(dir: &Path, number: usize) -> PathBuf {
    dir.join(format!("mnt{number}"))
}

async fn client(node: &NodeProcess) -> Result<Client, String> {
    Client::connect(&node.socket()).await.map_err(|error| error.to_string())
}

async fn is_member(client: &Client) -> Result<bool, String> {
    match client.ask::<ReadCluster>(Nothing).await {
        Ok(_) => Ok(true),
        Err(ClientError::Refused(error)) if error.code == ErrorCode::NoCluster => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

/// Waits until the management socket answers, as long as the process lives.
async fn answering(node: &mut NodeProcess) -> Result<(), String> {
    let deadline = Instant::now() + READY_TIME;
    loop {
        if let Ok(client) = Client::connect(&node.socket()).await
            && is_member(&client).await.is_ok()
        {
            return Ok(());
        }
        if node.has_ended() || Instant::now() > deadline {
            return Err(format!(
                "node {} did not come up. Its last words:\n{}",
                node.number,
                node.last_words()
            ));
        }
        sleep(POLL_EVERY).await;
    }
}

/// Waits until the node's view of the cluster satisfies `enough`, and returns it.
async fn until(
    node: &NodeProcess,
    what: &str,
    enough: impl Fn(&ClusterStatus) -> bool,
) -> Result<ClusterStatus, String> {
    let client = client(node).await?;
    let deadline = Instant::now() + READY_TIME;
    loop {
        let said = match client.ask::<ReadCluster>(Nothing).await {
            Ok(status) if enough(&status) => return Ok(status),
            Ok(status) => status.verdict,
            Err(error) => error.to_string(),
        };
        if Instant::now() > deadline {
            return Err(format!("node {} waited too long for {what}. It says: {said}", node.number));
        }
        sleep(POLL_EVERY).await;
    }
}
