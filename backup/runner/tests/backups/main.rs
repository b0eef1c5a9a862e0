//! `nas-backup` as it is used: on directories with everything that a file system can hold, with a stock restic on the other
//! side, and on repositories that are damaged or hostile.

mod conflicts;
mod damage;
mod interrupted;
mod restic;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A place with a repository, `repo`, its passphrase, and a directory to back up, `from`.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { dir: tempfile::tempdir().unwrap() };
        std::fs::write(place.path("passphrase"), "correct horse\nanother line\n").unwrap();
        std::fs::create_dir(place.path("from")).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nas-backup"));
        command.current_dir(self.dir.path());
        command.args(["--repository", "repo", "--passphrase-file", "passphrase"]).args(arguments);
        command
    }

    /// What it said on its standard output.
    fn run(&self, arguments: &[&str]) -> String {
        said(&self.command(arguments).output().unwrap(), 0)
    }

    /// What it said on both, ended with this status.
    fn ends(&self, status: i32, arguments: &[&str]) -> String {
        said(&self.command(arguments).output().unwrap(), status)
    }

    fn restic(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("restic");
        command.current_dir(self.dir.path()).args(["-r", "repo", "--no-cache", "--password-file", "line"]);
        std::fs::write(self.path("line"), "correct horse").unwrap();
        said(&command.args(arguments).output().expect("restic is installed (Debian's package restic)"), 0)
    }

    fn packs(&self) -> Vec<PathBuf> {
        files_below(&self.path("repo/data"))
    }

    fn pack_count(&self) -> usize {
        let data = self.path("repo/data");
        if data.exists() { files_below(&data).len() } else { 0 }
    }

    /// That the two directories hold the same.
    fn assert_same(&self, one: &str, other: &str) {
        let (one, other) = (self.path(one), self.path(other));
        assert_eq!(described(&one), described(&other), "{} and {}", one.display(), other.display());
    }
}

fn said(output: &Output, status: i32) -> String {
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(status), "{said}");
    said
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// Everything that a restore has to bring back, of everything below: a line each. The directory itself has its own owner.
fn described(dir: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    describe(dir, Path::new(""), &mut lines);
    lines
}

fn describe(root: &Path, below: &Path, lines: &mut Vec<String>) {
    let dir = root.join(below);
    let mut names: Vec<_> =
        std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    for name in names {
        let (path, below) = (dir.join(&name), below.join(&name));
        let meta = std::fs::symlink_metadata(&path).unwrap();
        let content = match meta.file_type() {
            kind if kind.is_file() => blake(&std::fs::read(&path).unwrap()),
            kind if kind.is_symlink() => format!("{:?}", std::fs::read_link(&path).unwrap()),
            _ => meta.rdev().to_string(),
        };
        let links = if meta.is_dir() { 0 } else { meta.nlink() };
        lines.push(format!(
            "{below:?} {:o} {}:{} {} links, {}.{:09}, {content}, {:?}",
            meta.mode(),
            meta.uid(),
            meta.gid(),
            links,
            meta.mtime(),
            meta.mtime_nsec(),
            attributes(&path),
        ));
        if meta.is_dir() {
            describe(root, &below, lines);
        }
    }
}

fn blake(bytes: &[u8]) -> String {
    let sum = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    format!("{} bytes {sum:016x}", bytes.len())
}

fn attributes(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut names = vec![0; 4096];
    let Ok(length) = rustix::fs::llistxattr(path, &mut names[..]) else { return Vec::new() };
    let names = names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let value = |name: &[u8]| {
        let mut value = vec![0; 4096];
        let length = rustix::fs::lgetxattr(path, OsStr::from_bytes(name), &mut value[..]).unwrap();
        (String::from_utf8_lossy(name).into_owned(), value[..length].to_vec())
    };
    names.map(value).collect()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// One of everything that a file system can hold.
fn make_everything(dir: &Path) {
    use rustix::fs::{AtFlags, CWD, FileType, Mode, Timespec, Timestamps, XattrFlags, makedev};
    let named = |name: &[u8]| dir.join(OsStr::from_bytes(name));
    let long = "n".repeat(255);
    for name in [
        &b"plain"[..],
        b"new\nline",
        b"bad\xff\xfe",
        b"quote\"back\\slash",
        "\u{ad}한글 😀".as_bytes(),
        long.as_bytes(),
    ] {
        std::fs::write(named(name), name).unwrap();
    }
    std::fs::write(named(b"empty"), b"").unwrap();
    let noise: Vec<u8> =
        (0..3_000_000_u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
    std::fs::write(named(b"noise"), noise).unwrap();
    let sparse = std::fs::File::create(named(b"sparse")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"middle", 40_000_000).unwrap();
    sparse.set_len(80_000_001).unwrap();
    std::fs::write(named(b"linked"), b"twice").unwrap();
    std::fs::create_dir(named(b"below")).unwrap();
    std::fs::hard_link(named(b"linked"), named(b"below/linked")).unwrap();
    symlink("/etc/passwd", named(b"absolute")).unwrap();
    symlink("nowhere", named(b"dangling")).unwrap();
    std::fs::create_dir(named(b"empty directory")).unwrap();
    let mode = |name: &[u8], mode| {
        std::fs::set_permissions(named(name), std::fs::Permissions::from_mode(mode)).unwrap()
    };
    mode(b"plain", 0o4751);
    mode(b"empty", 0o000);
    mode(b"empty directory", 0o3710);
    let fifo = named(b"fifo");
    rustix::fs::mknodat(CWD, &fifo, FileType::Fifo, Mode::from_raw_mode(0o640), 0).unwrap();
    let _ = rustix::fs::lsetxattr(named(b"noise"), "user.note", b"kept\0whole", XattrFlags::empty());
    if is_root() {
        let null = named(b"null");
        rustix::fs::mknodat(CWD, &null, FileType::CharacterDevice, Mode::from_raw_mode(0o666), makedev(1, 3))
            .unwrap();
        std::os::unix::fs::lchown(named(b"dangling"), Some(1234), Some(567)).unwrap();
        std::os::unix::fs::chown(named(b"noise"), Some(4_000_000_000), Some(7)).unwrap();
    }
    let time = |name: &[u8], seconds, nanos| {
        let time = Timespec { tv_sec: seconds, tv_nsec: nanos };
        let times = Timestamps { last_access: time, last_modification: time };
        rustix::fs::utimensat(CWD, named(name), &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
    };
    time(b"noise", -1, 250_000_001);
    time(b"dangling", 1_000_000_000, 999_999_999);
    time(b"below", 7_000_000_000, 1);
    time(b"empty directory", 0, 0);
}
