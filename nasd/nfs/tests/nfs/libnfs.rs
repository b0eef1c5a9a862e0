//! Other people's client: libnfs's tools against the server on loopback. They must be installed
//! (Debian: libnfs-utils).

use crate::rig::{Rig, export, rule};
use nasd_base::export::{ClientRule, Squash};
use nasd_nfs::v3::create::How;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use tokio::net::TcpListener;
use tokio::process::Command;

/// Serves the rig on loopback until the test ends.
async fn listen(rig: &Rig) -> SocketAddr {
    let all = ClientRule { insecure: true, ..rule("127.0.0.0/8", Squash::None, false) };
    rig.exports.set(vec![export("/demo", 1, vec![all.clone(), rule("0.0.0.0/0", Squash::None, false)])]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = rig.server.clone();
    tokio::spawn(async move { server.serve(listener, std::future::pending()).await });
    address
}

fn url(address: SocketAddr, path: &str) -> String {
    let port = address.port();
    format!("nfs://127.0.0.1/demo{path}?nfsport={port}&mountport={port}&uid=0&gid=0")
}

/// Runs a tool and returns what it wrote.
async fn run(tool: &str, args: &[&str]) -> Vec<u8> {
    let command = Command::new(tool).args(args).stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(std::time::Duration::from_secs(30), command).await;
    let output = output.expect("the tool hangs").expect("libnfs-utils must be installed");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{tool} {args:?}: {} {stderr}", output.status);
    output.stdout
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn libnfs_lists_reads_and_copies_both_ways() {
    let rig = Rig::new();
    let address = listen(&rig).await;
    let dir = tempfile::tempdir().unwrap();
    let local = dir.path().join("data");
    let data: Vec<u8> = (0..3_000_000u32).map(|at| (at % 251) as u8).collect();
    std::fs::write(&local, &data).unwrap();

    run("nfs-cp", &[local.to_str().unwrap(), &url(address, "/copy")]).await;
    assert!(run("nfs-cat", &[&url(address, "/copy")]).await == data, "nfs-cat gave other bytes");

    let (client, root) = rig.root().await;
    let copy = client.lookup(&root, "copy").await.unwrap().file;
    assert!(client.read_all(&copy).await.unwrap() == data, "the server holds other bytes");
    let sub = client.mkdir(&root, "sub", crate::rig::mode(0o755)).await.unwrap().handle.unwrap();
    for n in 0..500 {
        client.create(&sub, format!("file-{n}"), How::Guarded(crate::rig::mode(0o644))).await.unwrap();
    }
    let listed = String::from_utf8(run("nfs-ls", &["-R", &url(address, "")]).await).unwrap();
    assert!(listed.contains("3000000") && listed.contains("copy"), "{listed}");
    assert_eq!(listed.lines().filter(|line| line.contains("file-")).count(), 500);

    let back = dir.path().join("back");
    run("nfs-cp", &[&url(address, "/copy"), back.to_str().unwrap()]).await;
    assert!(same(&back, &data), "nfs-cp brought other bytes back");
}

fn same(path: &Path, data: &[u8]) -> bool {
    std::fs::read(path).unwrap() == data
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn libnfs_is_refused_without_an_export() {
    let rig = Rig::new();
    let address = listen(&rig).await;
    rig.exports.set(vec![]);
    let output = Command::new("nfs-ls").arg(url(address, "")).kill_on_drop(true).output().await;
    assert!(!output.expect("libnfs-utils must be installed").status.success());
}
