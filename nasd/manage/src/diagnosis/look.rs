//! Owns how a machine's files are read for a diagnosis: what lies in a node's directory, which mounts there are, and
//! where packets go.

use super::facts::Leftover;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A file that is written takes less.
const UNFINISHED_SECONDS: i64 = 3600;
/// As small files are called until they are finished (`nasd_files`).
const UNFINISHED: &str = "new";
/// Of nasd's own mounts.
const FILE_SYSTEM: &str = "fuse.gotgan";
/// Entries of a directory that are looked at.
const ENTRIES_MAX: usize = 10_000;

/// What crashed processes left in a node's directory, not in what lies below it.
pub fn leftovers_in(dir: &Path, now: i64) -> Vec<Leftover> {
    let entries = dir.read_dir().into_iter().flatten().flatten().take(ENTRIES_MAX);
    let mut left: Vec<Leftover> = entries.filter_map(|entry| leftover(&entry.path(), now)).collect();
    left.sort();
    left
}

fn leftover(path: &Path, now: i64) -> Option<Leftover> {
    let meta = path.symlink_metadata().ok()?;
    let name = path.file_name()?.to_str()?;
    if meta.file_type().is_socket() {
        let is_dead = UnixStream::connect(path)
            .is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused);
        return is_dead.then(|| Leftover::Socket(path.to_owned()));
    }
    if !meta.is_file() {
        return None;
    }
    if name == "core" || name.strip_prefix("core.").is_some_and(|rest| !rest.is_empty()) {
        return Some(Leftover::Core(path.to_owned()));
    }
    let changed = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_secs() as i64;
    let is_unfinished = path.extension().is_some_and(|end| end == UNFINISHED);
    (is_unfinished && now - changed > UNFINISHED_SECONDS).then(|| Leftover::File(path.to_owned()))
}

/// Mounts of volumes below the directory for mounts whose process is gone.
pub fn stale_mounts(below: &Path, ours: &[PathBuf]) -> Vec<Leftover> {
    let mountinfo = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let others =
        volumes_mounted(&mountinfo).into_iter().filter(|at| at.starts_with(below) && !ours.contains(at));
    // A mount without its process answers at once that it has none.
    let is_dead = |at: &PathBuf| {
        let looked = at.symlink_metadata();
        looked.is_err_and(|error| error.kind() == std::io::ErrorKind::NotConnected)
    };
    others.filter(is_dead).map(Leftover::Mount).collect()
}

fn volumes_mounted(mountinfo: &str) -> Vec<PathBuf> {
    let at = |line: &str| {
        let (of_mount, of_system) = line.split_once(" - ")?;
        let at = of_mount.split(' ').nth(4)?.replace("\\040", " ");
        (of_system.split(' ').next()? == FILE_SYSTEM).then(|| at.into())
    };
    mountinfo.lines().filter_map(at).collect()
}

/// The interface that leads to an address, by `/proc/net/route`: the narrowest network decides. IPv4 only.
pub fn route_to(routes: &str, address: IpAddr) -> Option<String> {
    let IpAddr::V4(address) = address else { return None };
    if address.is_loopback() {
        return Some("lo".to_owned());
    }
    // Each word is the address as the machine keeps it in memory.
    let ip = |word: &str| u32::from_str_radix(word, 16).ok().map(|word| Ipv4Addr::from(word.to_ne_bytes()));
    let leads = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (network, mask) = (u32::from(ip(words.get(1)?)?), u32::from(ip(words.get(7)?)?));
        (u32::from(address) & mask == network)
            .then(|| (mask.count_ones(), (*words.first().unwrap_or(&"")).to_owned()))
    };
    routes.lines().filter_map(leads).max_by_key(|(bits, _)| *bits).map(|(_, interface)| interface)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn what_a_crash_leaves_is_found_and_what_works_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let _living = UnixListener::bind(at("nasd.sock")).unwrap();
        drop(UnixListener::bind(at("old.sock")).unwrap());
        for name in ["core", "core.4711", "cores", "node.pem", "node.pem.new"] {
            std::fs::write(at(name), "x").unwrap();
        }
        let changed = at("node.pem.new").metadata().unwrap().modified().unwrap();
        let now = changed.duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        let dead = || vec![Leftover::Socket(at("old.sock"))];
        let cores = || vec![Leftover::Core(at("core")), Leftover::Core(at("core.4711"))];
        assert_eq!(leftovers_in(dir.path(), now), [dead(), cores()].concat(), "a new file may be under way");
        let unfinished = vec![Leftover::File(at("node.pem.new"))];
        assert_eq!(leftovers_in(dir.path(), now + 7200), [dead(), unfinished, cores()].concat());
        assert_eq!(leftovers_in(Path::new("/nowhere"), now), []);
    }

    #[test]
    fn mounts_of_volumes_are_told_from_others() {
        let mountinfo = "22 1 254:0 / / rw - ext4 /dev/vda rw\n31 22 0:44 / /srv/my\\040disk rw - fuse.gotgan demo rw\n\
                         32 22 0:45 / /mnt rw - fuse.sshfs x rw\n";
        assert_eq!(volumes_mounted(mountinfo), [Path::new("/srv/my disk")]);
    }

    #[test]
    fn the_narrowest_network_leads_to_an_address() {
        let word =
            |text: &str| format!("{:08X}", u32::from_ne_bytes(text.parse::<Ipv4Addr>().unwrap().octets()));
        let line = |interface: &str, network: &str, mask: &str| {
            format!("{interface}\t{}\t00000000\t0001\t0\t0\t0\t{}\t0\t0\t0\n", word(network), word(mask))
        };
        let routes = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
            .to_owned()
            + &line("eth0", "0.0.0.0", "0.0.0.0")
            + &line("bond0", "10.0.0.0", "255.255.255.0");
        let to = |address: &str| route_to(&routes, address.parse().unwrap());
        assert_eq!(to("10.0.0.7").as_deref(), Some("bond0"));
        assert_eq!(to("192.0.2.1").as_deref(), Some("eth0"));
        assert_eq!(to("127.0.0.1").as_deref(), Some("lo"));
        assert_eq!(to("::1"), None);
        assert_eq!(route_to("", "192.0.2.1".parse().unwrap()), None);
    }
}
