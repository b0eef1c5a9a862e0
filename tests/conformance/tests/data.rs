//! Random operations on files of the FUSE mounts of a running cluster, each read checked: fsx on one mount at
//! a time, then one file that changes hands between two.

mod exerciser;

use conformance::fsx;
use exerciser::Exerciser;
use harness::cluster::Cluster;

/// Plain reads and writes: fsx's defaults also map the file.
const WITHOUT_MMAP: &str = "[weights]\nmapread = 0\nmapwrite = 0\n";

/// Everything that fsx can do, on a file that spans several chunks.
const EVERYTHING: &str = "
flen = 3000000
[opsize]
max = 200000
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
posix_fallocate = 2
punch_hole = 3
sendfile = 3
posix_fadvise = 1
copy_file_range = 3
";

#[test]
fn fsx_finds_no_difference_on_the_leaders_mount_and_on_anothers() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let (leader, other) = (cluster.fuse(cluster.ready.leader), cluster.fuse(cluster.followers()[0].id));
    let ops = fsx::ops();
    // fsx's own defaults: reads, writes and truncations, also through mappings.
    fsx::exercise(&leader.join("defaults"), "", 1, ops, work.path());
    fsx::exercise(&other.join("defaults-too"), "", 2, ops, work.path());
    fsx::exercise(&other.join("plain"), WITHOUT_MMAP, 3, ops, work.path());
    fsx::exercise(&leader.join("everything"), EVERYTHING, 4, ops / 4, work.path());
    fsx::exercise(&other.join("everything-too"), EVERYTHING, 5, ops / 4, work.path());
    println!("fsx: 3 runs of {ops} operations and 2 of {}, no difference", ops / 4);
    cluster.stop();
}

#[test]
fn a_file_that_changes_hands_between_two_nodes_has_what_was_written_last() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let (leader, other) = (cluster.fuse(cluster.ready.leader), cluster.fuse(cluster.followers()[0].id));
    let third = cluster.fuse(cluster.followers()[1].id);
    let ops = fsx::ops() / 4;
    for (seed, mounts) in [(1, [leader, other]), (2, [other, third])] {
        let mut exerciser = Exerciser::new(mounts.map(|mount| mount.join(format!("shared-{seed}"))), seed);
        exerciser.run(ops);
        println!("seed {seed}: {}", exerciser.summary());
    }
    cluster.stop();
}
