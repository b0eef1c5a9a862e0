//! `nasd demo`: a whole cluster on this machine, as three processes on loopback, until Ctrl-C.
//!
//! The nodes are ordinary ones: each runs `nasd run` on a directory of its own and is told what to do through
//! its management socket, exactly as `nasctl` would. Beside each run its web console, `nas-web`, its SNMP agent,
//! `nas-snmp`, and what delivers its alerts, `nas-notify`. The demo adds only what a rack and a supervisor do: it picks
//! ports, starts processes and starts them again.

mod companion;
mod ports;
mod process;
mod report;
mod setup;

use companion::{Companion, Kind};
use futures::future::join_all;
use ports::Ports;
use process::NodeProcess;
use report::Reporter;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

/// Three nodes: the fewest that survive the loss of one.
pub const NODES: usize = 3;
/// How long a node that died stays down, so that the others' failover can be seen.
const RESTART_DELAY: Duration = Duration::from_secs(5);
/// How often the status line is refreshed.
const STATUS_EVERY: Duration = Duration::from_secs(1);

/// What the user asked for.
pub struct Demo {
    /// Where everything is kept; made if it is not there.
    pub dir: PathBuf,
    /// Print one JSON line when ready instead of text for people.
    pub json: bool,
    /// What each node's caches and buffers may take together.
    pub memory_bytes_each: u64,
}

/// Runs until SIGINT or SIGTERM, then stops every node cleanly.
///
/// # Errors
/// A sentence for the operator; the nodes that were started have been stopped.
pub fn run(demo: Demo) -> Result<(), String> {
    // One thread: the nodes ask the kernel to end with the thread that started them.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(run_until_told(demo))
}

async fn run_until_told(demo: Demo) -> Result<(), String> {
    std::fs::create_dir_all(&demo.dir)
        .map_err(|error| format!("cannot make {}: {error}", demo.dir.display()))?;
    let dir = std::fs::canonicalize(&demo.dir).map_err(|error| format!("{}: {error}", demo.dir.display()))?;
    let _lock = lock(&dir)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let is_member = |number: usize| dir.join(format!("node{}/node.pem", number + 1)).exists();
    let ports = ports::of_demo(&dir, NODES, is_member).map_err(|error| format!("cannot start: {error}"))?;
    let mut nodes = start_all(&dir, &ports.nodes, demo.memory_bytes_each)
        .map_err(|error| format!("cannot start the nodes: {error}"))?;
    let mut companions = Vec::new();
    let mut reporter = Reporter::new(demo.json);

    let outcome = tokio::select! {
        outcome = serve(&dir, &mut nodes, &mut companions, &mut reporter) => outcome,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    reporter.line("Stopping.");
    stop_all(&dir, &mut nodes, &mut companions, &mut reporter).await;
    outcome
}

/// Stops what still runs, whatever was killed before, and leaves no dead mounts behind.
async fn stop_all(
    dir: &Path,
    nodes: &mut [NodeProcess],
    companions: &mut [Companion],
    reporter: &mut Reporter,
) {
    join_all(companions.iter_mut().map(Companion::stop)).await;
    join_all(nodes.iter().map(|node| setup::unmount(node, dir))).await;
    // At once: each may need the others to hand over what it leads.
    let stopped = join_all(nodes.iter_mut().map(NodeProcess::stop)).await;
    let late = nodes.iter().zip(stopped).filter(|(_, stopped)| !stopped);
    let killed: Vec<String> = late.map(|(node, _)| node.number.to_string()).collect();
    nodes.iter().for_each(|node| setup::remove_mount_of_the_dead(node.number, dir));
    if !killed.is_empty() {
        reporter.line(&format!("Node {} did not stop in time and was killed.", killed.join(", ")));
    }
}

async fn serve(
    dir: &Path,
    nodes: &mut [NodeProcess],
    companions: &mut Vec<Companion>,
    reporter: &mut Reporter,
) -> Result<(), String> {
    reporter.line("Starting three nodes.");
    let mut ready = setup::bring_up(dir, nodes).await?;
    start_companions(nodes, companions, &mut ready, reporter).await;
    reporter.ready(dir, &ready);
    watch(dir, nodes, companions, reporter).await
}

/// Starts a console and the agents beside every node. One that does not come up costs its own service only: the demo goes
/// on.
async fn start_companions(
    nodes: &[NodeProcess],
    companions: &mut Vec<Companion>,
    ready: &mut setup::ReadyCluster,
    reporter: &mut Reporter,
) {
    for kind in Kind::ALL {
        let program = match kind.program() {
            Ok(program) => program,
            Err(missing) => {
                reporter.line(&missing);
                continue;
            }
        };
        for node in nodes {
            match Companion::start(kind, &program, node) {
                Ok(companion) => companions.push(companion),
                Err(error) => {
                    reporter.line(&format!("Node {} has no {}: {error}", node.number, kind.called()))
                }
            }
        }
    }
    for companion in companions {
        let node = &mut ready.nodes[companion.number - 1];
        match companion.answering().await {
            Ok(()) => {
                let address = companion.address.map(|address| address.to_string());
                match companion.kind {
                    Kind::Console => node.console = address.map(|address| format!("https://{address}")),
                    Kind::SnmpAgent => node.snmp = address,
                    Kind::AlertAgent => {}
                }
            }
            Err(error) => {
                reporter.line(&format!(
                    "Node {} has no {}: {error}",
                    companion.number,
                    companion.kind.called()
                ));
            }
        }
    }
}

/// Starts again what died, and keeps the status line fresh. Ends only by being dropped.
async fn watch(
    dir: &Path,
    nodes: &mut [NodeProcess],
    companions: &mut [Companion],
    reporter: &mut Reporter,
) -> Result<(), String> {
    let [one, two, three] = nodes else { return Err("the demo has three nodes".to_owned()) };
    loop {
        let (number, how) = tokio::select! {
            how = one.ended() => (0, how),
            how = two.ended() => (1, how),
            how = three.ended() => (2, how),
            said = companion::any_changed(companions) => {
                reporter.line(&said);
                continue;
            }
            () = sleep(STATUS_EVERY) => {
                reporter.status(setup::status(&[&*one, &*two, &*three]).await);
                continue;
            }
        };
        let node: &mut NodeProcess = match number {
            0 => one,
            1 => two,
            _ => three,
        };
        reporter.line(&format!(
            "Node {} has ended ({how}). It starts again in {} s.",
            node.number,
            RESTART_DELAY.as_secs()
        ));
        sleep(RESTART_DELAY).await;
        node.start_again().map_err(|error| format!("cannot start node {} again: {error}", node.number))?;
        match setup::rejoin(node, dir).await {
            Ok(()) => reporter.line(&format!("Node {} is back.", node.number)),
            Err(error) => reporter.line(&format!("Node {} did not come back: {error}", node.number)),
        }
    }
}

fn start_all(dir: &Path, ports: &[Ports], memory_bytes: u64) -> io::Result<Vec<NodeProcess>> {
    ports.iter().enumerate().map(|(i, ports)| NodeProcess::start(dir, i + 1, *ports, memory_bytes)).collect()
}

/// Two demos on one directory would fight over it.
fn lock(dir: &Path) -> Result<std::fs::File, String> {
    let path = dir.join("lock");
    let file =
        std::fs::File::create(&path).map_err(|error| format!("cannot make {}: {error}", path.display()))?;
    file.try_lock()
        .map_err(|_| format!("a demo runs on {} already; stop it, or give another --dir", dir.display()))?;
    Ok(file)
}
