//! Notifications, as net-snmp's snmptrapd receives them.

use nas_snmp::notify::{As, Credentials, KINDS, Notice, Sender, Severity, TEST, Target, Undelivered};
use nas_snmp::{Access, AuthKey, AuthProtocol, Engine, PrivKey, PrivProtocol, User};
use nasd_api::Secret;
use nasd_base::random::OsEntropy;
use std::net::SocketAddr;
use std::process::{Command as Blocking, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::UdpSocket;
use tokio::process::{Child, Command};
use tokio::time::Instant;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const WORD: &str = "canary-community";
const AUTH: &str = "canary-auth-passphrase";
const PRIVACY: &str = "canary-priv-passphrase";
const ID: &[u8] = b"\x80\x00\x7e\xd9\x05node-one";

/// snmptrapd on loopback, which writes down what it receives.
struct Receiver {
    dir: TempDir,
    address: SocketAddr,
    _process: Child,
}

impl Receiver {
    async fn new() -> Receiver {
        let dir = tempfile::tempdir().unwrap();
        let address = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let engine: String = ID.iter().map(|byte| format!("{byte:02x}")).collect();
        let user = format!("monitor SHA-256 \"{AUTH}\" AES \"{PRIVACY}\"");
        let conf = format!(
            "authCommunity log {WORD}\ncreateUser -e 0x{engine} {user}\ncreateUser {user}\nauthUser log monitor\n"
        );
        std::fs::write(dir.path().join("snmptrapd.conf"), conf).unwrap();
        let mut command = Command::new("/usr/sbin/snmptrapd");
        command.env("SNMP_PERSISTENT_DIR", dir.path()).env("SNMPCONFPATH", dir.path());
        command.args(["-f", "-n", "-C", "-c"]).arg(dir.path().join("snmptrapd.conf"));
        command.args(["-M", &format!("{ROOT}/tests/mibs:{ROOT}/mibs"), "-m", "GOTGAN-MIB"]);
        command.arg("-Lf").arg(dir.path().join("log")).args(["-p"]).arg(dir.path().join("pid"));
        command.arg(format!("udp:{address}")).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().expect("Debian's package snmptrapd is installed");
        Receiver { dir, address, _process: process }
    }

    fn target(&self, sender: As, acknowledged: bool) -> Target {
        Target {
            address: self.address,
            sender,
            acknowledged,
            tries: 20,
            patience: Duration::from_millis(300),
        }
    }

    /// Waits until a text was received so often.
    async fn has(&self, text: &str, times: usize) -> bool {
        for _ in 0..100 {
            let log = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
            if log.matches(text).count() >= times {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }
}

fn user(auth: &str) -> As {
    As::User(Credentials {
        user: "monitor".to_owned(),
        auth: (AuthProtocol::Sha256, Secret::new(auth)),
        privacy: Some((PrivProtocol::Aes128, Secret::new(PRIVACY))),
    })
}

/// The same user, as a node knows it that has its keys and no passphrases.
fn known() -> As {
    let (auth, privacy) = (AuthProtocol::Sha256, PrivProtocol::Aes128);
    As::Known(User {
        name: "monitor".to_owned(),
        auth: AuthKey::of_passphrase(auth, AUTH, ID).unwrap(),
        privacy: Some(PrivKey::of_passphrase(privacy, auth, PRIVACY, ID).unwrap()),
        access: Access { view: "all".to_owned(), sources: Vec::new() },
    })
}

fn notice(number: u32, text: String) -> Notice {
    Notice { number, alert: 7, severity: Severity::Critical, node: 3, object: "node stor-c".into(), text }
}

fn engine() -> Engine {
    Engine { id: ID.to_vec(), boots: 3, began: Instant::now() }
}

/// The names of the notifications, as net-snmp reads them from the MIB.
fn name(number: u32) -> String {
    let output = Blocking::new("snmptranslate")
        .args(["-M", &format!("{ROOT}/tests/mibs:{ROOT}/mibs"), "-m", "GOTGAN-MIB", "-Os"])
        .arg(format!(".1.3.6.1.4.1.32473.0.{number}"))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_them_arrives_as_trap_and_as_inform() {
    let (receiver, sender) = (Receiver::new().await, Sender::new(&OsEntropy).unwrap());
    let (engine, word) = (engine(), As::Community(WORD.to_owned()));
    let numbers: Vec<u32> =
        [TEST].into_iter().chain(KINDS.iter().flat_map(|pair| [pair.raised, pair.ended])).collect();
    // Informs first: once one is acknowledged, traps are heard.
    for (way, who, acknowledged) in [
        ("inform 2c", word.clone(), true),
        ("inform 3", user(AUTH), true),
        ("trap 2c", word, false),
        ("trap 3", user(AUTH), false),
        ("trap 3 by keys", known(), false),
    ] {
        let target = receiver.target(who, acknowledged);
        for number in &numbers {
            let notice = notice(*number, format!("{way} of {number}."));
            assert_eq!(sender.deliver(&notice, &target, Some(&engine)).await, Ok(()), "{way} {number}");
        }
        for number in &numbers {
            assert!(receiver.has(&format!("{way} of {number}."), 1).await, "{way} of {number}");
        }
    }
    for number in numbers {
        let name = name(number);
        assert!(name.starts_with("gotgan"), "{name}");
        assert!(receiver.has(&format!("GOTGAN-MIB::{name}\t"), 5).await, "{name}");
    }
    assert!(receiver.has("gotganAlertSeverity.0 = INTEGER: critical(3)", 5).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_with_another_passphrase_is_told_of() {
    let (receiver, sender) = (Receiver::new().await, Sender::new(&OsEntropy).unwrap());
    let test = notice(TEST, "test".to_owned());
    let good = receiver.target(user(AUTH), true);
    assert_eq!(sender.deliver(&test, &good, None).await, Ok(()));
    let bad = Target { tries: 3, ..receiver.target(user("another passphrase"), true) };
    assert_eq!(sender.deliver(&test, &bad, None).await, Err(Undelivered::Credentials));
    let trap = receiver.target(user(AUTH), false);
    assert_eq!(sender.deliver(&test, &trap, None).await, Err(Undelivered::NoEngine));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inform_is_sent_again_until_it_is_acknowledged() {
    let deaf = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let target = Target {
        address: deaf.local_addr().unwrap(),
        sender: As::Community(WORD.to_owned()),
        acknowledged: true,
        tries: 3,
        patience: Duration::from_millis(50),
    };
    let sender = Sender::new(&OsEntropy).unwrap();
    let delivered = sender.deliver(&notice(TEST, "test".to_owned()), &target, None).await;
    assert_eq!(delivered, Err(Undelivered::Silent(target.address)));
    let mut copies = Vec::new();
    let mut buffer = [0; 2048];
    while let Ok(length) = deaf.try_recv(&mut buffer) {
        copies.push(buffer[..length].to_vec());
    }
    assert_eq!(copies.len(), 3);
    assert!(copies.iter().all(|copy| *copy == copies[0]), "the receiver can tell that they are one");
}
