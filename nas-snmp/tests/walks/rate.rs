//! How fast a walk is, beside net-snmp's snmpd on the same machine at the same time.

use crate::net_snmp::{Answering, Snmpd, WORD, with_word};
use async_snmp::message::CommunityMessage;
use async_snmp::pdu::GetBulkPdu;
use async_snmp::{DecodeConfig, Oid, Value, VarBind, Version};
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;

const LASTS: Duration = Duration::from_millis(1500);

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

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_is_as_fast_as_with_snmpd() {
    let (node, snmpd) = (Answering::new(with_word()).await, Snmpd::new().await);
    let theirs_at = snmpd.address.trim_start_matches("udp:").to_owned();
    for root in ["1.3.6.1.2.1.2", "1.3.6.1.2.1.25.2", "1.3.6.1.4.1.2021"] {
        let root = Oid::parse(root).unwrap();
        let theirs = rate(&theirs_at, &root).await;
        let ours = rate(&node.address.to_string(), &root).await;
        println!("{root}: {ours:.0} instances a second, snmpd {theirs:.0}");
        assert!(ours >= theirs, "{root}: {ours:.0} instances a second, snmpd {theirs:.0}");
    }
}
