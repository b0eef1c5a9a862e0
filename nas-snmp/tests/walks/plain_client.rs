//! Another client than net-snmp: the crate `snmp`, which speaks version 2c and waits.

use crate::net_snmp::{Answering, WORD, with_word};
use snmp::{SyncSession, Value};
use std::net::SocketAddr;
use std::time::Duration;

/// The names of everything that there is, by GETBULK.
fn walk(address: SocketAddr) -> Vec<Vec<u32>> {
    let patience = Some(Duration::from_secs(2));
    let mut session = SyncSession::new(address, WORD.as_bytes(), patience, 1).unwrap();
    let mut found: Vec<Vec<u32>> = Vec::new();
    loop {
        let last = found.last().cloned().unwrap_or_else(|| vec![1, 3]);
        let answer = session.getbulk(&[&last], 0, 20).unwrap();
        let before = found.len();
        for (name, _) in answer.varbinds {
            let mut buffer = [0; 128];
            found.push(name.read_name(&mut buffer).unwrap().to_vec());
        }
        // It reads no further than to what says that there is no more.
        if found.len() == before {
            return found;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_reads_everything_in_order() {
    let node = Answering::new(with_word()).await;
    let address = node.address;
    let found = tokio::task::spawn_blocking(move || walk(address)).await.unwrap();
    assert!(found.is_sorted_by(|one, next| one < next), "each name comes after the last");
    let lines = node.v2c("snmpbulkwalk", WORD, &[".1.3"]).await;
    let names: Vec<String> = lines
        .iter()
        .filter(|line| !line.contains("No more variables"))
        .filter_map(|line| Some(line.split_once(" = ")?.0.to_owned()))
        .collect();
    let dotted = |name: &Vec<u32>| name.iter().map(|arc| format!(".{arc}")).collect::<String>();
    assert_eq!(found.iter().map(dotted).collect::<Vec<_>>(), names);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_reads_one_thing() {
    let node = Answering::new(with_word()).await;
    let address = node.address;
    let said = tokio::task::spawn_blocking(move || {
        let mut session =
            SyncSession::new(address, WORD.as_bytes(), Some(Duration::from_secs(2)), 1).unwrap();
        let mut answer = session.get(&[1, 3, 6, 1, 2, 1, 1, 7, 0]).unwrap();
        matches!(answer.varbinds.next(), Some((_, Value::Integer(72))))
    });
    assert!(said.await.unwrap());
}
