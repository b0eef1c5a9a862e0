//! Disks that are full: programs on the mounts hear ENOSPC, what was saved stays whole, nothing stands in the way of
//! removing files, and removing them makes room.

use conformance::ext4::Ext4;
use harness::cluster::{Cluster, wait_until};
use rustix::fs::statvfs;
use rustix::io::Errno;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// The three nodes' logs and reserves, and some hundred MiB of data three times.
const DISK_BYTES: u64 = 2 << 30;
const FILE_BYTES: usize = 8 << 20;
/// More than fits.
const FILES_MAX: usize = 200;

/// Bytes that no compression makes smaller, of their own for each file.
fn data(number: usize) -> Vec<u8> {
    let mut bytes = vec![0; FILE_BYTES];
    blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

fn write(path: &Path, data: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(data)?;
    file.sync_all()
}

fn is_full(result: &io::Result<()>) -> bool {
    matches!(result, Err(error) if error.raw_os_error() == Some(Errno::NOSPC.raw_os_error()))
}

#[test]
fn full_disks_refuse_more_and_lose_nothing() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let disk = Ext4::mount(work.path(), DISK_BYTES);
    let cluster = Cluster::start(&disk.path().join("demo"));
    let here = cluster.fuse(cluster.followers()[0].id).to_path_buf();
    let there = cluster.fuse(cluster.ready.leader).to_path_buf();

    let mut saved = Vec::new();
    let refused = (0..FILES_MAX).find_map(|number| {
        let result = write(&here.join(format!("file-{number}")), &data(number));
        saved.extend(result.is_ok().then_some(number));
        result.is_err().then_some(result)
    });
    let refused = refused.expect("the disk is too large for this test");
    assert!(is_full(&refused), "{refused:?} after {} files", saved.len());
    assert!(saved.len() >= 10, "full after {} files", saved.len());
    assert!(is_full(&write(&there.join("another"), &data(0))), "another mount hears of it too");
    let available = statvfs(&there).expect("statvfs").f_bavail;
    println!("{} files of {} MiB fit; {available} blocks are said to be left", saved.len(), FILE_BYTES >> 20);
    let whole =
        |number: &usize| fs::read(there.join(format!("file-{number}"))).expect("read") == data(*number);
    assert!(saved.iter().all(whole), "what was saved has changed");

    // Metadata still has its reserve: names can be changed and removed.
    fs::rename(here.join("file-0"), here.join("renamed")).expect("rename");
    fs::rename(there.join("renamed"), there.join("file-0")).expect("rename");
    let half = saved.len() / 2;
    for number in &saved[..half] {
        fs::remove_file(there.join(format!("file-{number}"))).expect("unlink");
    }
    let _ = fs::remove_file(there.join("another"));
    wait_until("removed files make room", Duration::from_secs(120), || {
        write(&here.join("again"), &data(7)).is_ok()
    });
    assert!(saved[half..].iter().all(whole) && fs::read(there.join("again")).expect("read") == data(7));

    cluster.stop();
    let cluster = Cluster::start(&disk.path().join("demo"));
    let there = cluster.fuse(cluster.ready.leader);
    let whole =
        |number: &usize| fs::read(there.join(format!("file-{number}"))).expect("read") == data(*number);
    assert!(saved[half..].iter().all(whole), "changed by a restart");
    cluster.stop();
}
