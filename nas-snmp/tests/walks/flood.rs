//! Datagrams that are no messages, many of them.

use crate::net_snmp::{Answering, WORD, with_word};
use std::time::Duration;
use tokio::net::UdpSocket;

const MANY: u64 = 100_000;
/// As many as the kernel keeps for a busy reader.
const AT_ONCE: u32 = 64;

/// On a crowded machine the kernel threw away more than half of what was sent, and this waited for ever for what nobody
/// would ever read.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_of_them_and_it_still_answers() {
    let node = Answering::new(with_word()).await;
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let read = || u64::from(node.agent.counts.packets.get());
    let mut sent = 0;
    while read() < MANY {
        for number in sent..sent + AT_ONCE {
            stranger.send_to(&nonsense(number), node.address).await.unwrap();
        }
        sent += AT_ONCE;
        until_it_rests(read).await;
    }
    let lines = node.v2c("snmpget", WORD, &[".1.3.6.1.2.1.1.5.0"]).await;
    assert!(lines[0].starts_with(".1.3.6.1.2.1.1.5.0 = STRING: "), "{lines:?}");
    let (seen, bad) = (node.agent.counts.packets.get(), node.agent.counts.syntax.get());
    assert!(u64::from(seen) > MANY && bad == seen - 1, "{seen} seen, {bad} of them bad");
}

fn nonsense(number: u32) -> Vec<u8> {
    let mut datagram = vec![0x30, 0x82, 0xff, 0xff, 0x02, 0x01, 0x01, 0x04];
    datagram.extend(number.to_be_bytes().repeat(1 + number as usize % 64));
    datagram.truncate(number as usize % 257);
    datagram
}

/// Until it has read what there was.
async fn until_it_rests(read: impl Fn() -> u64) {
    loop {
        let before = read();
        tokio::time::sleep(Duration::from_millis(1)).await;
        if read() == before {
            return;
        }
    }
}
