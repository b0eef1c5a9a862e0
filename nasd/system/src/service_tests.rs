use super::*;
use crate::testing::SharedLog;
use bytes::Bytes;
use nasd_base::net::{BoxFuture, Peer};
use nasd_base::{NodeId, SeededEntropy, SystemClock};
use nasd_cluster::testing::World;
use nasd_cluster::transport::{Handler, Refusal, Service, Transport};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

struct Control(System);

impl Handler for Control {
    fn handle(
        &self,
        from: Peer,
        service: Service,
        header: Bytes,
        body: Bytes,
    ) -> BoxFuture<'_, Result<(Bytes, Bytes), Refusal>> {
        Box::pin(async move {
            let (Peer::Node(from), Service::Control) = (from, service) else { panic!("control only") };
            self.0.serve_control(from, header, body).await
        })
    }
}

struct Cluster {
    world: World,
    log: SharedLog,
    systems: Vec<System>,
    transports: Vec<Transport>,
}

/// Three nodes, of which node 1 leads and is registered.
async fn cluster() -> Cluster {
    let (world, log) = (World::default(), SharedLog::new(Some(NodeId(1))));
    let (mut systems, mut transports) = (Vec::new(), Vec::new());
    for number in 1..=3 {
        let me = NodeId(number);
        let transport = Transport::new(world.net(Peer::Node(me)), me);
        let (group, views) = log.replica(me);
        let entropy = Arc::new(SeededEntropy::new(number));
        let system = System::new(transport.clone(), group, views, Arc::new(SystemClock), entropy);
        transport.listen(&format!("node:{number}"), Arc::new(Control(system.clone()))).await.unwrap();
        for other in (1..=3).filter(|other| *other != number) {
            transport.set_address(NodeId(other), Some(format!("node:{other}")));
        }
        systems.push(system);
        transports.push(transport);
    }
    let address = "node:1".to_owned();
    let name = "alpha".to_owned();
    let first = SystemCommand::Cluster(ClusterCommand::Create {
        cluster: [1; 16],
        cluster_name: "home".to_owned(),
        node: NodeId(1),
        name,
        address,
        key: [1; 32],
    });
    systems[0].propose(&By::NODE, first).await.unwrap();
    Cluster { world, log, systems, transports }
}

#[tokio::test(start_paused = true)]
async fn any_node_can_change_the_state_and_sees_the_change() {
    let cluster = cluster().await;
    for (number, system) in cluster.systems.iter().enumerate() {
        let volume =
            system.create_volume(&By::NODE, &format!("v{number}"), NewVolume::default()).await.unwrap();
        assert_eq!(system.view().volume(volume.id), Some(&volume));
        let again = system.create_volume(&By::NODE, &format!("v{number}"), NewVolume::default()).await;
        assert_eq!(again, Err(SystemError::Volume(VolumeError::VolumeNameTaken(format!("v{number}")))));
    }
    assert_eq!(cluster.systems[2].view().volumes.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_asked_for_again_and_nothing_happens_twice() {
    let cluster = cluster().await;
    for (number, system) in cluster.systems.iter().enumerate() {
        cluster.log.lose_replies(3);
        system.create_volume(&By::NODE, &format!("v{number}"), NewVolume::default()).await.unwrap();
    }
    let cut = async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        cluster.world.cut();
    };
    cluster.log.lose_replies(1);
    let (made, ()) =
        tokio::join!(cluster.systems[1].create_volume(&By::NODE, "v9", NewVolume::default()), cut);
    made.unwrap();
    assert_eq!(cluster.systems[0].view().volumes.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_proposal_waits_for_a_leader_and_follows_it() {
    let cluster = cluster().await;
    cluster.log.lead(None);
    let elect = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        cluster.log.lead(Some(NodeId(3)));
    };
    let (made, ()) =
        tokio::join!(cluster.systems[1].create_volume(&By::NODE, "late", NewVolume::default()), elect);
    made.unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_a_majority_the_operator_is_told() {
    let cluster = cluster().await;
    for leader in [None, Some(NodeId(1))] {
        cluster.log.lead(leader);
        cluster.log.set_quorum(false);
        for system in &cluster.systems {
            let start = Instant::now();
            let refused = system.create_volume(&By::NODE, "never", NewVolume::default()).await.unwrap_err();
            assert!(matches!(refused, SystemError::NoQuorum(_)), "{refused}");
            assert!(refused.to_string().contains("A majority of nodes must be up"), "{refused}");
            assert!(start.elapsed() < Duration::from_secs(17), "{:?}", start.elapsed());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_gone_is_not_waited_for_forever() {
    let cluster = cluster().await;
    cluster.transports[0].close().await;
    let elect = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        cluster.log.lead(Some(NodeId(2)));
    };
    let start = Instant::now();
    let (made, ()) =
        tokio::join!(cluster.systems[2].create_volume(&By::NODE, "late", NewVolume::default()), elect);
    made.unwrap();
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn junk_control_requests_are_refused() {
    let cluster = cluster().await;
    for junk in [&b""[..], b"junk", &[0; 3], &[255; 60]] {
        let header = Bytes::copy_from_slice(junk);
        assert!(cluster.systems[0].serve_control(NodeId(2), header, Bytes::new()).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn the_transport_follows_the_view() {
    let cluster = cluster().await;
    let system = cluster.systems[0].clone();
    tokio::spawn(async move { system.keep_routes().await });
    let leader = &cluster.systems[0];
    leader
        .propose(&By::NODE, SystemCommand::Token(TokenCommand::Create { token: [2; 32], valid_seconds: 60 }))
        .await
        .unwrap();
    let (name, address) = ("beta".to_owned(), "beta:7400".to_owned());
    let redeem = SystemCommand::Token(TokenCommand::Redeem { token: [2; 32], name, address, key: [2; 32] });
    let Ok(SystemReply::Registered(node)) = leader.propose(&By::NODE, redeem).await else {
        panic!("not registered")
    };
    tokio::task::yield_now().await;
    let call =
        || cluster.transports[0].call(node.id, Service::Control, Bytes::new(), Bytes::new(), Duration::ZERO);
    let known = call().await.unwrap_err().to_string();
    assert!(!known.contains("no address") && !known.contains("removed"), "{known}");
    leader
        .propose(&By::NODE, SystemCommand::Node(NodeCommand::Remove { node: node.id, with_replicas: false }))
        .await
        .unwrap();
    tokio::task::yield_now().await;
    assert!(call().await.unwrap_err().to_string().contains("was removed"));
}
