//! What one client did is seen by every other as soon as the call has returned, whatever the other had looked at
//! before: two mounts, a mount and an NFS client, two NFS clients, each through nodes of its own.
//!
//! These tests are the guard of everything that is kept in a cache. Each check lets both clients look at the names
//! that it will change, missing ones included, and then changes them on one side and looks on the other, at once.

mod attrs;
mod content;
mod cross;
mod fuse;
mod held;
mod model;
mod names;
mod nfs;
mod race;
mod scene;
mod side;
mod walk;

use fuse::FuseSide;
use harness::cluster::Cluster;
use harness::setting;
use nfs::NfsSide;
use scene::{Check, Scene};
use side::Side;
use std::panic::{AssertUnwindSafe, catch_unwind};
use walk::Walk;

/// How often each check runs, and how many walks there are; set it to 20 for a night's run.
const ROUNDS: u64 = 1;
const ROUNDS_VARIABLE: &str = "GOTGAN_COHERENCE_ROUNDS";
const WALK_STEPS: usize = 100;

fn rounds() -> usize {
    setting::number(ROUNDS_VARIABLE, ROUNDS) as usize
}

/// The volume's leader and the two others.
const NODES: [&str; 3] = ["the leader", "another node", "the third node"];

fn ids(cluster: &Cluster) -> [u64; 3] {
    let followers = cluster.followers();
    [cluster.ready.leader, followers[0].id, followers[1].id]
}

fn mounts(cluster: &Cluster) -> [FuseSide; 3] {
    let ids = ids(cluster);
    std::array::from_fn(|node| FuseSide::new(NODES[node], cluster.fuse(ids[node])))
}

fn nfs_clients(cluster: &Cluster) -> [NfsSide; 3] {
    let ids = ids(cluster);
    let export = &cluster.ready.export;
    std::array::from_fn(|node| NfsSide::new(NODES[node], &cluster.node(ids[node]).nfs, export))
}

/// Runs all checks on each pair, both ways, and fails with the names of those that failed.
fn check(pairs: &[(&dyn Side, &dyn Side)]) {
    let groups = [content::CHECKS, names::CHECKS, attrs::CHECKS, held::CHECKS, race::CHECKS];
    let checks: Vec<&(&str, Check)> = groups.into_iter().flatten().collect();
    let mut failed = Vec::new();
    for (pair, (one, other)) in pairs.iter().enumerate() {
        for (way, (here, there)) in [(one, other), (other, one)].into_iter().enumerate() {
            for (name, check) in &checks {
                for round in 0..rounds() {
                    let dir = format!("{name}-{pair}-{way}-{round}");
                    here.mkdir(&dir).expect("mkdir");
                    let scene = Scene { here: *here, there: *there, dir: &dir, round: way + round };
                    if catch_unwind(AssertUnwindSafe(|| check(&scene))).is_err() {
                        failed.push(format!("{name}, by {}, seen by {}", here.name(), there.name()));
                        break;
                    }
                }
            }
        }
    }
    println!("{} checks, {} times, both ways, on {} pairs", checks.len(), rounds(), pairs.len());
    assert!(failed.is_empty(), "failed, with their panics above:\n{}", failed.join("\n"));
}

#[test]
fn two_mounts_see_each_others_changes_at_once() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let [leader, other, third] = mounts(&cluster);
    check(&[(&leader, &other), (&other, &third)]);
    let [leader, other, _] = ids(&cluster).map(|id| cluster.fuse(id));
    cross::names_and_attributes_of_one_directory(leader, other);
    cluster.stop();
}

#[test]
fn a_mount_and_an_nfs_client_see_each_others_changes_at_once() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let ([mount, other_mount, _], [leader, other, third]) = (mounts(&cluster), nfs_clients(&cluster));
    check(&[(&mount, &other), (&other_mount, &leader), (&other_mount, &third)]);
    cluster.stop();
}

#[test]
fn two_nfs_clients_see_each_others_changes_at_once() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let [leader, other, third] = nfs_clients(&cluster);
    check(&[(&leader, &other), (&other, &third)]);
    cluster.stop();
}

#[test]
fn after_every_step_of_a_random_walk_all_clients_see_the_same() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let (mounts, clients) = (mounts(&cluster), nfs_clients(&cluster));
    let sides: [&dyn Side; 5] = [&clients[0], &mounts[0], &mounts[1], &mounts[2], &clients[1]];
    for seed in 0..rounds() as u64 {
        let done = Walk::new(&sides, &format!("walk{seed}"), seed).run(WALK_STEPS);
        println!("seed {seed}: {done} of {WALK_STEPS} operations were done, the rest rightly refused");
    }
    cluster.stop();
}

/// Who keeps what is known to the leader, and a leader may die.
#[test]
fn what_was_kept_under_a_leader_that_died_is_not_taken_for_the_truth_under_the_next() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let [_, here, there] = mounts(&cluster);
    let scene = Scene { here: &here, there: &there, dir: "d", round: 0 };
    here.mkdir("d").expect("mkdir");
    scene.here_creates("f", b"before");
    scene.here_creates("gone", b"before");
    here.chmod("d/gone", 0o644).expect("chmod");
    scene.warm(&["f", "new", "gone"]);
    cluster.kill_node(cluster.ready.leader);
    scene.warm(&["f", "new", "gone"]);
    here.append("d/f", b" and after").expect("append");
    scene.sees("f", b"before and after");
    scene.here_creates("new", b"after");
    scene.sees("new", b"after");
    here.unlink("d/gone").expect("unlink");
    scene.is_gone("gone");
    scene.lists("", &["f", "new"]);
}
