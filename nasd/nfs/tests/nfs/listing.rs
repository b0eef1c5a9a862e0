//! READDIR and READDIRPLUS: limits, cookies, and directories that change while they are read.

use crate::rig::{Rig, mode, status};
use nasd_nfs::Status;
use nasd_nfs::handle::FileHandle;
use nasd_nfs::v3::create::How;
use nasd_nfs::v3::readdir::{ReadDir, ReadDirArgs};
use nasd_nfs::v3::types::FileAttr;
use nasd_nfs::xdr::{Encoder, Xdr};
use nfs_client::Client;
use std::collections::BTreeSet;

const FILES: usize = 100;

async fn full_directory() -> (Rig, Client, FileHandle) {
    let rig = Rig::new();
    let (client, root) = rig.root().await;
    for n in 0..FILES {
        let name = format!("{n:0width$}", width = 1 + n % 40);
        client.create(&root, name, How::Unchecked(mode(0o644))).await.unwrap();
    }
    (rig, client, root)
}

fn size(value: &impl Xdr) -> usize {
    let mut out = Encoder::new();
    value.encode(&mut out);
    out.len()
}

#[tokio::test]
async fn a_listing_never_exceeds_its_count_and_loses_nothing() {
    let (_rig, client, root) = full_directory().await;
    let whole = client.readdir(&root, 0, 1 << 20).await.unwrap();
    assert!(whole.end);
    let all: BTreeSet<_> = whole.entries.iter().map(|entry| entry.name.clone()).collect();
    assert_eq!(all.len(), whole.entries.len());
    for count in [168, 169, 200, 512, 1000, 4096] {
        let mut seen = BTreeSet::new();
        let mut cookie = 0;
        loop {
            let page = client.readdir(&root, cookie, count).await.unwrap();
            assert!(size(&page) <= count as usize, "{} in {count}", size(&page));
            assert!(page.end || !page.entries.is_empty());
            cookie = page.entries.last().map_or(cookie, |entry| entry.cookie);
            assert!(page.entries.into_iter().all(|entry| seen.insert(entry.name)));
            if page.end {
                break;
            }
        }
        assert_eq!(seen, all, "with a count of {count}");
    }
}

#[tokio::test]
async fn counts_too_small_for_one_entry_are_refused_and_exact_ones_serve() {
    let (_rig, client, root) = full_directory().await;
    // Directory attributes, verifier and list end are 104 bytes; an entry with a name of up to 4 bytes is 28.
    for count in [0, 1, 103, 104, 131] {
        assert_eq!(status(client.readdir(&root, 0, count).await), Status::TooSmall, "{count}");
    }
    let page = client.readdir(&root, 0, 132).await.unwrap();
    assert_eq!((page.entries.len(), size(&page), page.end), (1, 132, false));
    // With attributes and handle it is 168.
    for (dircount, maxcount) in [(0, 0), (4096, 0), (0, 4096), (23, 4096), (4096, 271), (1, 1)] {
        let result = client.readdirplus(&root, 0, dircount, maxcount).await;
        assert_eq!(status(result), Status::TooSmall, "{dircount}, {maxcount}");
    }
    let page = client.readdirplus(&root, 0, 24, 104 + 28 + 88 + 52).await.unwrap();
    assert_eq!((page.entries.len(), size(&page)), (1, 104 + 28 + 88 + 52));
    let page = client.readdirplus(&root, 0, 24, 4096).await.unwrap();
    assert_eq!(page.entries.len(), 1);
}

#[tokio::test]
async fn a_plus_listing_brings_working_handles_and_attributes() {
    let (_rig, client, root) = full_directory().await;
    let listed = client.list(&root).await.unwrap();
    let plain = client.readdir(&root, 0, 1 << 20).await.unwrap();
    assert_eq!(listed.len(), plain.entries.len());
    assert_eq!(&listed[0].name[..], b".");
    assert_eq!(&listed[1].name[..], b"..");
    for (entry, plain) in listed.iter().zip(&plain.entries) {
        assert_eq!((&entry.name, entry.fileid, entry.cookie), (&plain.name, plain.fileid, plain.cookie));
        let attr: FileAttr = client.getattr(entry.handle.as_ref().unwrap()).await.unwrap();
        assert_eq!(entry.attr, Some(attr));
        assert_eq!(attr.fileid, entry.fileid);
    }
    for maxcount in [300, 1000, 4096] {
        let page = client.readdirplus(&root, 2, 400, maxcount).await.unwrap();
        assert!(size(&page) <= maxcount as usize && !page.entries.is_empty());
        let names: usize = page.entries.iter().map(|e| 20 + e.name.len().next_multiple_of(4)).sum();
        assert!(names <= 400);
    }
}

#[tokio::test]
async fn cookies_survive_changes_of_the_directory() {
    let (_rig, client, root) = full_directory().await;
    let first = client.readdir(&root, 0, 600).await.unwrap();
    let cookie = first.entries.last().unwrap().cookie;
    let rest: Vec<_> = client.readdir(&root, cookie, 1 << 20).await.unwrap().entries;
    for entry in first.entries.iter().skip(2) {
        client.remove(&root, &entry.name).await.unwrap();
    }
    client.remove(&root, &rest[0].name).await.unwrap();
    client.create(&root, "new", How::Guarded(mode(0o644))).await.unwrap();
    let after: Vec<_> = client.readdir(&root, cookie, 1 << 20).await.unwrap().entries;
    assert_eq!(after[..after.len() - 1], rest[1..]);
    assert_eq!(&after.last().unwrap().name[..], b"new");
}

#[tokio::test]
async fn a_verifier_of_another_server_is_a_bad_cookie() {
    let (_rig, client, root) = full_directory().await;
    let ask = |cookie, verifier| ReadDirArgs { dir: root.clone(), cookie, verifier, count: 4096 };
    let first = client.call::<ReadDir>(ask(0, 99)).await.unwrap().unwrap();
    assert_eq!(first.verifier, 0);
    client.call::<ReadDir>(ask(1, 0)).await.unwrap().unwrap();
    assert_eq!(client.call::<ReadDir>(ask(1, 99)).await.unwrap().unwrap_err().status, Status::BadCookie);
}

#[tokio::test]
async fn an_exhausted_listing_is_empty_and_at_its_end() {
    let (_rig, client, root) = full_directory().await;
    let page = client.readdir(&root, 1 << 40, 104).await.unwrap();
    assert!(page.entries.is_empty() && page.end);
    let page = client.readdirplus(&root, 1 << 40, 24, 104).await.unwrap();
    assert!(page.entries.is_empty() && page.end);
}
