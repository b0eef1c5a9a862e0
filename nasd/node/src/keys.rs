//! Keeps what the network knows the other nodes by as the cluster's state says it.

use nasd_base::NodeId;
use nasd_cluster::NodeKeys;
use nasd_system::System;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// Members are asked about nodes that are not known here this often at most, whoever comes with what name.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Ends only by being dropped.
pub async fn keep(keys: Arc<NodeKeys>, system: System) {
    tokio::join!(follow(&keys, &system), answer(&keys, &system));
}

async fn follow(keys: &NodeKeys, system: &System) {
    let mut views = system.watch();
    loop {
        keys.learn(views.borrow_and_update().node_keys());
        if views.changed().await.is_err() {
            return;
        }
    }
}

async fn answer(keys: &NodeKeys, system: &System) {
    loop {
        keys.missed().await;
        ask(keys, system).await;
        sleep(ASK_EVERY).await;
    }
}

/// Somebody came who is not known: this node may have been away when they joined, and they may lead by now.
async fn ask(keys: &NodeKeys, system: &System) {
    let view = system.view();
    let others = view.members().filter(|node| node.id != system.me());
    let others: Vec<NodeId> = others.map(|node| node.id).collect();
    let asked = others.into_iter().map(|node| system.members_at(node));
    for members in futures::future::join_all(asked).await {
        keys.hear(members);
    }
}
