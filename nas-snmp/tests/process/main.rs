//! `nas-snmp` as a process, beside a node that says who is allowed.

use async_snmp::message::CommunityMessage;
use async_snmp::pdu::RequestPdu;
use async_snmp::{AuthProtocol, DecodeConfig, LocalizedKey, Oid, Value, Version};
use memory_management::Memory;
use nasd_api::{
    Client, CreateVolume, DeliveryAbout, Message, Nothing, Secret, SnmpAgent, SnmpAgentCommunity,
    SnmpAgentUser, SnmpAgentView, SnmpSource, Speech, agent_router, router, serve_unix,
};
use nasd_base::alert::Severity;
use nasd_base::channel::ChannelTarget;
use nasd_base::snmp;
use std::future::pending;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UdpSocket;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

const WORD: &str = "canary-community";
const AUTH: &str = "canary-auth-passphrase";
const PRIVACY: &str = "canary-priv-passphrase";
const ID: &[u8] = b"\x80\x00\x7e\xd9\x05node-one";
const NAME: &str = "1.3.6.1.2.1.1.5.0";
const BOOTS: &str = ".1.3.6.1.6.3.10.2.1.2.0";
/// What monitoring may cost a node.
const RESIDENT_KIB_MAX: u64 = 25 * 1024;

/// A node in memory: its socket for agents, and a client that may do everything.
struct Node {
    dir: TempDir,
    memory: Arc<Memory>,
    root: Client,
}

impl Node {
    async fn new() -> Node {
        let dir = tempfile::tempdir().unwrap();
        let memory = Arc::new(Memory::in_cluster());
        let sockets = [("agent.sock", agent_router(memory.clone())), ("nasd.sock", router(memory.clone()))];
        for (name, routes) in sockets {
            let path = dir.path().join(name);
            tokio::spawn(async move { serve_unix(&path, routes, pending()).await });
        }
        let root = Client::local(&dir.path().join("nasd.sock"));
        while !dir.path().join("nasd.sock").exists() || !dir.path().join("agent.sock").exists() {
            sleep(Duration::from_millis(5)).await;
        }
        Node { dir, memory, root }
    }

    /// What the agent is told from now on.
    fn tells(&self, users: Vec<SnmpAgentUser>, communities: Vec<SnmpAgentCommunity>) {
        let everything = SnmpAgentView {
            name: "all".into(),
            included: vec!["1.3".parse().unwrap()],
            excluded: Vec::new(),
        };
        self.memory.tells_agent(SnmpAgent {
            node: "stor-a".into(),
            engine_id: hex(ID),
            contact: "ops@example.org".into(),
            location: "rack 3".into(),
            users,
            communities,
            views: vec![everything],
        });
    }
}

fn sources() -> Vec<SnmpSource> {
    vec!["127.0.0.0/8".parse().unwrap()]
}

fn community() -> SnmpAgentCommunity {
    let blake3 = Secret::new(blake3::hash(WORD.as_bytes()).to_string());
    SnmpAgentCommunity { name: "monitoring".into(), blake3, view: "all".into(), sources: sources() }
}

fn user() -> SnmpAgentUser {
    let key =
        |passphrase: &str| LocalizedKey::from_str_password(AuthProtocol::Sha256, passphrase, ID).unwrap();
    SnmpAgentUser {
        name: "monitor".into(),
        auth: snmp::AuthProtocol::Sha256,
        auth_key: Secret::new(hex(key(AUTH).as_bytes())),
        privacy: snmp::Privacy::Aes,
        privacy_key: Secret::new(hex(&key(PRIVACY).as_bytes()[..16])),
        view: "all".into(),
        sources: sources(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The process.
struct Agent {
    process: Child,
    address: SocketAddr,
}

impl Agent {
    async fn beside(node: &Node) -> Agent {
        Agent::logging(node, Stdio::inherit()).await
    }

    /// Says what it does there, as JSON.
    async fn logging(node: &Node, log: Stdio) -> Agent {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nas-snmp"));
        command.arg("--dir").arg(node.dir.path()).args(["--listen", "127.0.0.1:0", "--log-format", "json"]);
        let state = node.dir.path().join("state");
        std::fs::create_dir_all(&state).unwrap();
        command.arg("--state").arg(state).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let address = line.rsplit("udp:").next().unwrap().parse().unwrap();
        Agent { process, address }
    }

    /// What a request of version 2c gets, if it gets something.
    async fn get(&self, word: &str, name: &str) -> Option<Value> {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let ask = RequestPdu::get(Version::V2c, 1, &[Oid::parse(name).unwrap()]).unwrap();
        let message = CommunityMessage::v2c(word, ask).unwrap().encode().unwrap();
        socket.send_to(&message, self.address).await.unwrap();
        let mut buffer = vec![0; 2048];
        let length = timeout(Duration::from_millis(200), socket.recv(&mut buffer)).await.ok()?.unwrap();
        let answer = CommunityMessage::decode(buffer[..length].to_vec().into(), DecodeConfig::STRICT);
        Some(answer.unwrap().value.into_pdu()?.varbinds()[0].value.clone())
    }

    /// Waits, for some seconds, until an answer is one that is good, or none where none is.
    async fn comes_to(&self, what: &str, is_good: impl Fn(&Option<Value>) -> bool) {
        let began = Instant::now();
        while !is_good(&self.get(WORD, NAME).await) {
            assert!(began.elapsed() < Duration::from_secs(8), "{what}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn v3(&self, name: &str) -> String {
        let address = self.address.to_string();
        let mut command = Command::new("snmpget");
        command
            .env("MIBS", "")
            .env("SNMPCONFPATH", "/nonexistent")
            .env("SNMP_PERSISTENT_DIR", "/nonexistent");
        command.args(["-v3", "-u", "monitor", "-l", "authPriv", "-a", "SHA-256", "-A", AUTH, "-x", "AES"]);
        command.args(["-X", PRIVACY, "-On", "-Oqv", "-t1", "-r5", &address, name]);
        String::from_utf8(command.output().await.unwrap().stdout).unwrap().trim().to_owned()
    }

    /// Which start it says it is, once it is in its figures.
    async fn boots(&self) -> u32 {
        let began = Instant::now();
        loop {
            let said = self.v3(BOOTS).await;
            if let Ok(boots) = said.parse() {
                return boots;
            }
            assert!(began.elapsed() < Duration::from_secs(8), "{said}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id().unwrap())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_allowed_changes_within_seconds() {
    let node = Node::new().await;
    let agent = Agent::beside(&node).await;
    assert_eq!(agent.get(WORD, NAME).await, None, "nobody is allowed yet");
    node.tells(Vec::new(), vec![community()]);
    agent.comes_to("the community is answered", Option::is_some).await;
    assert_eq!(agent.get("another-community", NAME).await, None);
    node.tells(Vec::new(), Vec::new());
    agent.comes_to("the community is not answered any more", Option::is_none).await;
}

/// Prometheus reads of the node who knocked at its agent.
#[tokio::test(flavor = "multi_thread")]
async fn the_node_is_told_what_became_of_messages() {
    let node = Node::new().await;
    node.tells(vec![user()], vec![community()]);
    let agent = Agent::beside(&node).await;
    agent.comes_to("the community is answered", Option::is_some).await;
    assert_eq!(agent.get("another-community", NAME).await, None);
    assert!(!agent.v3(NAME).await.is_empty());
    let began = Instant::now();
    loop {
        let counts = node.memory.snmp_counts().unwrap_or_default();
        if counts.bad_communities > 0 && counts.answered > 1 && counts.unknown_engines > 0 {
            assert_eq!((counts.bad_sources, counts.replayed), (0, 0));
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(8), "{counts:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_answered_also_after_a_restart_which_counts() {
    let node = Node::new().await;
    node.tells(vec![user()], Vec::new());
    let mut starts = Vec::new();
    for _ in 0..2 {
        let mut agent = Agent::beside(&node).await;
        starts.push(agent.boots().await);
        agent.process.kill().await.unwrap();
    }
    assert_eq!(starts[1], starts[0] + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_little_memory_with_a_thousand_volumes_and_strangers() {
    let node = Node::new().await;
    for number in 0..1000 {
        let volume = CreateVolume { name: format!("volume-{number}"), ..CreateVolume::default() };
        node.root.call::<CreateVolume>(Nothing, &volume).await.unwrap();
    }
    node.tells(Vec::new(), vec![community()]);
    let agent = Agent::beside(&node).await;
    agent.comes_to("the community is answered", Option::is_some).await;
    let last = "1.3.6.1.4.1.32473.2.4.1.1.2.1000";
    let began = Instant::now();
    while !matches!(agent.get(WORD, last).await, Some(Value::OctetString(_))) {
        assert!(began.elapsed() < Duration::from_secs(10), "the last volume has a row");
        sleep(Duration::from_millis(100)).await;
    }
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for number in 0..100_000u32 {
        let datagram = number.to_be_bytes().repeat(number as usize % 50);
        stranger.send_to(&datagram, agent.address).await.unwrap();
    }
    agent.comes_to("it still answers", Option::is_some).await;
    // Some pictures later.
    sleep(Duration::from_secs(5)).await;
    let resident = agent.resident_kib();
    println!("{resident} KiB resident");
    assert!(resident < RESIDENT_KIB_MAX, "{resident} KiB");
}

/// A test of a channel.
fn test(delivery: u64, server: &str, user: &str, secret: Option<&str>) -> Message {
    Message {
        delivery,
        attempt: 1,
        cluster: "home".into(),
        channel: "traps".into(),
        target: ChannelTarget::Snmp { server: server.into(), inform: false, user: user.into() },
        secret: secret.map(Secret::new),
        speech: Speech::English,
        about: DeliveryAbout::Test,
        severity: Severity::Info,
        at: 0,
        alerts: Vec::new(),
        count: 1,
        time_zone: String::new(),
        console: String::new(),
    }
}

/// Channels of SNMP could be made, and nobody took what was to be delivered over them.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_over_a_channel_is_sent_and_what_came_of_it_is_said() {
    let (node, manager) = (Node::new().await, UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let server = manager.local_addr().unwrap().to_string();
    node.memory.add_message(test(7, &server, "", Some(WORD)));
    node.memory.add_message(test(8, &server, "nobody", None));
    let _agent = Agent::beside(&node).await;
    let mut buffer = vec![0; 2048];
    let heard = timeout(Duration::from_secs(8), manager.recv(&mut buffer)).await;
    let length = heard.expect("a trap").unwrap();
    let said = String::from_utf8_lossy(&buffer[..length]);
    assert!(said.contains(WORD) && said.contains("a test of your alerts"), "{said}");
    let began = Instant::now();
    while node.memory.reported().len() < 2 {
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", node.memory.reported());
        sleep(Duration::from_millis(20)).await;
    }
    let why = "there is no SNMP user nobody on this node".to_owned();
    let reported = node.memory.reported();
    assert!(reported.contains(&(7, None)) && reported.contains(&(8, Some(why))), "{reported:?}");
}

/// Whoever reads logs, or what they are shipped to, must not be able to ask the nodes.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_logged_is_json_and_holds_no_secret() {
    let node = Node::new().await;
    let path = node.dir.path().join("log");
    node.tells(vec![user()], vec![community()]);
    let nobody = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    node.memory.add_message(test(7, &nobody, "", Some(WORD)));
    node.memory.add_message(test(8, &nobody, "nobody", Some("canary-channel-secret")));
    let log = std::fs::File::create(&path).unwrap();
    let agent = Agent::logging(&node, log.into()).await;
    agent.comes_to("the community is answered", Option::is_some).await;
    assert!(!agent.v3(NAME).await.is_empty());
    let began = Instant::now();
    while node.memory.reported().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(8), "a delivery is reported");
        sleep(Duration::from_millis(20)).await;
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let event = |name: &str| lines.iter().any(|line| line["event"] == name && line["program"] == "nas-snmp");
    assert!(event("delivered") || event("not_delivered"), "{text}");
    for secret in [WORD, AUTH, PRIVACY, "canary"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_begin_says_why() {
    let taken = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_nas-snmp"))
        .arg("--dir")
        .arg(dir.path())
        .args(["--listen", &address])
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with(&format!("nas-snmp: cannot listen on {address}: ")), "{said}");
}
