//! What a state database promises: batches are whole, marks are honest, replacements happen or do not.

use bytes::Bytes;
use nasd_state::{Machine, StateDb, StateError};
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

/// Keeps `key -> value`; a command is `key=value`, its reply the former value. `fail` damages it.
#[derive(Default)]
struct Pairs {
    prepared: Arc<AtomicU64>,
    committed: Arc<AtomicU64>,
}

impl Machine for Pairs {
    fn prepare(&mut self, db: &Connection) -> Result<(), StateError> {
        self.prepared.fetch_add(1, SeqCst);
        db.execute_batch(
            "CREATE TABLE IF NOT EXISTS pair (k TEXT PRIMARY KEY, v TEXT, at INTEGER) WITHOUT ROWID",
        )?;
        Ok(())
    }

    fn apply(&mut self, db: &Connection, index: u64, command: &[u8]) -> Result<Bytes, StateError> {
        let text = std::str::from_utf8(command).unwrap();
        let Some((key, value)) = text.split_once('=') else {
            return Err(StateError::Damaged("planted".into()));
        };
        let old = get(db, key)?;
        db.prepare_cached("INSERT OR REPLACE INTO pair VALUES (?1, ?2, ?3)")?.execute((
            key,
            value,
            index as i64,
        ))?;
        Ok(old.unwrap_or_default().into())
    }

    fn committed(&mut self) {
        self.committed.fetch_add(1, SeqCst);
    }
}

fn get(db: &Connection, key: &str) -> Result<Option<String>, StateError> {
    let mut statement = db.prepare_cached("SELECT v FROM pair WHERE k = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

fn open(dir: &Path) -> StateDb<Pairs> {
    StateDb::open(dir, Pairs::default()).unwrap()
}

fn put(db: &mut StateDb<Pairs>, index: u64, command: &str) {
    db.apply(&[(index, Bytes::from(command.to_owned()))], &index.to_le_bytes()).unwrap();
}

fn mark(index: u64) -> Option<Vec<u8>> {
    Some(index.to_le_bytes().to_vec())
}

/// What a power cut may leave: nothing of the write-ahead log that was not flushed.
fn lose_wal(dir: &Path) {
    std::fs::File::options().write(true).open(dir.join("state.db-wal")).unwrap().set_len(0).unwrap();
}

#[test]
fn a_batch_is_one_transaction_and_replies_come_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let machine = Pairs::default();
    let committed = machine.committed.clone();
    let mut db = StateDb::open(dir.path(), machine).unwrap();
    assert_eq!(db.mark().unwrap(), None);
    let batch = [(1, "a=1".into()), (2, "a=2".into()), (3, "b=3".into())];
    assert_eq!(db.apply(&batch, b"three").unwrap(), [Bytes::new(), "1".into(), Bytes::new()]);
    assert_eq!(db.mark().unwrap().as_deref(), Some(&b"three"[..]));
    assert_eq!((db.counters().transactions(), db.counters().entries()), (1, 3));
    assert_eq!(committed.load(SeqCst), 1);
    assert_eq!(db.readers().with(|db| get(db, "a")).unwrap().as_deref(), Some("2"));
}

#[test]
fn a_failed_batch_leaves_nothing_and_stops_the_machine() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = open(dir.path());
    put(&mut db, 1, "a=1");
    let batch = [(2, "a=2".into()), (3, "fail".into())];
    assert!(matches!(db.apply(&batch, b"no"), Err(StateError::Damaged(_))));
    assert_eq!(db.mark().unwrap(), mark(1));
    assert!(db.apply(&[(2, "a=2".into())], b"no").is_err(), "its memory no longer fits its tables");
    drop(db);
    let mut db = open(dir.path());
    assert_eq!(db.readers().with(|db| get(db, "a")).unwrap().as_deref(), Some("1"));
    put(&mut db, 2, "a=2");
}

#[test]
fn closing_does_not_checkpoint_and_reopening_finds_everything() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = open(dir.path());
    put(&mut db, 1, "a=1");
    let readers = db.readers();
    readers.with(|db| get(db, "a")).unwrap();
    drop((db, readers));
    assert!(std::fs::metadata(dir.path().join("state.db-wal")).unwrap().len() > 0);
    let db = open(dir.path());
    assert_eq!(db.mark().unwrap(), mark(1));
}

#[test]
fn a_power_cut_goes_back_to_the_checkpointed_mark_and_no_further() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = open(dir.path());
    assert_eq!(db.checkpointer().run().unwrap(), None);
    put(&mut db, 1, "a=1");
    put(&mut db, 2, "a=2");
    assert_eq!(db.checkpointer().run().unwrap(), mark(2));
    assert_eq!(db.checkpointer().wal_bytes(), 0);
    put(&mut db, 3, "a=3");
    drop(db);
    lose_wal(dir.path());
    let db = open(dir.path());
    assert_eq!(db.mark().unwrap(), mark(2));
    assert_eq!(db.readers().with(|db| get(db, "a")).unwrap().as_deref(), Some("2"));
}

#[test]
fn any_cut_of_the_unflushed_log_leaves_whole_batches() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = open(dir.path());
    put(&mut db, 1, "a=1");
    put(&mut db, 1, "b=1");
    db.checkpointer().run().unwrap();
    for index in 2..20 {
        let batch = [(index, format!("a={index}").into()), (index, format!("b={index}").into())];
        db.apply(&batch, &index.to_le_bytes()).unwrap();
    }
    drop(db);
    let wal = std::fs::read(dir.path().join("state.db-wal")).unwrap();
    for cut in (0..=wal.len()).rev().step_by(997) {
        std::fs::write(dir.path().join("state.db-wal"), &wal[..cut]).unwrap();
        let db = open(dir.path());
        let at = u64::from_le_bytes(db.mark().unwrap().unwrap().try_into().unwrap());
        for key in ["a", "b"] {
            let value = db.readers().with(|db| get(db, key)).unwrap().unwrap();
            assert_eq!(value, at.to_string(), "cut at {cut}");
        }
    }
}

#[test]
fn a_reader_of_an_old_view_delays_the_mark_but_not_the_writer() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = open(dir.path());
    put(&mut db, 1, "a=1");
    let (readers, checkpointer) = (db.readers(), db.checkpointer());
    readers
        .with_snapshot(|view| {
            assert_eq!(get(view, "a")?.as_deref(), Some("1"));
            put(&mut db, 2, "a=2");
            assert_eq!(checkpointer.run()?, None);
            put(&mut db, 3, "a=3");
            assert_eq!(get(view, "a")?.as_deref(), Some("1"));
            Ok(())
        })
        .unwrap();
    assert_eq!(checkpointer.run().unwrap(), mark(3));
}

#[test]
fn checkpoints_beside_a_busy_writer_stay_true_and_bound_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = open(dir.path());
    let (checkpointer, done) = (db.checkpointer(), Arc::new(AtomicBool::new(false)));
    let finished = done.clone();
    let marks = std::thread::spawn(move || {
        let mut marks = Vec::new();
        while !finished.load(SeqCst) {
            marks.extend(checkpointer.run().unwrap());
        }
        assert_eq!(checkpointer.run().unwrap(), mark(1999));
        (marks, checkpointer.wal_bytes())
    });
    for index in 0..2000u64 {
        put(&mut db, index, &format!("k{}={index}", index % 50));
    }
    done.store(true, SeqCst);
    let (marks, wal_bytes) = marks.join().unwrap();
    assert!(marks.iter().map(|m| u64::from_le_bytes(m[..].try_into().unwrap())).is_sorted());
    assert_eq!(wal_bytes, 0);
    drop(db);
    lose_wal(dir.path());
    assert_eq!(open(dir.path()).mark().unwrap(), mark(1999));
}

#[test]
fn an_exported_copy_carries_its_own_mark_and_installs_elsewhere() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut db = open(here.path());
    put(&mut db, 7, "a=7");
    let export = db.export().unwrap();
    put(&mut db, 8, "a=8");
    assert_eq!(export.mark().map(<[u8]>::to_vec), mark(7));
    assert_eq!(export.bytes(), std::fs::metadata(export.path()).unwrap().len());

    let machine = Pairs::default();
    let prepared = machine.prepared.clone();
    let mut replica = StateDb::open(there.path(), machine).unwrap();
    put(&mut replica, 1, "old=1");
    let readers = replica.readers();
    assert_eq!(readers.with(|db| get(db, "old")).unwrap().as_deref(), Some("1"));
    replica.checkpointer().run().unwrap();
    let incoming = there.path().join("incoming ?#%.db");
    std::fs::copy(export.path(), &incoming).unwrap();
    assert!(replica.install_if(&incoming, |found| found == 8u64.to_le_bytes()).is_err(), "another mark");
    assert_eq!(replica.mark().unwrap(), mark(1));
    replica.install(&incoming).unwrap();

    assert_eq!(prepared.load(SeqCst), 2);
    assert_eq!(replica.mark().unwrap(), mark(7));
    assert_eq!(readers.with(|db| get(db, "old")).unwrap(), None);
    assert_eq!(readers.with(|db| get(db, "a")).unwrap().as_deref(), Some("7"));
    put(&mut replica, 8, "a=8");
    assert_eq!(replica.checkpointer().run().unwrap(), mark(8));
    assert_eq!(replica.checksum().unwrap(), db.checksum().unwrap());
    let path = export.path().to_owned();
    drop(export);
    assert!(!path.exists());
}

#[test]
fn a_damaged_copy_is_refused_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut db = open(dir.path());
    put(&mut db, 1, "a=1");
    let incoming = dir.path().join("incoming.db");
    std::fs::write(&incoming, vec![7; 100_000]).unwrap();
    assert!(matches!(db.install(&incoming), Err(StateError::Damaged(_))));

    for index in 2..200 {
        put(&mut db, index, &format!("{index}={}", "x".repeat(200)));
    }
    let export = db.export().unwrap();
    let mut bytes = std::fs::read(export.path()).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xa5);
    std::fs::write(&incoming, bytes).unwrap();
    assert!(matches!(db.install(&incoming), Err(StateError::Damaged(_))));

    Connection::open(dir.path().join("empty.db")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(db.install(&dir.path().join("empty.db")).is_err(), "it has no mark");
    assert_eq!(db.mark().unwrap(), mark(199));
    put(&mut db, 200, "a=2");
}

#[test]
fn a_replacement_cut_short_by_a_crash_is_completed_at_the_next_start() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut db = open(here.path());
    put(&mut db, 7, "a=7");
    let export = db.export().unwrap();
    let mut replica = open(there.path());
    put(&mut replica, 1, "a=1");
    drop(replica);
    // The crash came right after the decision, with the old log still beside the old database.
    std::fs::copy(export.path(), there.path().join("install.db")).unwrap();
    assert!(there.path().join("state.db-wal").exists());
    let replica = open(there.path());
    assert_eq!(replica.mark().unwrap(), mark(7));
    assert_eq!(replica.readers().with(|db| get(db, "a")).unwrap().as_deref(), Some("7"));
    assert!(!there.path().join("install.db").exists());
}

#[test]
fn a_file_that_is_no_database_is_called_damaged() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("state.db"), vec![1; 8192]).unwrap();
    assert!(matches!(StateDb::open(dir.path(), Pairs::default()), Err(StateError::Damaged(_))));
}

#[test]
fn leftover_copies_are_removed_at_start() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("snapshot-3.db"), b"old").unwrap();
    drop(open(dir.path()));
    assert!(!dir.path().join("snapshot-3.db").exists());
}

#[test]
fn readers_cannot_write() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(dir.path());
    let refused = db.readers().with(|db| Ok(db.execute("DELETE FROM pair", [])?));
    assert!(matches!(refused, Err(StateError::Database(_))));
}

#[test]
fn the_checksum_sees_content_and_not_history() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut one, mut two) = (open(one.path()), open(two.path()));
    put(&mut one, 1, "a=1");
    put(&mut one, 2, "b=2");
    put(&mut two, 2, "b=2");
    assert_ne!(one.checksum().unwrap().hash, two.checksum().unwrap().hash);
    put(&mut two, 1, "a=1");
    assert_eq!(one.checksum().unwrap().hash, two.checksum().unwrap().hash);
}

#[test]
fn the_connection_is_set_up_as_documented() {
    let dir = tempfile::tempdir().unwrap();
    let db = open(dir.path());
    let pragma = |name: &str| {
        db.readers().with(|db| Ok(db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0))?))
    };
    assert_eq!(pragma("page_size").unwrap(), 4096);
    assert_eq!(pragma("synchronous").unwrap(), 1);
    assert_eq!(pragma("wal_autocheckpoint").unwrap(), 0);
    assert_eq!(pragma("foreign_keys").unwrap(), 0);
}

#[test]
fn handles_that_are_left_do_not_keep_the_database_open() {
    // The story: a reader kept by somebody held the old write-ahead log's index while the database was
    // opened again in the same process; the new connection believed it and failed.
    let dir = tempfile::tempdir().unwrap();
    let mut db = open(dir.path());
    put(&mut db, 1, "a=1");
    let (readers, checkpointer, exporter) = (db.readers(), db.checkpointer(), db.exporter());
    readers.with(|db| get(db, "a")).unwrap();
    checkpointer.run().unwrap();
    put(&mut db, 2, "a=2");
    drop(db);
    lose_wal(dir.path());
    assert_eq!(open(dir.path()).mark().unwrap(), mark(1));
    assert!(readers.with(|db| get(db, "a")).is_err());
    assert!(checkpointer.run().is_err() && exporter.export().is_err());
}

/// Lets SQLite find no room on the disk, as long as it is told to.
struct Tight {
    pairs: Pairs,
    full: Arc<AtomicBool>,
}

impl Machine for Tight {
    fn prepare(&mut self, db: &Connection) -> Result<(), StateError> {
        self.pairs.prepare(db)
    }

    fn apply(&mut self, db: &Connection, index: u64, command: &[u8]) -> Result<Bytes, StateError> {
        let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        let most = if self.full.load(SeqCst) { pages } else { 1 << 30 };
        db.query_row(&format!("PRAGMA max_page_count = {most}"), [], |_| Ok(()))?;
        self.pairs.apply(db, index, command)
    }
}

/// A full disk was the end of a replica until its node was started again.
#[test]
fn a_batch_that_finds_no_room_is_applied_when_there_is_some() {
    let dir = tempfile::tempdir().unwrap();
    let (pairs, full) = (Pairs::default(), Arc::new(AtomicBool::new(false)));
    let prepared = pairs.prepared.clone();
    let mut db = StateDb::open(dir.path(), Tight { pairs, full: full.clone() }).unwrap();
    let readers = db.readers();
    db.apply(&[(1, "a=1".into())], b"one").unwrap();
    full.store(true, SeqCst);
    let large = Bytes::from(format!("b={}", "x".repeat(100_000)));
    let batch = [(2, "a=2".into()), (3, large)];
    for _ in 0..2 {
        let error = db.apply(&batch, b"three").unwrap_err();
        assert!(error.is_shortage(), "{error}");
        assert_eq!(readers.mark().unwrap(), Some(b"one".to_vec()), "nothing of it is kept");
    }
    full.store(false, SeqCst);
    assert_eq!(db.apply(&batch, b"three").unwrap(), [Bytes::from("1"), Bytes::new()]);
    assert_eq!(readers.mark().unwrap(), Some(b"three".to_vec()));
    assert_eq!(prepared.load(SeqCst), 3, "what the machine keeps in memory was read again each time");
    let error = db.apply(&[(4, "fail".into())], b"four").unwrap_err();
    assert!(!error.is_shortage() && db.apply(&[(4, "a=4".into())], b"four").is_err(), "damage is final");
}
