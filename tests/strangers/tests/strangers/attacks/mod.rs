//! The strangers: where they aim, how many they are, and what they got done.

mod https;
mod nfs;
mod node;

use crate::tls::{connect, connect_tls};
use harness::cluster::Cluster;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Between two connections of one attack: hundreds a second, from each of a dozen attacks.
const CONNECT_PAUSE: Duration = Duration::from_millis(4);
/// After a refusal. Some thousand connections a second are left, of all attackers together: more would show what two cores
/// can do for attackers, nodes and honest callers together, and not who waits for whom.
const REFUSED_PAUSE: Duration = Duration::from_secs(2);

/// The doors of a cluster.
#[derive(Clone)]
pub struct Targets {
    pub nfs: Vec<SocketAddr>,
    pub node_ports: Vec<SocketAddr>,
    pub https: SocketAddr,
    pub console: SocketAddr,
}

impl Targets {
    /// The HTTPS doors are those that the honest use, the others all that there are.
    pub fn of(cluster: &Cluster) -> Targets {
        let address = |text: &str| text.trim_start_matches("https://").parse().expect("an address");
        let status = cluster.nasctl(1, &["--json", "cluster", "status"]);
        let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
        let nodes = status["nodes"].as_array().expect("nodes").iter();
        let used = cluster.followers()[0];
        Targets {
            nfs: cluster.ready.nodes.iter().map(|node| address(&node.nfs)).collect(),
            node_ports: nodes.map(|node| address(node["address"].as_str().expect("an address"))).collect(),
            https: address(&used.https),
            console: address(used.console.as_deref().expect("nas-web is built")),
        }
    }
}

/// What each attack got done.
#[derive(Clone, Default)]
pub struct Tally(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl Tally {
    fn add(&self, what: &'static str, count: u64) {
        *self.0.lock().expect("nobody panics with it").entry(what).or_default() += count;
    }

    /// Every attack happened, many times: else the test compares two quiet times.
    pub fn assert_they_were_real(&self) {
        let tally = self.0.lock().expect("nobody panics with it");
        assert_eq!(tally.len(), ATTACKS, "{tally:?}");
        assert!(tally.values().all(|count| *count >= 20), "{tally:?}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = self.0.lock().expect("nobody panics with it");
        tally.iter().try_for_each(|(what, count)| writeln!(f, "{count:>8} {what}"))
    }
}

/// Kinds of attack.
const ATTACKS: usize = 13;

pub struct Attacks {
    tally: Tally,
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

/// All at once, on a thread of the lowest priority.
pub fn begin(targets: &Targets) -> Attacks {
    let (stop, mut stopped) = watch::channel(false);
    let (tally, targets) = (Tally::default(), targets.clone());
    let thread = std::thread::spawn({
        let tally = tally.clone();
        move || {
            // Of this thread alone, as Linux has it.
            rustix::process::nice(19).expect("anybody may be nicer");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let mut attacks = JoinSet::new();
                nfs::begin(&mut attacks, &targets, &tally);
                node::begin(&mut attacks, &targets, &tally);
                https::begin(&mut attacks, &targets, &tally);
                let _ = stopped.wait_for(|stop| *stop).await;
            });
        }
    });
    Attacks { tally, stop, thread }
}

impl Attacks {
    /// Ends them all, and tells what they did.
    pub fn end(self) -> Tally {
        self.stop.send_replace(true);
        self.thread.join().expect("an attacker panicked");
        self.tally
    }
}

/// An address of this machine that no export's rule names.
fn stranger(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, 66 + (number % 12) as u8)
}

/// Keeps a connection open after it said `hello`, and opens another one when it was closed, for ever.
async fn hold(tally: Tally, what: &'static str, from: Ipv4Addr, to: SocketAddr, hello: &'static [u8]) {
    loop {
        if let Ok(stream) = connect(from, to).await {
            tally.add(what, 1);
            until_closed(stream, hello).await;
        }
        sleep(REFUSED_PAUSE).await;
    }
}

/// The same within TLS.
async fn hold_tls(
    tally: Tally,
    what: &'static str,
    from: Ipv4Addr,
    to: SocketAddr,
    protocol: &'static [u8],
    hello: &'static [u8],
) {
    loop {
        if let Ok(stream) = connect_tls(from, to, &[protocol]).await {
            tally.add(what, 1);
            until_closed(stream, hello).await;
        }
        sleep(REFUSED_PAUSE).await;
    }
}

async fn until_closed(mut stream: impl AsyncRead + AsyncWrite + Unpin, hello: &[u8]) {
    if stream.write_all(hello).await.is_ok() && stream.flush().await.is_ok() {
        let mut answer = [0; 512];
        while stream.read(&mut answer).await.is_ok_and(|bytes| bytes > 0) {}
    }
}

/// Starts so many of them, one after the other.
async fn many(count: usize, one: impl Fn(usize) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) {
    let mut all = JoinSet::new();
    for number in 0..count {
        all.spawn(one(number));
        sleep(CONNECT_PAUSE).await;
    }
    while all.join_next().await.is_some() {}
}
