//! Owns an agent in this process, and net-snmp's tools that ask it.

use nas_snmp::{Access, Agent, Allowed, Community, Subtrees, answer_all, show};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Output;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::UdpSocket;
use tokio::process::Command;
use tokio::time::Instant;

pub const WORD: &str = "canary-community";

/// An agent that answers on loopback.
pub struct Answering {
    pub agent: Arc<Agent>,
    pub address: SocketAddr,
    /// The tools keep a cache where they are told.
    cache: TempDir,
}

impl Answering {
    pub async fn new(allowed: Allowed) -> Answering {
        let agent = Arc::new(Agent::new().unwrap());
        agent.allow(allowed, None);
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(answer_all(agent.clone(), socket));
        show(&agent, Instant::now());
        Answering { agent, address, cache: tempfile::tempdir().unwrap() }
    }

    /// What one of the tools prints. It reads no configuration and no MIBs.
    pub async fn ask(&self, tool: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(tool);
        command.env("SNMPCONFPATH", "/nonexistent").env("MIBS", "").args(arguments);
        command.env("SNMP_PERSISTENT_DIR", self.cache.path());
        command.kill_on_drop(true).output().await.expect("Debian's package snmp is installed")
    }

    /// The lines of a successful answer to version 2c.
    pub async fn v2c(&self, tool: &str, word: &str, arguments: &[&str]) -> Vec<String> {
        let address = self.address.to_string();
        let all = [&["-v2c", "-c", word, "-t1", "-r0", "-On", &address], arguments].concat();
        lines(&self.ask(tool, &all).await)
    }
}

/// What was printed, of both kinds.
pub fn lines(output: &Output) -> Vec<String> {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8(text).unwrap();
    text.lines().filter(|line| !line.starts_with("Created directory")).map(str::to_owned).collect()
}

/// Everything may be seen from this machine.
pub fn access(view: &str) -> Access {
    Access { view: view.to_owned(), sources: vec!["127.0.0.0/8".parse().unwrap()] }
}

/// Whoever has the word sees everything.
pub fn with_word() -> Allowed {
    Allowed {
        communities: vec![Community { digest: Community::digest(WORD.as_bytes()), access: access("all") }],
        views: BTreeMap::from([("all".to_owned(), Subtrees::all())]),
        ..Allowed::default()
    }
}
