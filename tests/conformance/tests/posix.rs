//! pjdfstest on the FUSE mounts of a running cluster, against what the same cases say on ext4.

use conformance::ext4::{Ext4, SUITE_BYTES};
use conformance::pjdfstest::{Report, Verdict};
use harness::cluster::Cluster;
use std::path::Path;

/// Fewer than the suite has of them: a run that ended early must not look well.
const PASSED_MIN: usize = 390;

/// Cases that pjdfstest skips on FUSE, and why.
const SKIPPED_ON_FUSE: &[(&str, &str)] = &[(
    "link::link_count_max",
    "the C library has no LINK_MAX for FUSE; nasd-meta's `links_have_a_limit` tests ours",
)];

#[test]
fn what_passes_on_ext4_passes_on_the_mounts_of_the_leader_and_of_another_node() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let ext4 = Ext4::mount(work.path(), SUITE_BYTES);
    let reference = run("ext4", ext4.path(), cluster.fuse(cluster.ready.leader), work.path());
    assert!(reference.with(Verdict::Passed).len() >= PASSED_MIN, "the suite is not what it was");

    let mounts = [("the leader", cluster.ready.leader), ("another node", cluster.followers()[0].id)];
    let mut worse = Vec::new();
    for (what, node) in mounts {
        let report = run(&format!("the mount of {what}"), cluster.fuse(node), ext4.path(), work.path());
        let mut names = report.worse_than(&reference);
        names.retain(|name| {
            let skipped = report.0[*name].verdict == Verdict::Skipped;
            !(skipped && SKIPPED_ON_FUSE.iter().any(|(known, _)| known == name))
        });
        worse.extend(names.into_iter().map(|name| format!("{what}: {name}: {:?}", report.0[name])));
        assert_eq!(report.0.len(), reference.0.len(), "the same cases ran");
    }
    assert!(worse.is_empty(), "passed on ext4 only:\n{}", worse.join("\n"));
    drop(ext4);
    cluster.stop();
}

fn run(what: &str, dir: &Path, other: &Path, scratch: &Path) -> Report {
    let report = Report::of(dir, other, scratch);
    println!("pjdfstest on {what}: {}", report.summary());
    report
}
