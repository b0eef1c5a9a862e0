//! Locks of byte ranges across nodes: excluded, waited for, and gone with their session.

use crate::common::*;
use nasd_base::{Errno, Ino, NodeId};
use nasd_fs::{Change, HeldLock, LockOwner, LockRange, LockSession, Outcome, Reply, Request, Tuning};
use std::time::Duration;
use tokio::time::Instant;

fn tuning() -> Tuning {
    Tuning { session_interval: Duration::from_secs(2), ..quiet() }
}

fn lock(ino: Ino, session: LockSession, exclusive: bool) -> Change {
    let owner = LockOwner { session, owner: 1 };
    Change::Lock { ino, owner, range: LockRange::WHOLE, exclusive, pid: 7 }
}

fn unlock(ino: Ino, session: LockSession) -> Change {
    Change::Unlock { ino, owner: LockOwner { session, owner: 1 }, range: LockRange::WHOLE }
}

async fn wait_for(client: &Client, ino: Ino, session: LockSession) -> Result<Option<HeldLock>, Errno> {
    let (owner, range) = (LockOwner { session, owner: 1 }, LockRange::WHOLE);
    match client.ask(Request::AwaitLock { ino, owner, range, exclusive: true }).await? {
        Reply::Lock(held) => Ok(held),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_excludes_other_nodes_and_survives_a_change_of_leader() {
    let cluster = Cluster::new(3, tuning()).await;
    let (two, three) = (cluster.client(2).holding_open(), cluster.client(3).holding_open());
    let file = two.create("f").await.ino;
    let at_two = cluster.node(2).router.begin_session(VOLUME);
    let at_three = cluster.node(3).router.begin_session(VOLUME);
    assert_eq!(two.change(lock(file, at_two, true)).await, Ok(Outcome::Locked));
    let before = cluster.log.proposals.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(three.change(lock(file, at_three, false)).await, Err(Errno::Again));
    let after = cluster.log.proposals.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(before, after, "what is surely refused needs no log entry");
    cluster.lead(3);
    assert_eq!(three.change(lock(file, at_three, true)).await, Err(Errno::Again));
    let (owner, range) = (LockOwner { session: at_three, owner: 1 }, LockRange::WHOLE);
    let test = Request::TestLock { ino: file, owner, range, exclusive: false };
    let Ok(Reply::Lock(Some(held))) = three.ask(test).await else { panic!("nobody holds it") };
    assert_eq!((held.owner.session, held.pid), (at_two, 7));
    assert_eq!(two.change(unlock(file, at_two)).await, Ok(Outcome::Unlocked { count: 1 }));
    assert_eq!(three.change(lock(file, at_three, true)).await, Ok(Outcome::Locked));
    // NFS clients have no business here.
    let stranger = cluster.client(1);
    assert_eq!(stranger.change(unlock(file, at_three)).await, Err(Errno::Perm));
}

#[tokio::test(start_paused = true)]
async fn one_who_waits_is_woken_and_has_the_first_turn() {
    let cluster = Cluster::new(3, tuning()).await;
    let (one, three) = (cluster.client(1).holding_open(), cluster.client(3).holding_open());
    let file = one.create("f").await.ino;
    let at_one = cluster.node(1).router.begin_session(VOLUME);
    let at_three = cluster.node(3).router.begin_session(VOLUME);
    one.change(lock(file, at_one, true)).await.unwrap();
    let started = Instant::now();
    let waiting = wait_for(&three, file, at_three);
    let work = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        one.change(unlock(file, at_one)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        // It is the other's turn now.
        one.change(lock(file, at_one, true)).await
    };
    let (woken, again) = tokio::join!(waiting, work);
    assert_eq!((woken, again), (Ok(None), Err(Errno::Again)));
    assert!(started.elapsed() < Duration::from_millis(3100), "{:?}", started.elapsed());
    assert_eq!(three.change(lock(file, at_three, true)).await, Ok(Outcome::Locked));
    // A wait ends before the call that carries it would, and says who is in the way.
    let held = wait_for(&one, file, at_one).await.unwrap().unwrap();
    assert_eq!(held.owner.session, at_three);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_not_taken_passes() {
    let cluster = Cluster::new(3, tuning()).await;
    let (one, three) = (cluster.client(1).holding_open(), cluster.client(3).holding_open());
    let file = one.create("f").await.ino;
    let at_one = cluster.node(1).router.begin_session(VOLUME);
    let at_three = cluster.node(3).router.begin_session(VOLUME);
    assert_eq!(wait_for(&three, file, at_three).await, Ok(None));
    assert_eq!(one.change(lock(file, at_one, true)).await, Err(Errno::Again));
    assert_eq!(wait_for(&one, file, at_one).await, Ok(None));
    assert_eq!(one.change(lock(file, at_one, true)).await, Ok(Outcome::Locked));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_over_gives_its_locks_back_but_a_silent_node_keeps_them() {
    let cluster = Cluster::new(3, tuning()).await;
    let (one, two) = (cluster.client(1).holding_open(), cluster.client(2).holding_open());
    let file = one.create("f").await.ino;
    let at_one = cluster.node(1).router.begin_session(VOLUME);
    let at_two = cluster.node(2).router.begin_session(VOLUME);
    two.change(lock(file, at_two, true)).await.unwrap();
    cluster.network.cut(NodeId(2));
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(one.change(lock(file, at_one, true)).await, Err(Errno::Again));
    cluster.network.mend(NodeId(2));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(one.change(lock(file, at_one, true)).await, Err(Errno::Again), "the mount lives");
    cluster.node(2).router.end_session(VOLUME, at_two);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(one.change(lock(file, at_one, true)).await, Ok(Outcome::Locked));
    // The leader's own mounts are no different.
    cluster.node(1).router.end_session(VOLUME, at_one);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(two.change(lock(file, at_two, true)).await, Ok(Outcome::Locked));
}

#[tokio::test(start_paused = true)]
async fn the_removal_of_a_silent_node_frees_its_locks() {
    let cluster = Cluster::new(3, tuning()).await;
    let (one, two) = (cluster.client(1).holding_open(), cluster.client(2).holding_open());
    let file = one.create("f").await.ino;
    let at_one = cluster.node(1).router.begin_session(VOLUME);
    let at_two = cluster.node(2).router.begin_session(VOLUME);
    two.change(lock(file, at_two, true)).await.unwrap();
    cluster.network.cut(NodeId(2));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(one.change(lock(file, at_one, true)).await, Err(Errno::Again));
    cluster.removed.send_replace(vec![NodeId(2)]);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(one.change(lock(file, at_one, true)).await, Ok(Outcome::Locked));
}
