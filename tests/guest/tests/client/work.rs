//! Owns the work of the guest on the mount: a source tree to unpack, a library to build from it, and fsx.

use conformance::tools::FSX;
use guest::{HOST, Line, Machine, installed, needs_of_tcc};
use harness::tree::{self, Node};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Set it, to anything, for sixteen times as many files and fifty times as many operations of fsx.
const LONG_VARIABLE: &str = "GOTGAN_GUEST_LONG";
const JOB: &str = include_str!("job.sh");
/// The crate that is built: C, and small.
const BUILT: &str = "zstd-sys-";

/// What NFSv3 has of fsx's operations, on a file that spans two chunks.
const FSX_CONFIG: &str = "
flen = 1500000
[opsize]
max = 100000
[weights]
close_open = 1
invalidate = 1
mapread = 10
mapwrite = 10
read = 10
write = 10
truncate = 3
fsync = 0.3
fdatasync = 0.3
sendfile = 3
copy_file_range = 3
";

/// How much the guest does.
struct Amount {
    files: usize,
    fsx_ops: u64,
    time: Duration,
}

const SHORT: Amount = Amount { files: 500, fsx_ops: 1_000, time: Duration::from_secs(400) };
const LONG: Amount = Amount { files: 8_000, fsx_ops: 50_000, time: Duration::from_secs(3_000) };

pub struct Work {
    amount: Amount,
    crates: Vec<PathBuf>,
    disk: PathBuf,
}

impl Work {
    /// Packs the tree, below `dir`.
    pub fn prepare(dir: &Path) -> Work {
        let amount = if std::env::var_os(LONG_VARIABLE).is_some() { LONG } else { SHORT };
        let mut crates = tree::source_crates(amount.files);
        crates.retain(|path| !is_built(path));
        crates.push(built_crate(&crates[0]));
        let disk = dir.join("tree.tar");
        pack(&crates, &disk);
        Work { amount, crates, disk }
    }

    /// A machine that does it on an export of the server at `address`.
    pub fn on(&self, address: &str, export: &str) -> Machine {
        let (_, port) = address.rsplit_once(':').expect("an address and a port");
        let (ops, built) = (self.amount.fsx_ops, self.built());
        let settings = format!("HOST={HOST} PORT={port} EXPORT={export} FSX_OPS={ops} ZSTD={built}\n");
        let text = |name, text: &str| (name, text.to_owned());
        Machine {
            job: settings + JOB,
            modules: vec!["nfsv3"],
            programs: vec![installed("make"), installed("tcc"), FSX.path()],
            files: needs_of_tcc(),
            texts: vec![
                text("/client/Makefile", include_str!("Makefile")),
                text("/client/round-trip.c", include_str!("round-trip.c")),
                text("/client/fsx.toml", FSX_CONFIG),
            ],
            disk: Some(self.disk.clone()),
        }
    }

    /// So many files, in hundreds, are a third of the tree.
    pub fn first_third(&self) -> usize {
        (self.amount.files / 3).next_multiple_of(100)
    }

    /// Of each part of the work.
    pub fn time_max(&self) -> Duration {
        self.amount.time
    }

    /// Every step succeeded, and the mount of another node shows what the guest has: the tree as it was
    /// packed, and all that was made beside it.
    pub fn assert_done(&self, lines: &[Line], mount: &Path) {
        for step in ["names", "fsx", "unpack", "build", "compare"] {
            assert!(lines.iter().any(|line| line.text == format!("@end {step} 0")), "{step} failed");
        }
        assert!(lines.iter().all(|line| line.text != "@heartbeat failed"), "a heartbeat failed");
        self.assert_tree(&mount.join("work/tree"));
        assert_sums(lines, mount);
    }

    fn assert_tree(&self, mount: &Path) {
        for path in &self.crates {
            let there = mount.join(path.file_name().expect("a crate's name"));
            let (expected, found) = (tree::digest(path).expect("read"), tree::digest(&there).expect("read"));
            let differences = tree::differences(&expected, &found);
            assert!(differences.is_empty(), "{}:\n{}", there.display(), differences.join("\n"));
            for (file, _) in expected.iter().filter(|(_, node)| matches!(node, Node::File { .. })) {
                let time = |at: &Path| fs::metadata(at.join(file)).expect("stat").mtime();
                assert_eq!(time(&there), time(path), "the time of {}", there.join(file).display());
            }
        }
    }

    fn built(&self) -> String {
        let path = self.crates.iter().find(|path| is_built(path)).expect("it is among them");
        path.file_name().expect("a crate's name").to_string_lossy().into_owned()
    }
}

/// The guest's own list of sums, and its sum of the list.
fn assert_sums(lines: &[Line], mount: &Path) {
    let said = lines.iter().find_map(|line| line.text.strip_prefix("@sums ")).expect("the guest's sums");
    let list = mount.join("sums");
    let sum = succeed(Command::new("md5sum").stdin(fs::File::open(&list).expect("the guest's list")));
    assert_eq!(sum.trim(), said.trim(), "the list of sums");
    succeed(Command::new("md5sum").args(["--quiet", "--check"]).arg(&list).current_dir(mount.join("work")));
    println!("{} sums agree", fs::read_to_string(&list).expect("the guest's list").lines().count());
}

fn is_built(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(BUILT))
}

/// Every build of the workspace unpacks it beside the other crates.
fn built_crate(beside: &Path) -> PathBuf {
    let registry = beside.parent().expect("crates lie in a registry");
    let entries = fs::read_dir(registry).expect("cargo has unpacked crates");
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    found.retain(|path| is_built(path));
    found.sort();
    found.pop().expect("cargo has unpacked zstd-sys")
}

fn pack(crates: &[PathBuf], to: &Path) {
    let mut tar = Command::new("tar");
    tar.arg("-cf").arg(to);
    for path in crates {
        tar.arg("-C").arg(path.parent().expect("a registry")).arg(path.file_name().expect("a crate's name"));
    }
    succeed(&mut tar);
}

fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}{complaints}", output.status);
    said
}
