//! The benchmark itself runs: every workload, through a mount and through NFS. No figure is judged here.

use harness::cluster::Cluster;
use std::process::Command;

fn run(place: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_bench")).args(["run", place, "--smoke"]).output();
    let output = output.expect("the benchmark starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{place}: {} {said}", output.status);
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

#[test]
fn every_workload_runs_through_fuse_and_nfs() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let follower = cluster.followers()[0].clone();
    let fuse = cluster.fuse(follower.id).to_str().expect("a plain path").to_owned();
    let nfs = format!("nfs://{}{}", follower.nfs, cluster.ready.export);
    for place in [fuse, nfs] {
        let table = run(&place);
        for workload in
            ["sequential write", "stable write 4 KiB, depth 16", "create 4 KiB, fsync", "delete it"]
        {
            assert!(table.contains(workload), "{place}: {workload} is missing in\n{table}");
        }
    }
    cluster.stop();
}
