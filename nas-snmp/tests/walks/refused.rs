//! Who gets no answer, and where that is counted: what net-snmp's tools do wrong, they read afterwards.

use crate::net_snmp::{Answering, WORD, access, lines, with_word};
use crate::users::{AUTH, ID, PRIVACY, user};
use async_snmp::{AuthProtocol, PrivProtocol};
use nas_snmp::{Access, Community, Engine};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

const NAME: &str = ".1.3.6.1.2.1.1.5.0";
const ELSEWHERE: &str = "canary-of-another-place";
const COUNTERS: [(&str, &str); 7] = [
    ("bad communities", ".1.3.6.1.2.1.11.4.0"),
    ("not in time", ".1.3.6.1.6.3.15.1.1.2.0"),
    ("unknown users", ".1.3.6.1.6.3.15.1.1.3.0"),
    ("wrong digests", ".1.3.6.1.6.3.15.1.1.5.0"),
    ("wrong levels", ".1.3.6.1.6.3.15.1.1.1.0"),
    ("refused sources", ".1.3.6.1.4.1.32473.2.2.6.0"),
    ("replays", ".1.3.6.1.4.1.32473.2.2.7.0"),
];

/// A community for this machine and one for another place, and a user.
async fn answering() -> Answering {
    let mut allowed = with_word();
    let sources = vec!["192.0.2.0/24".parse().unwrap()];
    let elsewhere = Access { sources, ..access("all") };
    allowed
        .communities
        .push(Community { digest: Community::digest(ELSEWHERE.as_bytes()), access: elsewhere });
    allowed.users.push(user("monitor", AuthProtocol::Sha256, PrivProtocol::Aes128));
    let began = Instant::now().checked_sub(Duration::from_secs(100)).unwrap();
    Answering::with(allowed, Some(Engine { id: ID.to_vec(), boots: 7, began })).await
}

/// What each counter says, as snmpget reads it.
async fn counted(node: &Answering) -> BTreeMap<&'static str, u32> {
    node.paint();
    let oids: Vec<&str> = COUNTERS.iter().map(|(_, oid)| *oid).collect();
    let lines = node.v2c_with("snmpget", WORD, &["-Oqv"], &oids).await;
    assert_eq!(lines.len(), COUNTERS.len(), "{lines:?}");
    COUNTERS.iter().zip(lines).map(|((name, _), line)| (*name, line.parse().unwrap())).collect()
}

fn v3<'a>(user: &'a str, auth: &'a str, address: &'a str) -> Vec<&'a str> {
    let secrets = ["-A", auth, "-x", "AES", "-X", PRIVACY];
    let fixed = ["-v3", "-On", "-t1", "-r0", "-u", user, "-l", "authPriv", "-a", "SHA-256"];
    [&fixed[..], &secrets, &[address, NAME]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_not_answered_is_counted_where_a_manager_reads_it() {
    let node = answering().await;
    let address = node.address.to_string();
    let mut before = counted(&node).await;
    let engine: String = ID.iter().map(|byte| format!("{byte:02x}")).collect();
    let old_boots = [&["-e", engine.as_str(), "-Z", "6,50"][..], &v3("monitor", AUTH, &address)].concat();
    let in_clear = ["-v3", "-On", "-t1", "-r0", "-u", "monitor", "-l", "noAuthNoPriv", &address, NAME];
    let misdeeds: [(&str, Vec<&str>); 6] = [
        ("bad communities", vec!["-v2c", "-c", "guess", "-t1", "-r0", &address, NAME]),
        ("refused sources", vec!["-v2c", "-c", ELSEWHERE, "-t1", "-r0", &address, NAME]),
        ("wrong digests", v3("monitor", "another passphrase", &address)),
        ("unknown users", v3("nobody", AUTH, &address)),
        ("wrong levels", in_clear.to_vec()),
        ("not in time", old_boots),
    ];
    for (counter, arguments) in misdeeds {
        let said = lines(&node.ask("snmpget", &arguments).await);
        // A manager that was away for a restart is told the time, and asks again.
        let answered = said.iter().any(|line| line.starts_with(NAME));
        assert_eq!(answered, counter == "not in time", "{counter}: {said:?}");
        let after = counted(&node).await;
        for (name, count) in &after {
            let more = count - before[name];
            assert_eq!(more > 0, *name == counter, "{counter}: {name} rose by {more}");
        }
        before = after;
    }
}

/// Somebody on the way copies what a manager sends, and sends it from another port.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_sent_again_by_somebody_else_is_counted() {
    let node = answering().await;
    let before = counted(&node).await;
    let tap = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let tapped = tap.local_addr().unwrap().to_string();
    let agent = node.address;
    let copies = tokio::spawn(async move {
        let to_agent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (mut copies, mut buffer) = (Vec::new(), vec![0; 4096]);
        // The engine's id, then the request.
        for _ in 0..2 {
            let (length, manager) = tap.recv_from(&mut buffer).await.unwrap();
            copies.push(buffer[..length].to_vec());
            to_agent.send_to(&buffer[..length], agent).await.unwrap();
            let length = to_agent.recv(&mut buffer).await.unwrap();
            tap.send_to(&buffer[..length], manager).await.unwrap();
        }
        copies
    });
    let said = lines(&node.ask("snmpget", &v3("monitor", AUTH, &tapped)).await);
    assert!(said[0].starts_with(NAME), "{said:?}");
    let copies = timeout(Duration::from_secs(5), copies).await.unwrap().unwrap();
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    stranger.send_to(&copies[1], node.address).await.unwrap();
    let mut buffer = vec![0; 4096];
    let heard = timeout(Duration::from_millis(300), stranger.recv(&mut buffer)).await;
    assert!(heard.is_err(), "nothing is said to who copied it");
    let after = counted(&node).await;
    assert_eq!(after["replays"], before["replays"] + 1);
}
