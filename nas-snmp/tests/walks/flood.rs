//! Datagrams that are no messages, many of them.

use crate::net_snmp::{Answering, WORD, with_word};
use std::time::Duration;
use tokio::net::UdpSocket;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_of_them_and_it_still_answers() {
    let node = Answering::new(with_word()).await;
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for number in 0..100_000u32 {
        let mut datagram = vec![0x30, 0x82, 0xff, 0xff, 0x02, 0x01, 0x01, 0x04];
        datagram.extend(number.to_be_bytes().repeat(1 + number as usize % 64));
        datagram.truncate(number as usize % 257);
        stranger.send_to(&datagram, node.address).await.unwrap();
        // Not so fast that the kernel throws away what is to be counted.
        if number % 32 == 0 {
            tokio::task::yield_now().await;
        }
        while number % 512 == 511 && node.agent.counts.packets.get() < number / 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let lines = node.v2c("snmpget", WORD, &[".1.3.6.1.2.1.1.5.0"]).await;
    assert!(lines[0].starts_with(".1.3.6.1.2.1.1.5.0 = STRING: "), "{lines:?}");
    let (seen, bad) = (node.agent.counts.packets.get(), node.agent.counts.syntax.get());
    assert!(seen > 50_000 && bad == seen - 1, "{seen} seen, {bad} of them bad");
}
