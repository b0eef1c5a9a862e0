//! Replicas: the same commands give the same tables and replies, whatever else differs between them.

mod common;

use bytes::Bytes;
use common::{Heard, Volume, create, created, dump, options, root_stamp};
use nasd_base::file::NewNode;
use nasd_base::{Errno, Ino, OpId, Timestamp, Txg};
use nasd_meta::{
    Change, ChangeResult, MetaReader, Outcome, Piece, RenameMode, Source, Stamp, VolumeMachine, XattrMode,
    decode_replies, encode_commands,
};
use nasd_state::{Machine, StateDb};
use proptest::prelude::*;
use rusqlite::Connection;
use std::sync::Arc;

const ROOT: Ino = Ino::ROOT;
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn any_change() -> impl Strategy<Value = Change> {
    let ino = || (1u64..12).prop_map(Ino);
    let name = || (0usize..4).prop_map(|i| Bytes::from_static(NAMES[i].as_bytes()));
    let node = prop_oneof![
        Just(NewNode::File),
        Just(NewNode::Directory),
        Just(NewNode::Symlink { target: "t".into() })
    ];
    prop_oneof![
        3 => (ino(), 0usize..4, node).prop_map(|(parent, at, node)| create(parent, NAMES[at], node)),
        1 => (ino(), ino(), name()).prop_map(|(ino, parent, name)| Change::Link { ino, parent, name }),
        1 => (ino(), name()).prop_map(|(parent, name)| Change::Unlink { parent, name }),
        1 => (ino(), name()).prop_map(|(parent, name)| Change::Rmdir { parent, name }),
        2 => (ino(), name(), ino(), name()).prop_map(|(from_parent, from_name, to_parent, to_name)| {
            Change::Rename { from_parent, from_name, to_parent, to_name, mode: RenameMode::Replace }
        }),
        1 => (ino(), name()).prop_map(|(ino, value)| Change::SetXattr {
            ino,
            name: Bytes::from_static(b"user.x"),
            value,
            mode: XattrMode::Either
        }),
        3 => (ino(), 0u64..9000, 1usize..5000).prop_map(|(ino, offset, len)| {
            let source = Source::Inline { data: vec![len as u8; len].into() };
            let pieces = vec![Piece { offset, len: len as u64, source }];
            Change::Write { ino, pieces, fresh: vec![], modified: Timestamp { secs: 9, nanos: 9 } }
        }),
        1 => proptest::collection::vec(ino(), 0..4).prop_map(|inos| Change::Reap { inos }),
        1 => (1u32..4).prop_map(|count| Change::AllocateChunks { count }),
    ]
}

fn any_stamped() -> impl Strategy<Value = (Stamp, Change)> {
    (any_change(), 0u128..6, 0i64..2000)
        .prop_map(|(change, op, secs)| (Stamp { op: OpId(op), ..root_stamp(secs) }, change))
}

proptest! {
    /// One replica applies command by command and restarts before each, the other all in one transaction.
    #[test]
    fn two_replicas_have_the_same_tables_and_replies(
        commands in proptest::collection::vec(proptest::collection::vec(any_stamped(), 1..10), 1..10)
    ) {
        let (mut steady, mut restarted) = (Volume::new(), Volume::new());
        let commands: Vec<Bytes> = commands.iter().map(|batch| encode_commands(batch)).collect();
        let transaction = steady.db.unchecked_transaction().unwrap();
        let mut replies = vec![];
        for command in &commands {
            replies.push(steady.machine.apply(&transaction, 0, command).unwrap());
        }
        transaction.commit().unwrap();
        for (command, reply) in commands.iter().zip(replies) {
            restarted.machine.prepare(&restarted.db).unwrap();
            let transaction = restarted.db.unchecked_transaction().unwrap();
            prop_assert_eq!(restarted.machine.apply(&transaction, 0, command).unwrap(), reply);
            transaction.commit().unwrap();
        }
        prop_assert_eq!(steady.dump(), restarted.dump());
    }

    #[test]
    fn a_command_of_garbage_is_refused_and_changes_nothing(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..100), versioned: bool
    ) {
        let mut volume = Volume::new();
        if versioned {
            bytes.insert(0, 1);
        }
        let before = volume.dump();
        let reply = volume.machine.apply(&volume.db, 0, &bytes).unwrap();
        let results = decode_replies(&reply).unwrap();
        if results == vec![Err(Errno::Inval)] {
            prop_assert_eq!(volume.dump(), before);
        }
    }
}

#[test]
fn a_command_that_cannot_be_read_is_refused_and_the_next_one_works() {
    let mut volume = Volume::new();
    for garbage in [&b""[..], b"\x01", b"\x02\x00", b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x00"]
    {
        let reply = volume.machine.apply(&volume.db, 0, garbage).unwrap();
        assert_eq!(decode_replies(&reply).unwrap(), vec![Err(Errno::Inval)], "{garbage:?}");
    }
    assert!(volume.batch(&[(root_stamp(1), create(ROOT, "a", NewNode::File))])[0].is_ok());
}

#[test]
fn an_empty_batch_has_an_empty_reply() {
    assert_eq!(Volume::new().batch(&[]), vec![]);
}

#[test]
fn each_change_of_a_batch_sees_the_ones_before() {
    let mut volume = Volume::new();
    let changes = [
        create(ROOT, "d", NewNode::Directory),
        create(Ino(2), "f", NewNode::File),
        create(Ino(2), "f", NewNode::File),
        Change::Unlink { parent: Ino(2), name: "f".into() },
        Change::Rmdir { parent: ROOT, name: "d".into() },
        Change::Reap { inos: vec![Ino(2), Ino(3)] },
        create(ROOT, "e", NewNode::File),
    ];
    let results = volume.batch(&changes.map(|change| (root_stamp(1), change)));
    let ok: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(ok, [true, true, false, true, true, true, true]);
    assert_eq!(results[5], Ok(Outcome::Reaped { count: 2 }));
    assert_eq!((created(&results[0]), created(&results[6])), (Ino(2), Ino(4)));
    let changed: Vec<Ino> = volume.heard.0.lock()[0].changed.clone();
    assert_eq!(changed, vec![ROOT, Ino(2), Ino(3), Ino(4)]);
}

#[test]
fn a_change_index_lists_what_changed_last() {
    let mut volume = Volume::new();
    for at in ["a", "b", "c"] {
        volume.batch(&[(root_stamp(1), create(ROOT, at, NewNode::File))]);
    }
    let all = volume.view().changed_since(Txg(0), 100).unwrap();
    assert_eq!(all, vec![(Txg(1), Ino(2)), (Txg(2), Ino(3)), (Txg(3), ROOT), (Txg(3), Ino(4))]);
    assert_eq!(volume.view().changed_since(Txg(2), 1).unwrap(), all[2..], "one change is not torn");
    assert_eq!(volume.view().changed_since(Txg(0), 1).unwrap(), all[..1]);
    assert_eq!(volume.view().changed_since(Txg(u64::MAX), 1).unwrap(), vec![]);
}

#[test]
fn a_machine_that_failed_refuses_until_it_is_prepared_again() {
    let mut volume = Volume::new();
    volume.batch(&[(root_stamp(1), create(ROOT, "a", NewNode::File))]);
    volume.db.execute("DELETE FROM inode WHERE ino = 2", []).unwrap();
    volume.machine.prepare(&volume.db).unwrap();
    let unlink = encode_commands(&[(root_stamp(1), Change::Unlink { parent: ROOT, name: "a".into() })]);
    let error = volume.machine.apply(&volume.db, 0, &unlink).unwrap_err();
    assert!(error.to_string().contains("inode 2 is named but has no row"), "{error}");
    let fine = encode_commands(&[(root_stamp(1), create(ROOT, "b", NewNode::File))]);
    assert!(volume.machine.apply(&volume.db, 0, &fine).is_err());
    volume.machine.prepare(&volume.db).unwrap();
    volume.machine.apply(&volume.db, 0, &fine).unwrap();
}

#[test]
fn tables_of_another_format_are_refused() {
    let volume = Volume::new();
    volume.db.execute("UPDATE volume SET format = 2", []).unwrap();
    let error = VolumeMachine::new(options(), Arc::new(Heard::default())).prepare(&volume.db).unwrap_err();
    assert!(error.to_string().contains("format 2"), "{error}");
}

#[test]
fn an_existing_volume_keeps_what_it_began_with() {
    let volume = Volume::new();
    let before = dump(&volume.db);
    let other = nasd_meta::VolumeOptions { root_uid: 5, ..Default::default() };
    VolumeMachine::new(other, Arc::new(Heard::default())).prepare(&volume.db).unwrap();
    assert_eq!(dump(&volume.db), before);
}

#[test]
fn a_reader_sees_committed_batches_of_a_database_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let heard = Arc::new(Heard::default());
    let open = || StateDb::open(dir.path(), VolumeMachine::new(options(), heard.clone())).unwrap();
    let mut db = open();
    let reader = MetaReader::new(db.readers());
    assert_eq!(reader.attr(Ino(2)).unwrap_err().errno(), Errno::Stale);
    let batch = [
        (root_stamp(1), create(ROOT, "f", NewNode::File)),
        (root_stamp(2), create(ROOT, "l", NewNode::Symlink { target: "target".into() })),
    ];
    let replies = db.apply(&[(1, encode_commands(&batch))], b"mark 1").unwrap();
    let results: Vec<ChangeResult> = decode_replies(&replies[0]).unwrap();
    let file = created(&results[0]);
    let (attr, root) = reader.lookup(ROOT, b"f").unwrap();
    assert_eq!((attr.ino, root), (file, reader.attr(ROOT).unwrap()));
    assert_eq!(reader.readlink(created(&results[1])).unwrap().0, "target");
    assert_eq!(reader.read_dir(ROOT, 0, 10, 1000, true).unwrap().1.len(), 4);
    assert_eq!(reader.totals().unwrap().inodes, 3);
    assert_eq!(reader.xattr(file, b"user.x").unwrap_err().errno(), Errno::NoData);
    assert!(reader.xattrs(file).unwrap().is_empty() && reader.orphans(9).unwrap().is_empty());
    let source = Source::Inline { data: vec![1; 5000].into() };
    let pieces = vec![Piece { offset: 0, len: 5000, source }];
    let modified = Timestamp::default();
    let write = Change::Write { ino: file, pieces: pieces.clone(), fresh: vec![], modified };
    db.apply(&[(2, encode_commands(&[(root_stamp(3), write)]))], b"mark 2").unwrap();
    assert_eq!(reader.pieces(file, 0..u64::MAX).unwrap().1, pieces);
    let backlog = reader.inline_backlog(9).unwrap();
    assert_eq!((backlog.len(), backlog[0].ino, backlog[0].inline_bytes), (1, file, 5000));
    assert_eq!(backlog[0].data_change, reader.data_change(file).unwrap());
    assert_eq!(reader.view(|view| Ok((view.attr(file)?, view.totals()?))).unwrap().1.txg, Txg(3));
    assert_eq!(reader.changed_since(Txg(2), 9).unwrap(), vec![(Txg(3), file)]);
    assert_eq!(heard.0.lock().len(), 2);

    let before = db.checksum().unwrap();
    drop((db, reader));
    assert_eq!(open().checksum().unwrap(), before);
}

#[test]
fn the_tables_can_be_prepared_inside_a_transaction() {
    let db = Connection::open_in_memory().unwrap();
    let transaction = db.unchecked_transaction().unwrap();
    let mut machine = VolumeMachine::new(options(), Arc::new(Heard::default()));
    machine.prepare(&transaction).unwrap();
    transaction.commit().unwrap();
    assert_eq!(dump(&db), Volume::new().dump());
}
