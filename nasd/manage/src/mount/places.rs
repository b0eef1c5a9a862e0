//! Owns which directories are whose: the system's, the node's own, and who may look into those.

use crate::Machine;
use rustix::fs::{Mode, OFlags};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Nothing is mounted in these, nor on them.
const SYSTEM_TREES: [&str; 13] = [
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run", "/sbin", "/sys",
    "/usr",
];
/// Nothing is mounted on these, nor above them; in them there is room.
const SYSTEM_PLACES: [&str; 9] =
    ["/", "/home", "/opt", "/root", "/srv", "/tmp", "/var", "/var/lib", "/var/log"];
/// What a node keeps in its directory for itself; readable by nobody else.
const OWN_FILES: [&str; 8] =
    ["api.key", "api.pem", "bootstrap.json", "ca.pem", "node.key", "node.pem", "performance", "secrets"];
const FOR_OTHERS: u32 = 0o077;
const LISTED_BY_OTHERS: u32 = 0o066;

/// Whether a volume may be mounted on `at`, a path without links, as far as the system and this node are concerned.
///
/// # Errors
/// A sentence for the operator.
pub fn check_mount_point(at: &Path, machine: &Machine) -> Result<(), String> {
    let used_by = |whose: &str| Err(format!("{} is used by {whose}; mount elsewhere", at.display()));
    let inside = |tree: &Path| at.starts_with(tree);
    let onto_or_above = |place: &Path| place.starts_with(at);
    if SYSTEM_TREES.iter().map(Path::new).any(|tree| inside(tree) || onto_or_above(tree))
        || SYSTEM_PLACES.iter().map(Path::new).any(onto_or_above)
    {
        return used_by("the system");
    }
    let mounts = real(&machine.mount_dir);
    let own = std::iter::once(&machine.dir).chain(&machine.chunk_dirs).map(|dir| real(dir));
    for dir in own {
        let room = mounts.starts_with(&dir) && at != mounts && at.starts_with(&mounts);
        if onto_or_above(&dir) || (inside(&dir) && !room) {
            return used_by("nasd itself");
        }
    }
    if onto_or_above(&mounts) {
        return used_by("nasd for the mounts below it");
    }
    Ok(())
}

/// Where a directory really is, as far as it is there.
fn real(dir: &Path) -> PathBuf {
    let found = dir.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match found {
        Some((above, real)) => real.join(dir.strip_prefix(above).unwrap_or(Path::new(""))),
        None => dir.to_path_buf(),
    }
}

/// Takes from others what earlier versions, or a careless hand, let them read: the node's directories, and the files
/// that it keeps for itself. What was changed is said, and so is what should be. `sockets`: of other users' processes, which
/// pass through the directory to them.
pub fn make_private(machine: &Machine, sockets: &[&Path]) {
    let below = ["log", "state", "chunks"].map(|name| machine.dir.join(name));
    let leads_to_socket =
        sockets.iter().any(|socket| socket.starts_with(&machine.dir)) && !system_uses(&machine.dir);
    if leads_to_socket {
        tighten(&machine.dir, OFlags::DIRECTORY, LISTED_BY_OTHERS);
        // Who knows the name of such a socket may reach it; what else is here keeps everybody out by itself.
        let _ = std::fs::set_permissions(&machine.dir, PermissionsExt::from_mode(0o711));
    }
    let own = std::iter::once(&machine.dir).filter(|_| !leads_to_socket);
    for dir in own.chain(&below).chain(&machine.chunk_dirs) {
        match system_uses(dir) {
            true => tracing::warn!(
                dir = %dir.display(),
                "other users can look into this directory, which is not nasd's alone: give it one of its own"
            ),
            false => tighten(dir, OFlags::DIRECTORY, FOR_OTHERS),
        }
    }
    OWN_FILES.iter().for_each(|name| tighten(&machine.dir.join(name), OFlags::empty(), FOR_OTHERS));
}

fn system_uses(dir: &Path) -> bool {
    let dir = real(dir);
    let places = SYSTEM_TREES.iter().chain(&SYSTEM_PLACES).chain(&["/mnt", "/media"]);
    places.map(Path::new).any(|place| place.starts_with(&dir))
}

/// A link is left alone, and so is what somebody else owns.
fn tighten(path: &Path, kind: OFlags, others: u32) {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | kind;
    let Ok(file) = rustix::fs::open(path, flags, Mode::empty()).map(std::fs::File::from) else { return };
    let Ok(meta) = file.metadata() else { return };
    let mode = meta.permissions().mode() & 0o7777;
    if mode & others == 0 || meta.uid() != rustix::process::geteuid().as_raw() {
        return;
    }
    let (path, was, is) = (path.display(), format!("{mode:04o}"), format!("{:04o}", mode & !others));
    match file.set_permissions(PermissionsExt::from_mode(mode & !others)) {
        Ok(()) => tracing::warn!(%path, was, is, "other users could look into this: they cannot any more"),
        Err(error) => tracing::error!(%path, was, %error, "other users can look into this"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn machine(dir: &Path) -> Machine {
        let chunk_dirs = vec![dir.join("disk1"), dir.join("disk2")];
        Machine {
            dir: dir.join("node"),
            chunk_dirs,
            mount_dir: dir.join("mounts"),
            name: None,
            advertise: None,
            getent: "/nowhere/getent".into(),
        }
    }

    /// A volume was mounted over nasd's own directory, which stopped the node for good; over /etc/cron.d it would have
    /// made its users root.
    #[test]
    fn what_the_system_or_nasd_uses_is_no_mount_point() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let machine = machine(&top);
        for at in [
            "/",
            "/etc",
            "/etc/cron.d",
            "/usr/local/bin",
            "/proc",
            "/sys/fs",
            "/dev/shm",
            "/run",
            "/home",
            "/var",
        ] {
            let refused = check_mount_point(Path::new(at), &machine).unwrap_err();
            assert!(refused.contains("the system") && refused.contains(at), "{refused}");
        }
        for at in ["", "node", "node/state", "node/chunks", "disk1", "disk2/below", "mounts"] {
            let at = if at.is_empty() { top.clone() } else { top.join(at) };
            let refused = check_mount_point(&at, &machine).unwrap_err();
            assert!(refused.contains("nasd"), "{refused}");
        }
        for at in ["/home/ann/volume", "/mnt", "/srv/demo", "/var/www", "/etcetera"] {
            check_mount_point(Path::new(at), &machine).unwrap();
        }
        check_mount_point(&top.join("mounts/demo"), &machine).unwrap();
        check_mount_point(&top.join("elsewhere"), &machine).unwrap();
    }

    /// `state/` was world-readable under the usual umask: password hashes, and what files of mode 0600 hold.
    #[test]
    fn a_start_takes_from_others_what_they_could_read() {
        let dir = tempfile::tempdir().unwrap();
        let machine = machine(dir.path());
        let set = |path: &Path, mode| fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let mut dirs = vec![machine.dir.clone(), machine.dir.join("state"), machine.dir.join("log")];
        dirs.extend(machine.chunk_dirs.clone());
        for dir in &dirs {
            fs::create_dir_all(dir).unwrap();
            set(dir, 0o755);
        }
        let (secret, settings) = (machine.dir.join("secrets"), machine.dir.join("nasd.toml"));
        for file in [&secret, &settings] {
            fs::write(file, "").unwrap();
            set(file, 0o644);
        }
        let linked = dir.path().join("fullchain.pem");
        fs::write(&linked, "").unwrap();
        set(&linked, 0o644);
        std::os::unix::fs::symlink(&linked, machine.dir.join("api.pem")).unwrap();
        make_private(&machine, &[]);
        assert!(dirs.iter().all(|dir| mode(dir) == 0o700));
        assert_eq!((mode(&secret), mode(&settings), mode(&linked)), (0o600, 0o644, 0o644));
    }

    #[test]
    fn a_console_of_another_user_passes_through_and_sees_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let machine = machine(dir.path());
        fs::create_dir_all(machine.dir.join("state")).unwrap();
        make_private(&machine, &[&machine.dir.join("console.sock")]);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&machine.dir), mode(&machine.dir.join("state"))), (0o711, 0o700));
    }

    #[test]
    fn a_directory_of_the_system_is_not_closed_to_its_users() {
        for dir in ["/", "/tmp", "/mnt", "/var/lib", "/home"] {
            assert!(system_uses(Path::new(dir)), "{dir}");
        }
        assert!(!system_uses(Path::new("/var/lib/gotgan")) && !system_uses(Path::new("/mnt/disk1")));
    }
}
