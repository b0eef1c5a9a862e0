//! How fast a walk is, beside net-snmp's snmpd on the same machine in the same run: `cargo bench -p nas-snmp`.
//!
//! The two take turns, so that what else the machine does is shared out between them; what counts is the ratio.

#[path = "../tests/walks/net_snmp.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod net_snmp;

use async_snmp::message::CommunityMessage;
use async_snmp::pdu::GetBulkPdu;
use async_snmp::{DecodeConfig, Oid, Value, VarBind, Version};
use net_snmp::{Answering, Snmpd, WORD, with_word};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::Instant;

/// One turn.
const LASTS: Duration = Duration::from_millis(500);
const TURNS: u32 = 10;

/// Walks over and over; how many instances it got in a second.
async fn rate(address: &str, root: &Oid) -> f64 {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(address).await.unwrap();
    let (began, mut found, mut buffer) = (Instant::now(), 0, vec![0; 1 << 16]);
    let mut last = root.clone();
    let mut id = 0;
    while began.elapsed() < LASTS {
        id += 1;
        let ask = GetBulkPdu::new(Version::V2c, id, 0, 30, vec![VarBind::null(last.clone())]).unwrap();
        socket.send(&CommunityMessage::v2c(WORD, ask).unwrap().encode().unwrap()).await.unwrap();
        let length = socket.recv(&mut buffer).await.unwrap();
        let datagram = buffer[..length].to_vec().into();
        let answer =
            CommunityMessage::decode(datagram, DecodeConfig::STRICT).unwrap().value.into_pdu().unwrap();
        let inside = |name: &Oid, value: &Value| name.starts_with(root) && !value.is_exception();
        let bindings = answer.varbinds();
        let here = bindings.iter().take_while(|binding| inside(&binding.oid, &binding.value)).count();
        assert!(here > 0 || last != *root, "nothing below {root}");
        found += here;
        last = if here == bindings.len() { bindings[here - 1].oid.clone() } else { root.clone() };
    }
    f64::from(found as u32) / began.elapsed().as_secs_f64()
}

#[tokio::main]
async fn main() {
    let (node, snmpd) = (Answering::new(with_word()).await, Snmpd::new().await);
    let theirs_at = snmpd.address.trim_start_matches("udp:").to_owned();
    println!("instances a second, by GETBULK of 30 over version 2c, {TURNS} turns each");
    for (name, root) in
        [("interfaces", "1.3.6.1.2.1.2"), ("hrStorage", "1.3.6.1.2.1.25.2"), ("ucdavis", "1.3.6.1.4.1.2021")]
    {
        let root = Oid::parse(root).expect("an object's name");
        let (mut theirs, mut ours) = (0.0, 0.0);
        for _ in 0..TURNS {
            theirs += rate(&theirs_at, &root).await / f64::from(TURNS);
            ours += rate(&node.address.to_string(), &root).await / f64::from(TURNS);
        }
        println!("{name:10} nas-snmp {ours:8.0}  snmpd {theirs:8.0}  ratio {:.2}", ours / theirs);
    }
}
