//! Listing a large directory by cookie while it changes.

mod common;

use bytes::Bytes;
use common::{Volume, create, created, root_stamp};
use nasd_base::file::{DirEntry, NewNode};
use nasd_base::{Errno, Ino};
use nasd_meta::{Change, RenameMode};
use std::collections::HashSet;

const ROOT: Ino = Ino::ROOT;

fn fill(volume: &mut Volume, prefix: &str, count: usize) {
    let names: Vec<String> = (0..count).map(|i| format!("{prefix}{i}")).collect();
    for names in names.chunks(1000) {
        let batch: Vec<_> =
            names.iter().map(|name| (root_stamp(1), create(ROOT, name, NewNode::Fifo))).collect();
        assert!(volume.batch(&batch).iter().all(Result::is_ok));
    }
}

fn list(volume: &Volume, cookie: u64, max: u32) -> (Vec<DirEntry>, bool) {
    let (_, entries, end) = volume.view().read_dir(ROOT, cookie, max, u32::MAX, false).unwrap();
    (entries, end)
}

fn rename(from: &str, to: &str) -> Change {
    let name = |name: &str| Bytes::copy_from_slice(name.as_bytes());
    Change::Rename {
        from_parent: ROOT,
        from_name: name(from),
        to_parent: ROOT,
        to_name: name(to),
        mode: RenameMode::Replace,
    }
}

#[test]
fn what_stays_in_a_changing_directory_is_listed_exactly_once() {
    const STAY: usize = 100_000;
    let mut volume = Volume::new();
    fill(&mut volume, "goes", 2000);
    fill(&mut volume, "stays", STAY);
    fill(&mut volume, "target", 2000);
    let (mut cookie, mut seen, mut round) = (0, HashSet::new(), 0);
    loop {
        let (entries, end) = list(&volume, cookie, 1000);
        for entry in &entries {
            assert!(entry.cookie > cookie, "cookies grow");
            cookie = entry.cookie;
            assert!(seen.insert(entry.name.clone()), "{:?} was listed twice", entry.name);
        }
        if end {
            break;
        }
        // One name goes, one comes, one takes another's place.
        let (old, target, new) =
            (format!("goes{}", round * 2), format!("target{round}"), format!("new{round}"));
        let replace = rename(&format!("goes{}", round * 2 + 1), &target);
        let unlink = Change::Unlink { parent: ROOT, name: old.into() };
        let changes = [unlink, create(ROOT, &new, NewNode::File), replace];
        let batch: Vec<_> = changes.into_iter().map(|change| (root_stamp(2), change)).collect();
        assert!(volume.batch(&batch).iter().all(Result::is_ok));
        round += 1;
    }
    assert!(round >= 100);
    for (prefix, count) in [("stays", STAY), ("target", 2000)] {
        let missed = (0..count).find(|i| !seen.contains(format!("{prefix}{i}").as_bytes()));
        assert_eq!(missed, None, "{prefix}");
    }
}

#[test]
fn a_listing_starts_with_dot_and_dot_dot() {
    let mut volume = Volume::new();
    let dir = created(&volume.batch(&[(root_stamp(1), create(ROOT, "d", NewNode::Directory))])[0]);
    let (attr, entries, end) = volume.view().read_dir(dir, 0, 10, 1000, true).unwrap();
    assert_eq!(attr.ino, dir);
    let names: Vec<_> = entries.iter().map(|entry| (&entry.name[..], entry.ino, entry.cookie)).collect();
    assert_eq!(names, vec![(&b"."[..], dir, 1), (b"..", ROOT, 2)]);
    assert_eq!(entries[1].attr.unwrap(), volume.view().attr(ROOT).unwrap());
    assert!(end);
    let (_, entries, end) = volume.view().read_dir(dir, 0, 1, 1000, false).unwrap();
    assert_eq!((entries.len(), end, entries[0].attr), (1, false, None));
    let (_, entries, end) = volume.view().read_dir(dir, 2, 1, 1000, false).unwrap();
    assert_eq!((entries.len(), end), (0, true));
}

#[test]
fn a_listing_keeps_to_its_limits_but_returns_something() {
    let mut volume = Volume::new();
    fill(&mut volume, "name", 10);
    let count = |entries_max, bytes_max| {
        volume.view().read_dir(ROOT, 2, entries_max, bytes_max, false).unwrap().1.len()
    };
    assert_eq!((count(3, 1000), count(0, 1000), count(100, 1), count(100, 11)), (3, 1, 1, 3));
    let (entries, end) = list(&volume, 0, 12);
    assert_eq!((entries.len(), end), (12, true));
}

#[test]
fn a_cookie_that_was_never_given_out_is_refused() {
    let mut volume = Volume::new();
    fill(&mut volume, "name", 1);
    let last = list(&volume, 0, 10).0.last().unwrap().cookie;
    let refused = |cookie| volume.view().read_dir(ROOT, cookie, 10, 1000, false).unwrap_err().errno();
    assert_eq!((refused(last + 1), refused(u64::MAX)), (Errno::BadCookie, Errno::BadCookie));
    assert!(list(&volume, last, 10).0.is_empty());
}

#[test]
fn a_cookie_outlives_its_name() {
    let mut volume = Volume::new();
    fill(&mut volume, "name", 3);
    let entries = list(&volume, 0, 10).0;
    let unlink = Change::Unlink { parent: ROOT, name: entries[3].name.clone() };
    volume.batch(&[(root_stamp(1), unlink)])[0].as_ref().unwrap();
    assert_eq!(list(&volume, entries[3].cookie, 10).0, entries[4..]);
}

#[test]
fn a_removed_directory_lists_only_itself() {
    let mut volume = Volume::new();
    let dir = created(&volume.batch(&[(root_stamp(1), create(ROOT, "d", NewNode::Directory))])[0]);
    let rmdir = Change::Rmdir { parent: ROOT, name: Bytes::from_static(b"d") };
    volume.batch(&[(root_stamp(1), rmdir)])[0].as_ref().unwrap();
    let (attr, entries, end) = volume.view().read_dir(dir, 0, 10, 1000, true).unwrap();
    assert_eq!((attr.nlink, entries.len(), end), (0, 2, true));
    assert_eq!(volume.view().lookup(dir, b"x").unwrap_err().errno(), Errno::NoEnt);
}
