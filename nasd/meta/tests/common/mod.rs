//! A volume in memory, driven through the public interface alone.
#![allow(dead_code)] // each test binary uses a part

use bytes::Bytes;
use nasd_base::file::{Caller, NewNode, SetAttr};
use nasd_base::{Ino, OpId, Timestamp};
use nasd_meta::{
    Change, ChangeResult, CreateMode, Effects, Observer, Outcome, Stamp, View, VolumeMachine, VolumeOptions,
    decode_replies, encode_commands,
};
use nasd_state::Machine;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::fmt::Write;
use std::sync::Arc;

#[derive(Default)]
pub struct Heard(pub Mutex<Vec<Effects>>);

impl Observer for Heard {
    fn committed(&self, effects: &Effects) {
        self.0.lock().push(effects.clone());
    }
}

pub struct Volume {
    pub db: Connection,
    pub machine: VolumeMachine,
    pub heard: Arc<Heard>,
}

impl Volume {
    pub fn new() -> Volume {
        let db = Connection::open_in_memory().unwrap();
        let heard = Arc::new(Heard::default());
        let mut machine = VolumeMachine::new(options(), heard.clone());
        machine.prepare(&db).unwrap();
        Volume { db, machine, heard }
    }

    pub fn view(&self) -> View<'_> {
        View::new(&self.db)
    }

    /// Applies one batch as one command in one transaction.
    pub fn batch(&mut self, batch: &[(Stamp, Change)]) -> Vec<ChangeResult> {
        let transaction = self.db.unchecked_transaction().unwrap();
        let reply = self.machine.apply(&transaction, 0, &encode_commands(batch)).unwrap();
        transaction.commit().unwrap();
        self.machine.committed();
        decode_replies(&reply).unwrap()
    }

    pub fn dump(&self) -> String {
        dump(&self.db)
    }
}

pub fn options() -> VolumeOptions {
    VolumeOptions { root_mode: 0o777, ..Default::default() }
}

pub fn root_stamp(secs: i64) -> Stamp {
    Stamp { now: Timestamp { secs, nanos: 0 }, caller: Caller::root(), op: OpId::NONE }
}

pub fn create(parent: Ino, name: &str, node: NewNode) -> Change {
    let set = SetAttr { mode: Some(0o755), ..Default::default() };
    Change::Create {
        parent,
        name: Bytes::copy_from_slice(name.as_bytes()),
        node,
        set,
        mode: CreateMode::Guarded,
    }
}

pub fn created(result: &ChangeResult) -> Ino {
    match result {
        Ok(Outcome::Created { attr, .. }) => attr.ino,
        other => panic!("{other:?}"),
    }
}

/// All rows of all tables.
pub fn dump(db: &Connection) -> String {
    let mut text = String::new();
    let mut tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for table in tables {
        let columns = db.prepare(&format!("SELECT * FROM {table}")).unwrap().column_count();
        let order: Vec<String> = (1..=columns).map(|column| column.to_string()).collect();
        let sql = format!("SELECT * FROM {table} ORDER BY {}", order.join(", "));
        let mut statement = db.prepare(&sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            write!(text, "{table}").unwrap();
            for column in 0..columns {
                write!(text, " {:?}", row.get_ref(column).unwrap()).unwrap();
            }
            text.push('\n');
        }
    }
    text
}
