//! What an agent says of its cluster, as its node tells it.

use crate::mib::mib_dirs;
use crate::net_snmp::{Answering, WORD, with_word};
use memory_management::Memory;
use nas_snmp::Painter;
use nasd_api::{Client, CreateVolume, Limits, Nothing, router, serve_unix};
use nasd_base::alert::{AlertKind, Severity};
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::time::Instant;

/// Everything that is ours, by its name and index.
type Figures = BTreeMap<String, String>;

/// A node with a volume, behind a socket.
async fn node(memory: Memory) -> (TempDir, Client) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("node.sock");
    let (path, routes) = (socket.clone(), router(Arc::new(memory)));
    tokio::spawn(async move { serve_unix(&path, routes, pending()).await });
    while !socket.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    (dir, Client::local(&socket))
}

/// A walk with our MIB and net-snmp's own.
async fn walk(answering: &Answering, tool: &str) -> Figures {
    let options = ["-M", &mib_dirs(), "-m", "GOTGAN-MIB:UCD-SNMP-MIB:UCD-DISKIO-MIB", "-OQsU"];
    let lines = answering.v2c_with(tool, WORD, &options, &[".1.3.6.1.4.1"]).await;
    let unknown: Vec<&String> = lines.iter().filter(|line| line.contains("enterprises")).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    let pairs = lines.iter().filter_map(|line| line.split_once(" = "));
    pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
}

fn said<'a>(figures: &'a Figures, name: &str) -> &'a str {
    figures.get(name).unwrap_or_else(|| panic!("{name} is not in {figures:#?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_has_the_names_of_our_mib() {
    let memory = Memory::in_cluster();
    memory.add_alert(AlertKind::NodeDown, Severity::Critical, (3, "stor-c"));
    let cause = memory.add_alert(AlertKind::VolumeDegraded, Severity::Critical, (3, "demo"));
    memory.change_alert(cause, |alert| alert.cause = Some(1));
    let (_dir, client) = node(memory).await;
    let limits = Limits { bytes: Some(20 << 40), files: None };
    let volume = CreateVolume { name: "demo".into(), limits, ..CreateVolume::default() };
    client.call::<CreateVolume>(Nothing, &volume).await.unwrap();
    let (answering, painter) = (Answering::new(with_word()).await, Painter::default());
    painter.ask(&client).await;
    painter.show(&answering.agent);
    for tool in ["snmpwalk", "snmpbulkwalk"] {
        let figures = walk(&answering, tool).await;
        for (name, value) in [
            ("gotganClusterName.0", "home"),
            ("gotganClusterHealth.0", "degraded"),
            ("gotganClusterQuorum.0", "true"),
            ("gotganClusterNodesOnline.0", "1"),
            ("gotganClusterFreeBytes.0", &((1u64 << 40) - 4096).to_string()),
            ("gotganClusterCommitIndex.0", "42"),
            ("gotganClusterLastFailover.0", "2027-1-15,7:0:0.0,+0:0"),
            ("gotganClusterLastFailoverTime.0", "1700"),
            ("gotganClusterLastFailoverVolume.0", ""),
            ("gotganClusterAlerts.0", "2"),
            ("gotganClusterAlertsCritical.0", "1"),
            ("gotganActiveAlertKind.1", "node_down"),
            ("gotganActiveAlertSeverity.1", "critical"),
            ("gotganActiveAlertObject.1", "stor-c"),
            ("gotganActiveAlertText.1", "stor-c does not answer."),
            ("gotganActiveAlertSince.1", "2027-1-15,8:0:0.0,+0:0"),
            ("gotganActiveAlertAcknowledged.1", "false"),
            ("gotganActiveAlertSilenced.1", "false"),
            ("gotganActiveAlertCause.2", "1"),
            ("gotganAgentFiguresStale.0", "false"),
            ("gotganAgentNode.0", "1"),
            ("gotganNodeState.1", "member"),
            ("gotganVolumeName.1", "demo"),
            ("gotganVolumeLimitBytes.1", &(20u64 << 40).to_string()),
            ("gotganDiskState.1.'/var/lib/gotgan/chunks'", "working"),
        ] {
            assert_eq!(said(&figures, name), value, "{tool}: {name}");
        }
        assert!(figures.keys().any(|name| name.starts_with("gotganReplicaState.1.")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hangs_delays_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("hangs.sock");
    let hangs = UnixListener::bind(&socket).unwrap();
    let (answering, painter) = (Answering::new(with_word()).await, Arc::new(Painter::default()));
    let asking = painter.clone();
    let asks = tokio::spawn(async move { asking.ask(&Client::local(&socket)).await });
    let connection = hangs.accept().await.unwrap();
    let began = Instant::now();
    let figures = walk(&answering, "snmpbulkwalk").await;
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(said(&figures, "gotganAgentFiguresStale.0"), "true");
    assert!(!figures.contains_key("gotganClusterHealth.0"));
    asks.await.unwrap();
    drop(connection);
    painter.show(&answering.agent);
    let figures = walk(&answering, "snmpbulkwalk").await;
    assert!(said(&figures, "gotganAgentProblem.0").contains("no answer in time"));
}
