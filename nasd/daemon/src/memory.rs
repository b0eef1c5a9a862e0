//! Owns how the process's memory is divided among what it keeps and what is under way.
//!
//! Everything that grows with use has a bound here or below one that is. What remains is for what grows with the data
//! kept (where each chunk lies: about 100 bytes per MiB), for code and stacks, and for what the allocator cannot use.

/// Below this a node is not worth its name.
pub const TOTAL_MIN: u64 = 256 << 20;
/// More caches help nobody: the operating system keeps the files, too.
const TOTAL_DEFAULT_MAX: u64 = 8 << 30;
/// A node that is told nothing takes one part in so many of the machine's memory.
const DEFAULT_PART: u64 = 4;
/// So much of a connection to the NFS server is always there, in use or not: its task, its buffers, the room for two
/// small calls.
const NFS_CONNECTION_BYTES: u64 = 24 << 10;

/// Bytes that each part of the process may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    pub total: u64,
    /// Data that clients have written and not saved.
    pub unsaved: u64,
    /// Calls of NFS clients that are being read, carried out or answered.
    pub nfs_calls: u64,
    /// Replies that NFS clients may ask for again.
    pub nfs_replies: u64,
    /// Decompressed data and the heads of chunks.
    pub chunk_cache: u64,
    /// Recent entries of the log.
    pub log_cache: u64,
    /// Pages of all databases.
    pub page_caches: u64,
}

impl Plan {
    /// What is not divided.
    pub fn rest(&self) -> u64 {
        let Plan { total, unsaved, nfs_calls, nfs_replies, chunk_cache, log_cache, page_caches } = self;
        total - unsaved - nfs_calls - nfs_replies - chunk_cache - log_cache - page_caches
    }

    /// Connections to the NFS server whose least needs fit into half of what calls may hold.
    pub fn nfs_connections(&self) -> u64 {
        self.nfs_calls / 2 / NFS_CONNECTION_BYTES
    }
}

/// Divides `total` bytes.
///
/// # Errors
/// What to do about too little.
pub fn plan(total: u64) -> Result<Plan, String> {
    if total < TOTAL_MIN {
        return Err(format!(
            "{total} bytes of memory are too few for a node: give it at least {TOTAL_MIN} with --memory"
        ));
    }
    Ok(Plan {
        total,
        unsaved: total / 4,
        nfs_calls: total / 4,
        nfs_replies: total / 32,
        chunk_cache: total / 8,
        log_cache: total / 16,
        page_caches: total / 16,
    })
}

/// What a node takes of a machine with `machine` bytes unless it is told.
pub fn default_total(machine: u64) -> u64 {
    (machine / DEFAULT_PART).clamp(TOTAL_MIN, TOTAL_DEFAULT_MAX)
}

/// The memory of the machine, or of the container (cgroup v2) that this process runs in.
pub fn of_machine() -> u64 {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let machine = total_kib(&read("/proc/meminfo")).map_or(TOTAL_MIN * DEFAULT_PART, |kib| kib * 1024);
    let group = read("/proc/self/cgroup");
    let group = group.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    let most = read(&format!("/sys/fs/cgroup{group}/memory.max"));
    most.trim().parse().map_or(machine, |most: u64| machine.min(most))
}

fn total_kib(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Bytes as the command line has them: see [`nasd_base::read_size`].
///
/// # Errors
/// A sentence for the operator.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let bad = || {
        format!("`{text}` is not a size; write a number of at least 1 with a unit, for instance 512M or 4G")
    };
    nasd_base::read_size(text).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_divided_fits_into_the_total_with_room_for_the_rest(total in 0u64..1 << 45) {
            let Ok(plan) = plan(total) else {
                prop_assert!(total < TOTAL_MIN);
                return Ok(());
            };
            prop_assert!(plan.rest() >= total / 16 * 3 && plan.rest() < total, "{plan:?}");
            prop_assert!(plan.nfs_connections() >= 1_000, "{plan:?}");
        }

        #[test]
        fn the_default_is_never_most_of_the_machine(machine in 1u64 << 29..1 << 45) {
            let total = default_total(machine);
            prop_assert!(total <= machine / 2 && plan(total).is_ok());
        }
    }

    #[test]
    fn this_machines_memory_is_found() {
        assert_eq!(total_kib("MemTotal:       24000000 kB\nMemFree: 5 kB\n"), Some(24_000_000));
        assert!(of_machine() >= TOTAL_MIN);
    }

    #[test]
    fn bytes_are_read_as_people_write_them() {
        assert_eq!(parse_bytes("1073741824"), Ok(1 << 30));
        assert_eq!(parse_bytes("512M"), Ok(512 << 20));
        assert_eq!(parse_bytes("4GiB"), Ok(4 << 30));
        assert_eq!(parse_bytes("4g"), Ok(4 << 30));
        for wrong in ["", "G", "4 apples", "-1", "99999999999T"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn too_little_is_refused_with_what_to_do() {
        assert!(plan(TOTAL_MIN - 1).unwrap_err().contains("--memory"));
    }
}
