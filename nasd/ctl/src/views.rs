//! Owns what replies look like to people.

use crate::table::{Table, bytes, visible};
use nasd_api::{
    ClusterStatus, Counters, Export, Health, Limits, MountInfo, NodeInfo, NodeState, ReplicaState, VolumeInfo,
};

fn health(health: Health) -> &'static str {
    match health {
        Health::Healthy => "healthy",
        Health::Degraded => "degraded",
        Health::Unavailable => "unavailable",
        Health::Unknown => "unknown",
    }
}

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// The whole cluster on one screen, the verdict first.
pub fn status(status: &ClusterStatus) -> String {
    let leader = status.leader.map_or("no leader".to_owned(), |id| format!("led by node {id}"));
    let quorum = if status.quorum { "a majority is reachable" } else { "NO majority is reachable" };
    format!(
        "cluster {} ({}), as node {} sees it\n{}: {}\nsystem group: {leader}, term {}; {quorum}\n\n{}\n{}",
        visible(&status.name),
        visible(&status.id),
        status.node,
        health(status.health),
        visible(&status.verdict),
        status.term,
        nodes(&status.nodes),
        volumes(&status.volumes),
    )
}

pub fn nodes(nodes: &[NodeInfo]) -> String {
    let mut table = Table::new(&["NODE", "NAME", "ADDRESS", "STATE", "REACHABLE", "NFS", "VERSION"]);
    for node in nodes {
        let state = match node.state {
            NodeState::Joining => "joining",
            NodeState::Member => "member",
            NodeState::Leaving => "leaving",
            NodeState::Unknown => "unknown",
        };
        let reachable = if node.reachable { "yes" } else { "NO" };
        let (nfs, version) = (or_dash(node.nfs_address.clone()), or_dash(node.version.clone()));
        let (name, address) = (node.name.clone(), node.address.clone());
        table.row([node.id.to_string(), name, address, state.into(), reachable.into(), nfs, version]);
    }
    table.or("There are no nodes.")
}

pub fn volumes(volumes: &[VolumeInfo]) -> String {
    let mut table = Table::new(&[
        "VOLUME",
        "HEALTH",
        "LEADER",
        "TERM",
        "COMMITTED",
        "REPLICAS",
        "USED",
        "FREE",
        "LIMITS",
    ]);
    for volume in volumes {
        table.row([
            volume.name.clone(),
            health(volume.health).into(),
            volume.leader.map_or("NONE".into(), |id| format!("node {id}")),
            volume.term.to_string(),
            volume.commit_index.to_string(),
            replicas(volume),
            or_dash(volume.used_bytes.map(bytes)),
            or_dash(volume.free_bytes.map(bytes)),
            limits(&volume.limits),
        ]);
    }
    table.or("There are no volumes.")
}

fn limits(limits: &Limits) -> String {
    let words = [limits.bytes.map(bytes), limits.files.map(|count| format!("{count} files"))];
    let words: Vec<String> = words.into_iter().flatten().collect();
    if words.is_empty() { "-".into() } else { words.join(", ") }
}

/// The nodes that hold a copy; those that do not follow are named with what they do instead.
fn replicas(volume: &VolumeInfo) -> String {
    let one = |replica: &nasd_api::ReplicaInfo| match replica.state {
        ReplicaState::Leader | ReplicaState::Following => replica.node.to_string(),
        ReplicaState::Learning => format!("{} (filling)", replica.node),
        ReplicaState::Unreachable => format!("{} (UNREACHABLE)", replica.node),
        ReplicaState::Unknown => format!("{} (unknown)", replica.node),
    };
    volume.replicas.iter().map(one).collect::<Vec<_>>().join(", ")
}

pub fn exports(exports: &[Export]) -> String {
    let mut table = Table::new(&["EXPORT", "VOLUME", "CLIENTS"]);
    for export in exports {
        let mut rules = export.clients.iter().map(ToString::to_string);
        let first = rules.next().unwrap_or_else(|| "nobody".into());
        table.row([export.path.clone(), export.volume.clone(), first]);
        for rule in rules {
            table.row([String::new(), String::new(), rule]);
        }
    }
    table.or("There are no exports.")
}

/// What was just made, and who can use it.
pub fn created_export(export: &Export) -> String {
    let (path, volume) = (visible(&export.path), visible(&export.volume));
    format!("Exported {path} from volume {volume}.\n{}", who_may(export))
}

/// Who can use it from now on.
pub fn set_export(export: &Export) -> String {
    format!("Set the client rules of {}.\n{}", visible(&export.path), who_may(export))
}

fn who_may(export: &Export) -> String {
    if export.clients.is_empty() {
        return "Nobody can mount it: it has no client rule. `nasctl export set` gives it some.\n".to_owned();
    }
    export.clients.iter().map(|rule| format!("  {rule}\n")).collect()
}

pub fn mounts(mounts: &[MountInfo]) -> String {
    let mut table = Table::new(&["VOLUME", "MOUNTED AT", "ACCESS"]);
    for mount in mounts {
        let access = if mount.read_only { "read-only" } else { "read-write" };
        let more = [(mount.suid, ", setuid programs"), (mount.dev, ", devices")];
        let more: String = more.iter().filter(|(has, _)| *has).map(|(_, word)| *word).collect();
        table.row([mount.volume.clone(), mount.at.display().to_string(), format!("{access}{more}")]);
    }
    table.or("Nothing is mounted.")
}

pub fn counters(counters: &Counters) -> String {
    let mut table = Table::new(&["COUNTER", "SINCE START"]);
    let known = [
        ("log_flushes", counters.log_flushes),
        ("log_records", counters.log_records),
        ("log_bytes", counters.log_bytes),
        ("entries", counters.entries),
        ("changes", counters.changes),
        ("transactions", counters.transactions),
    ];
    let more = counters.more.iter().map(|(name, count)| (name.as_str(), *count));
    for (name, count) in known.into_iter().chain(more) {
        table.row([name.to_owned(), count.to_string()]);
    }
    table.or("")
}

/// What would be lost with a volume.
pub fn impact(volume: &VolumeInfo, exports: &[Export], mounts: &[MountInfo]) -> String {
    let used = volume.used_bytes.map_or("an unknown amount".to_owned(), bytes);
    let mut text = format!(
        "Volume {} holds {used} of data on {} node(s). Deleting it destroys all of it.\n",
        visible(&volume.name),
        volume.replicas.len()
    );
    for export in exports.iter().filter(|export| export.volume == volume.name) {
        let clients = export.clients.len();
        text += &format!("  export {} uses it ({clients} client rule(s))\n", visible(&export.path));
    }
    for mount in mounts.iter().filter(|mount| mount.volume == volume.name) {
        text += &format!("  this node has it mounted at {}\n", visible(&mount.at.display().to_string()));
    }
    text
}
