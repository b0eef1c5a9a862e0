//! Owns an agent in this process, and net-snmp's tools that ask it.

use nas_snmp::{Access, Agent, Allowed, Community, Datagrams, Engine, Painter, Subtrees, answer_all};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::UdpSocket;
use tokio::process::{Child, Command};

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
        Answering::with(allowed, None).await
    }

    pub async fn with(allowed: Allowed, engine: Option<Engine>) -> Answering {
        let agent = Arc::new(Agent::new().unwrap());
        agent.allow(allowed, engine);
        let socket = Datagrams::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = socket.address().unwrap();
        tokio::spawn(answer_all(agent.clone(), socket));
        Painter::default().show(&agent);
        Answering { agent, address, cache: tempfile::tempdir().unwrap() }
    }

    /// What one of the tools prints. It reads no configuration and no MIBs.
    pub async fn ask(&self, tool: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(tool);
        command.env("SNMPCONFPATH", "/nonexistent").env("MIBS", "").args(arguments);
        command.env("SNMP_PERSISTENT_DIR", self.cache.path());
        command.kill_on_drop(true).output().await.expect("Debian's package snmp is installed")
    }

    /// Makes another picture.
    pub fn paint(&self) {
        Painter::default().show(&self.agent);
    }

    /// The lines of an answer to version 2c, with numbers for names.
    pub async fn v2c(&self, tool: &str, word: &str, arguments: &[&str]) -> Vec<String> {
        self.v2c_with(tool, word, &["-On"], arguments).await
    }

    /// The same of whoever answers there.
    pub async fn v2c_at(&self, address: &str, tool: &str, word: &str, arguments: &[&str]) -> Vec<String> {
        let all = [&["-v2c", "-c", word, "-t2", "-r1", "-On", address], arguments].concat();
        lines(&self.ask(tool, &all).await)
    }

    pub async fn v2c_with(
        &self,
        tool: &str,
        word: &str,
        options: &[&str],
        arguments: &[&str],
    ) -> Vec<String> {
        let address = self.address.to_string();
        let all = [&["-v2c", "-c", word, "-t1", "-r0"], options, &[&address], arguments].concat();
        lines(&self.ask(tool, &all).await)
    }
}

/// net-snmp's own agent, on loopback.
pub struct Snmpd {
    pub address: String,
    _dir: TempDir,
    _process: Child,
}

impl Snmpd {
    pub async fn new() -> Snmpd {
        let dir = tempfile::tempdir().unwrap();
        let free = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let address = format!("udp:127.0.0.1:{}", free.port());
        let conf = dir.path().join("snmpd.conf");
        std::fs::write(&conf, format!("rocommunity {WORD} 127.0.0.1\n")).unwrap();
        let mut command = Command::new("/usr/sbin/snmpd");
        command.env("SNMP_PERSISTENT_DIR", dir.path()).env("MIBS", "").env("SNMPCONFPATH", dir.path());
        command.args(["-f", "-Ln", "-C", "-c"]).arg(&conf).args(["-p"]).arg(dir.path().join("pid"));
        command.arg(&address).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().expect("Debian's package snmpd is installed");
        let snmpd = Snmpd { address, _dir: dir, _process: process };
        snmpd.started().await;
        snmpd
    }

    async fn started(&self) {
        for _ in 0..100 {
            let ask = ["-v2c", "-c", WORD, "-t1", "-r0", &self.address, ".1.3.6.1.2.1.1.5.0"];
            let output = Command::new("snmpget").env("MIBS", "").args(ask).output().await.unwrap();
            if output.status.success() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("snmpd does not answer");
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
