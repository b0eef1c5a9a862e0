//! Owns how the process's file descriptors are divided: what the node itself needs, and what each door may hold.
//!
//! A connection that finds no place is refused; a log that finds no descriptor stops a node's writes. So the node's own
//! parts come first, and the doors share what is left.

use nasd_base::door::DoorLimits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files of a disk beside those that are read: the one that is filled, and one that is being sealed.
const CHUNK_FILES_WRITTEN: u64 = 2;
/// Below this, and what its disks take, a node cannot do its work.
const LIMIT_MIN: u64 = 512;
/// The log's segments, most of them with a second descriptor for direct writes; sockets that are listened at, the
/// runtime's own, mounts.
const OWN: u64 = 192;
/// One part in so many is for the databases of the volumes: two for each of their connections.
const DATABASES_PART: u64 = 8;
const DATABASES_MAX: u64 = 16_384;
/// One part in so many is for segments of chunks that are open for reading.
const CHUNKS_PART: u64 = 16;
/// More open files of one disk save nothing: opening one costs less than reading from it.
const CHUNK_FILES_OF_DISK_MAX: u64 = 256;
const CHUNK_FILES_OF_DISK_MIN: u64 = 4;
/// More connections than these cost more memory than they are worth.
const NFS_MAX: u64 = 12_000;
const HTTPS_MAX: u64 = 256;
const NODES_MAX: u64 = 512;
const LOCAL_MAX: u64 = 64;
const CONSOLE_MAX: u64 = 128;
const AGENTS_MAX: u64 = 32;
/// Strangers have one part in so many of a door's places.
const STRANGERS_PART: usize = 4;
const STRANGERS_MAX: usize = 256;

/// Who may have how many descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What the process may have in all.
    pub limit: u64,
    /// Segments of each chunk disk that are open for reading.
    pub chunk_files_of_disk: u64,
    /// Connections to the databases, of all volumes together.
    pub database_files: u64,
    pub doors: Doors,
}

/// Connections that each door lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doors {
    pub nfs: u64,
    pub https: u64,
    /// Of other nodes and of those that want to join.
    pub nodes: u64,
    /// The local management socket.
    pub local: u64,
    /// The console's socket: its requests, each of which has a connection.
    pub console: u64,
    /// The agents' socket: the same.
    pub agents: u64,
}

impl Doors {
    fn sum(&self) -> u64 {
        self.nfs + self.https + self.nodes + self.local + self.console + self.agents
    }
}

/// Divides `limit` descriptors on a node with `disks` chunk disks.
///
/// # Errors
/// What to do about a limit that is too low for the node itself.
pub fn plan(limit: u64, disks: u64) -> Result<Plan, String> {
    let disks = disks.max(1);
    let needed = limit_min(disks);
    if limit < needed {
        return Err(format!(
            "this process may have {limit} files open, and a node with {disks} chunk disks needs {needed}: raise the hard \
             limit, with LimitNOFILE= in its systemd unit or with `ulimit -Hn`"
        ));
    }
    let database_files = (limit / DATABASES_PART).min(DATABASES_MAX);
    let chunk_files_of_disk =
        (limit / CHUNKS_PART / disks).clamp(CHUNK_FILES_OF_DISK_MIN, CHUNK_FILES_OF_DISK_MAX);
    let node = OWN + database_files + disks * (chunk_files_of_disk + CHUNK_FILES_WRITTEN);
    let rest = limit.saturating_sub(node);
    let (nodes, https) = ((rest / 8).min(NODES_MAX), (rest / 8).min(HTTPS_MAX));
    let (local, agents) = ((rest / 16).min(LOCAL_MAX), (rest / 64).min(AGENTS_MAX));
    let console = (rest / 16 - agents).min(CONSOLE_MAX);
    let nfs = (rest - nodes - https - local - console - agents).min(NFS_MAX);
    let doors = Doors { nfs, https, nodes, local, console, agents };
    Ok(Plan { limit, chunk_files_of_disk, database_files, doors })
}

fn limit_min(disks: u64) -> u64 {
    LIMIT_MIN + disks * (CHUNK_FILES_OF_DISK_MIN + CHUNK_FILES_WRITTEN)
}

impl Plan {
    /// What no door can take.
    pub fn reserve(&self) -> u64 {
        self.limit - self.doors.sum()
    }
}

/// How a door's connections are shared by strangers and by callers that it knows. No host has more than half of either.
pub fn places(connections: u64) -> DoorLimits {
    let connections = connections as usize;
    let strangers_max = (connections / STRANGERS_PART).min(STRANGERS_MAX);
    let known_max = connections - strangers_max;
    DoorLimits {
        strangers_max,
        strangers_per_host_max: strangers_max.div_ceil(2),
        known_max,
        known_per_host_max: known_max.div_ceil(2),
    }
}

/// Raises what the process may have to the hard limit, and returns it.
///
/// # Errors
/// When the system refuses it.
pub fn raise() -> Result<u64, String> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // `None` is "no limit"; the kernel's own is never more than this.
    let most = maximum.unwrap_or(1 << 20);
    if current.is_none_or(|current| current >= most) {
        return Ok(current.unwrap_or(most));
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum })
        .map_err(|error| format!("cannot raise the limit of open files to {most}: {error}"))?;
    Ok(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn doors_never_take_what_the_node_needs(limit in 0u64..2_000_000, disks in 0u64..256) {
            let Ok(plan) = plan(limit, disks) else {
                prop_assert!(limit < limit_min(disks.max(1)));
                return Ok(());
            };
            let node = OWN + plan.database_files + disks * (plan.chunk_files_of_disk + CHUNK_FILES_WRITTEN);
            prop_assert!(plan.doors.sum() + node <= limit, "{plan:?}");
            prop_assert!(plan.reserve() >= node);
            let Doors { nfs, https, nodes, local, console, agents } = plan.doors;
            let sockets = [local, console, agents];
            prop_assert!(nfs >= 8 && https >= 4 && nodes >= 4 && !sockets.contains(&0), "every door opens: {plan:?}");
            for connections in [nfs, https, nodes] {
                let places = places(connections);
                prop_assert_eq!((places.strangers_max + places.known_max) as u64, connections);
                prop_assert!(places.strangers_per_host_max >= 1 && places.known_per_host_max >= 1);
            }
        }
    }

    #[test]
    fn debians_default_is_enough_for_some_hundred_clients() {
        let plan = plan(1024, 1).unwrap();
        assert!(plan.doors.nfs >= 400 && plan.doors.nodes >= 70 && plan.doors.local >= 30, "{plan:?}");
        assert!(plan.reserve() >= 380, "{plan:?}");
    }

    #[test]
    fn a_limit_too_low_is_refused_with_what_to_do() {
        let refusal = plan(256, 1).unwrap_err();
        assert!(refusal.contains("LimitNOFILE="), "{refusal}");
    }

    #[test]
    fn the_limit_is_raised_as_far_as_the_system_allows() {
        let raised = raise().unwrap();
        assert_eq!(getrlimit(Resource::Nofile).current.unwrap_or(raised), raised);
    }
}
