//! What Linux has beyond POSIX, and what pjdfstest does not ask: each check runs on ext4 first, which shows
//! that the check is right, then on the FUSE mounts of two nodes.

mod checks;
mod tables;

use conformance::ext4::{Ext4, SUITE_BYTES};
use harness::cluster::Cluster;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use tables::{drift, rights};

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
    let (leader, other, third) = (places[1].1, places[2].1, cluster.followers()[1]);
    let mut failed: Vec<String> = places.iter().flat_map(|(name, at)| failures(name, at)).collect();
    failed.extend(differences(ext4.path(), leader, other));
    let export = &cluster.ready.export;
    let rights = || rights::nfs_allows_what_ext4_allows(ext4.path(), other, &third.nfs, export);
    failed.extend(failure("blocks elsewhere", || blocks_show_at_once(leader, other)));
    failed.extend(failure("rights over NFS", rights));
    failed.extend(failure("moved elsewhere", || {
        drift::a_directory_moved_elsewhere_is_renamed_onto(leader, other);
    }));
    failed.extend(failure("drift", || drift::drift([leader, other, cluster.fuse(third.id)])));
    println!("{} checks on each of {} file systems", checks::all().count(), places.len());
    assert!(failed.is_empty(), "failed, with their panics above:\n{}", failed.join("\n"));
    drop(ext4);
    cluster.stop();
}

fn failures(place: &str, at: &Path) -> Vec<String> {
    let failed = checks::all().filter_map(|(name, check)| {
        let name = format!("{place}-{name}");
        let dir = at.join(&name);
        std::fs::create_dir(&dir).expect("mkdir");
        std::fs::set_permissions(&dir, PermissionsExt::from_mode(0o777)).expect("chmod");
        failure(&name, || check(&dir))
    });
    failed.collect()
}

fn failure(name: &str, check: impl FnOnce()) -> Option<String> {
    catch_unwind(AssertUnwindSafe(check)).is_err().then(|| name.to_owned())
}

/// Rows of the tables that are not as on ext4, on a mount that shares its volume with another.
fn differences(ext4: &Path, leader: &Path, other: &Path) -> Vec<String> {
    let at = |place: &Path| {
        let dir = place.join("tables");
        std::fs::create_dir(&dir).expect("mkdir");
        std::fs::set_permissions(&dir, PermissionsExt::from_mode(0o777)).expect("chmod");
        dir
    };
    let reference = at(ext4);
    let expected = tables::rows(&reference, &reference);
    let rows = tables::rows(&at(other), &leader.join("tables"));
    println!("{} rows are compared with ext4", expected.len());
    let pairs = expected.iter().zip(&rows).filter(|(expected, row)| expected != row);
    pairs.map(|(expected, row)| format!("{row}; on ext4 {expected}")).collect()
}

/// A file of whole MiB that was just written and closed had no blocks for a second, on every mount: GNU tar -S took it
/// for one big hole, archived zeros and ended with 0.
fn blocks_show_at_once(leader: &Path, other: &Path) {
    for (number, (here, there)) in [(leader, other), (other, leader), (other, other)].into_iter().enumerate()
    {
        let name = format!("sparse-{number}");
        let mut data = vec![0; 4 << 20];
        blake3::Hasher::new().update(name.as_bytes()).finalize_xof().fill(&mut data);
        std::fs::write(here.join(&name), &data).expect("write");
        assert_eq!(std::fs::metadata(there.join(&name)).expect("stat").blocks(), 8192, "{name}");
        let archive =
            std::process::Command::new("tar").arg("-C").arg(there).args(["-cSf", "-", &name]).output();
        let archive = archive.expect("tar runs");
        assert!(archive.status.success() && archive.stdout.len() > data.len(), "{name}: not archived whole");
        assert!(
            archive.stdout.windows(4096).any(|part| part == &data[data.len() - 4096..]),
            "{name}: its end"
        );
    }
}
