//! Programs that append to one file through the mounts of all nodes at once, as daemons do to a shared log.

use harness::cluster::Cluster;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Records of each writer.
const RECORDS: usize = 150;
const WRITERS_PER_NODE: usize = 2;

/// A record that cannot be mistaken for a part of another.
fn record(writer: usize, number: usize) -> String {
    format!("[{writer} {number} {}]\n", "x".repeat((writer * 31 + number * 17) % 200))
}

fn append_all(mount: &Path, writer: usize) {
    // Half of them could read it, too.
    let reads = writer.is_multiple_of(2);
    let mut log =
        OpenOptions::new().append(true).read(reads).create(true).open(mount.join("log")).expect("open");
    for number in 0..RECORDS {
        log.write_all(record(writer, number).as_bytes()).expect("append");
        if number % 40 == writer {
            log.sync_all().expect("fsync");
        }
    }
}

#[test]
fn records_appended_through_all_nodes_at_once_are_all_there_and_whole() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let mounts: Vec<PathBuf> =
        cluster.ready.nodes.iter().map(|node| cluster.fuse(node.id).to_path_buf()).collect();
    std::thread::scope(|scope| {
        for writer in 0..mounts.len() * WRITERS_PER_NODE {
            let mount = &mounts[writer % mounts.len()];
            scope.spawn(move || append_all(mount, writer));
        }
    });
    for mount in &mounts {
        let text = fs::read_to_string(mount.join("log")).expect("read");
        let mut next: BTreeMap<usize, usize> = BTreeMap::new();
        for line in text.split_inclusive('\n') {
            let writer = line.trim_start_matches('[').split(' ').next().and_then(|word| word.parse().ok());
            let writer: usize = writer.unwrap_or_else(|| panic!("a torn record: {line:?}"));
            let number = next.entry(writer).or_default();
            assert_eq!(line, record(writer, *number), "lost, torn or twice");
            *number += 1;
        }
        let counts: Vec<usize> = next.into_values().collect();
        assert_eq!(counts, vec![RECORDS; mounts.len() * WRITERS_PER_NODE]);
    }
    cluster.stop();
}

/// What one appends, the others see and append behind, also where both have the file open all the while.
#[test]
fn appending_by_turns_through_open_files_leaves_no_gap() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let open = |id| {
        let path = cluster.fuse(id).join("log");
        OpenOptions::new().append(true).read(true).create(true).open(path).expect("open")
    };
    let mut files: Vec<_> = cluster.ready.nodes.iter().map(|node| open(node.id)).collect();
    let mut expected = String::new();
    for round in 0..20 {
        for (writer, file) in files.iter_mut().enumerate() {
            file.write_all(record(writer, round).as_bytes()).expect("append");
            expected += &record(writer, round);
            assert_eq!(file.metadata().expect("fstat").len(), expected.len() as u64, "round {round}");
        }
        let reader = cluster.fuse(cluster.ready.nodes[round % 3].id).join("log");
        assert!(fs::read_to_string(reader).expect("read") == expected, "round {round}");
    }
    cluster.stop();
}
