//! Old writes that come late, through a node that was cut off or to a leader that was not there: they never win.

use crate::common::*;
use nasd_base::{Errno, NodeId, OpId};
use nasd_fs::{Context, Stability};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::task::JoinHandle;

impl Client {
    /// As a client names its calls, the same through every node.
    fn named(&self, op: u128) -> Client {
        let context = Context { op: OpId(op), ..self.context.clone() };
        Client { router: self.router.clone(), context }
    }
}

type Written = Result<(), Errno>;

fn write_later(client: Client, ino: nasd_base::Ino, data: &'static str) -> JoinHandle<Written> {
    tokio::spawn(async move { client.write(ino, 0, data, Stability::FileSync).await.map(drop) })
}

/// A client waited for a node that was cut off from the leader, sent its WRITE again through another node, and then
/// wrote something newer. The first node, back again within a minute, still brought the old write: the newer data was
/// gone. Closing the connection helps only where the closing arrives.
#[tokio::test(start_paused = true)]
async fn an_old_write_of_a_node_that_was_cut_off_does_not_win() {
    let cluster = Cluster::new(3, quiet()).await;
    let (cut_off, other) = (cluster.client(2), cluster.client(3));
    let ino = other.create("f").await.ino;
    for offset in [0, 1] {
        cut_off.write(ino, offset, "x", Stability::Unstable).await.unwrap();
    }
    for (stability, op) in [(Stability::FileSync, 10), (Stability::Unstable, 20)] {
        cluster.network.cut(NodeId(2));
        let old = write_later(cut_off.named(op), ino, "old");
        tokio::time::sleep(Duration::from_secs(5)).await;
        other.named(op).write(ino, 0, "old", Stability::FileSync).await.unwrap();
        other.named(op + 1).write(ino, 0, "new", stability).await.unwrap();
        cluster.network.mend(NodeId(2));
        // It is the same write: answered as the other node's was.
        assert_eq!(old.await.unwrap(), Ok(()));
        assert_eq!(other.read_all(ino).await, b"new");
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_write_does_not_win_at_a_new_leader_either() {
    let cluster = Cluster::new(3, quiet()).await;
    let (cut_off, other) = (cluster.client(2), cluster.client(3));
    let ino = other.create("f").await.ino;
    cluster.network.cut(NodeId(2));
    let old = write_later(cut_off.named(10), ino, "old");
    tokio::time::sleep(Duration::from_secs(5)).await;
    other.named(10).write(ino, 0, "old", Stability::FileSync).await.unwrap();
    other.named(11).write(ino, 0, "new", Stability::FileSync).await.unwrap();
    cluster.lead(3);
    other.attr(ino).await.unwrap();
    cluster.network.mend(NodeId(2));
    assert_eq!(old.await.unwrap(), Err(Errno::Again));
    assert_eq!(other.read_all(ino).await, b"new");
    // Asked anew, by a client that is there, it is a write of now.
    cut_off.named(10).write(ino, 0, "old", Stability::FileSync).await.unwrap();
    assert_eq!(other.read_all(ino).await, b"old");
}

/// The same with the node that becomes the leader itself.
#[tokio::test(start_paused = true)]
async fn a_leader_does_not_carry_out_what_it_could_not_forward() {
    let cluster = Cluster::new(3, quiet()).await;
    let (cut_off, other) = (cluster.client(2), cluster.client(3));
    let ino = other.create("f").await.ino;
    cluster.network.cut(NodeId(2));
    let old = write_later(cut_off.named(10), ino, "old");
    tokio::time::sleep(Duration::from_secs(5)).await;
    other.named(10).write(ino, 0, "old", Stability::FileSync).await.unwrap();
    other.named(11).write(ino, 0, "new", Stability::FileSync).await.unwrap();
    cluster.network.mend(NodeId(2));
    cluster.lead(2);
    assert_eq!(old.await.unwrap(), Err(Errno::Again));
    assert_eq!(other.read_all(ino).await, b"new");
}

#[tokio::test(start_paused = true)]
async fn a_nodes_own_writes_go_on_through_a_change_of_leader() {
    let cluster = Cluster::new(3, quiet()).await;
    let clients = [cluster.client(1), cluster.client(2), cluster.gateway(4)];
    clients[2].router.set_replicas(VOLUME, vec![NodeId(1), NodeId(2), NodeId(3)]);
    let ino = clients[0].create("f").await.ino;
    cluster.log.lead(None);
    let waiting: Vec<_> = clients.iter().map(|client| write_later(client.clone(), ino, "data")).collect();
    tokio::time::sleep(Duration::from_secs(5)).await;
    cluster.lead(3);
    for written in waiting {
        assert_eq!(written.await.unwrap(), Ok(()));
    }
    assert_eq!(clients[2].read_all(ino).await, b"data");
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_is_carried_out_once() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(2);
    let ino = client.create("f").await.ino;
    client.write(ino, 0, "before", Stability::FileSync).await.unwrap();
    let before = cluster.log.proposals.load(Relaxed);
    cluster.network.lose_answers.store(3, Relaxed);
    client.write(ino, 0, "data", Stability::FileSync).await.unwrap();
    assert_eq!(cluster.log.proposals.load(Relaxed), before + 1);
    assert_eq!(client.read_all(ino).await, b"datare");
}
