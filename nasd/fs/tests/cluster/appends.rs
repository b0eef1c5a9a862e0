//! Appending through several nodes at once: every record is in the file once, whole, where its writer was told.

use crate::common::*;
use nasd_base::{Errno, OpId};
use nasd_fs::{Context, Stability};

const RECORDS: u64 = 40;

/// A record that says whose it is, of a length that differs from the others'.
fn record(writer: u64, number: u64) -> Vec<u8> {
    format!("<{writer}:{number}:{}>", "x".repeat((writer * 7 + number) as usize % 23)).into_bytes()
}

#[tokio::test(start_paused = true)]
async fn appends_of_all_nodes_lie_behind_each_other() {
    let cluster = Cluster::new(3, quiet()).await;
    let file = cluster.client(1).create("log").await.ino;
    cluster.client(1).write(file, 0, "begin\n", Stability::FileSync).await.unwrap();
    let writers: Vec<_> = (1..=3u64)
        .map(|writer| {
            let client = cluster.client(writer).holding_open();
            tokio::spawn(async move {
                let mut places = Vec::new();
                for number in 0..RECORDS {
                    places.push((
                        client.append(file, record(writer, number)).await.unwrap(),
                        record(writer, number),
                    ));
                    if number % 9 == writer {
                        client.commit(file).await.unwrap();
                    }
                }
                places
            })
        })
        .collect();
    let mut places = vec![(0, b"begin\n".to_vec())];
    for writer in writers {
        places.extend(writer.await.unwrap());
    }
    places.sort();
    let expected: Vec<u8> = places.iter().flat_map(|(_, record)| record.clone()).collect();
    let mut at = 0;
    for (place, record) in &places {
        assert_eq!(*place, at, "a gap or an overlap");
        at += record.len() as u64;
    }
    assert!(cluster.client(2).read_all(file).await == expected);
    cluster.client(3).commit(file).await.unwrap();
    assert!(cluster.client(3).read_all(file).await == expected);
}

#[tokio::test(start_paused = true)]
async fn an_append_that_is_sent_again_is_there_once() {
    let cluster = Cluster::new(3, quiet()).await;
    let file = cluster.client(1).create("log").await.ino;
    let named = |op| Client { context: Context { op: OpId(op), ..root() }, ..cluster.client(2) };
    assert_eq!(named(7).append(file, "one").await, Ok(0));
    assert_eq!(named(8).append(file, "two").await, Ok(3));
    assert_eq!(named(7).append(file, "one").await, Ok(0), "it is told where it was");
    assert_eq!(cluster.client(1).read_all(file).await, b"onetwo");
}

#[tokio::test(start_paused = true)]
async fn an_append_counts_what_was_cut_and_is_refused_where_a_write_is() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1);
    let file = client.create("log").await.ino;
    assert_eq!(client.append(file, vec![1; 5_000]).await, Ok(0));
    client.truncate(file, 10).await.unwrap();
    assert_eq!(client.append(file, "x").await, Ok(10));
    client.truncate(file, 100_000).await.unwrap();
    assert_eq!(client.append(file, "y").await, Ok(100_000));
    assert_eq!(client.as_user(7).append(file, "z").await, Err(Errno::Access));
    assert_eq!(client.append(nasd_base::Ino::ROOT, "z").await, Err(Errno::IsDir));
    client.truncate(file, i64::MAX as u64).await.unwrap();
    assert_eq!(client.append(file, "z").await, Err(Errno::FileTooBig));
}
