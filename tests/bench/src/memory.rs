//! Owns the question what memory nodes keep: resident at the start, under load, and some minutes later.

use harness::cluster::{Cluster, Node, pause};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// How much work, and how long the nodes are left alone afterwards.
pub struct Load {
    pub files: u32,
    pub stream_mib: u32,
    pub rest: Duration,
}

impl Load {
    /// What was measured when a leader kept 420 MB.
    pub const FULL: Load = Load { files: 24_000, stream_mib: 1_536, rest: Duration::from_secs(600) };
    pub const SMOKE: Load = Load { files: 500, stream_mib: 64, rest: Duration::from_secs(15) };
}

const FILE_BYTES: usize = 3_000;
const FILES_PER_DIRECTORY: u32 = 1_000;
const HEADING: &str =
    "| moment | node | resident MiB | of that its own | most so far |\n|---|---|---|---|---|";

/// Starts a cluster below `dir`, works through the leader's FUSE mount, and prints a table.
pub fn run(dir: &Path, load: &Load) -> io::Result<()> {
    let work = tempfile::tempdir_in(dir)?;
    let cluster = Cluster::start(&work.path().join("gotgan"));
    let mount = cluster.fuse(cluster.ready.leader).to_path_buf();
    println!("{HEADING}");
    tell(&cluster, "start")?;
    small_files(&mount, load.files)?;
    tell(&cluster, &format!("{} files", load.files))?;
    stream(&mount.join("stream"), load.stream_mib)?;
    tell(&cluster, &format!("{} MiB written", load.stream_mib))?;
    pause(load.rest);
    tell(&cluster, &format!("{} s later", load.rest.as_secs()))?;
    cluster.stop();
    Ok(())
}

fn small_files(mount: &Path, count: u32) -> io::Result<()> {
    for number in 0..count {
        let directory = mount.join(format!("d{}", number / FILES_PER_DIRECTORY));
        if number.is_multiple_of(FILES_PER_DIRECTORY) {
            fs::create_dir(&directory)?;
        }
        fs::write(directory.join(number.to_string()), [number as u8; FILE_BYTES])?;
    }
    Ok(())
}

fn stream(path: &Path, mib: u32) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    let mut block = vec![0; 1 << 20];
    for number in 0..mib {
        // Not to be compressed away.
        block
            .iter_mut()
            .zip(number..)
            .for_each(|(byte, at)| *byte = (at.wrapping_mul(2_654_435_761) >> 23) as u8);
        file.write_all(&block)?;
    }
    file.sync_all()
}

fn tell(cluster: &Cluster, moment: &str) -> io::Result<()> {
    for node in &cluster.ready.nodes {
        let role = if node.id == cluster.ready.leader { " (leader)" } else { "" };
        let [resident, own, most] = mib(node)?;
        println!("| {moment} | {}{role} | {resident} | {own} | {most} |", node.id);
    }
    Ok(())
}

/// What the kernel says of a process: resident, of that its own, and the most that was ever resident.
fn mib(node: &Node) -> io::Result<[u64; 3]> {
    let status = fs::read_to_string(format!("/proc/{}/status", node.pid))?;
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
    };
    Ok([of("VmRSS:"), of("RssAnon:"), of("VmHWM:")])
}
