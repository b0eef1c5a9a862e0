//! What Linux has beyond POSIX, and what pjdfstest does not ask: each check runs on ext4 first, which shows
//! that the check is right, then on the FUSE mounts of two nodes.

mod checks;

use conformance::ext4::{Ext4, SUITE_BYTES};
use harness::cluster::Cluster;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[test]
fn linux_calls_do_on_the_mounts_what_they_do_on_ext4() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let ext4 = Ext4::mount(work.path(), SUITE_BYTES);
    let places = [
        ("ext4", ext4.path()),
        ("leader", cluster.fuse(cluster.ready.leader)),
        ("another", cluster.fuse(cluster.followers()[0].id)),
    ];
    let failed: Vec<String> = places.iter().flat_map(|(name, at)| failures(name, at)).collect();
    println!("{} checks on each of {} file systems", checks::all().count(), places.len());
    assert!(failed.is_empty(), "failed, with their panics above: {}", failed.join(", "));
    drop(ext4);
    cluster.stop();
}

fn failures(place: &str, at: &Path) -> Vec<String> {
    let mut failed = Vec::new();
    for (name, check) in checks::all() {
        let dir = at.join(format!("{place}-{name}"));
        std::fs::create_dir(&dir).expect("mkdir");
        std::fs::set_permissions(&dir, PermissionsExt::from_mode(0o777)).expect("chmod");
        if catch_unwind(AssertUnwindSafe(|| check(&dir))).is_err() {
            failed.push(format!("{name} on {place}"));
        }
    }
    failed
}
