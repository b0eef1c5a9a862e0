//! The tasks' rows.

use super::{Task, TaskId, Tasks};
use crate::noun::RowChange;
use crate::sqlite::{load, packed};
use nasd_cluster::decode_all;
use nasd_state::StateError;
use rusqlite::{Connection, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskEffect {
    Task(Task),
    NoTask(TaskId),
}

impl RowChange for TaskEffect {
    type Rows = Tasks;

    const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS task (id INTEGER PRIMARY KEY, row BLOB NOT NULL);";

    fn load(db: &Connection) -> Result<Tasks, StateError> {
        load(db, "SELECT row FROM task", |row| {
            let row: Vec<u8> = row.get(0)?;
            let task = decode_all(&row).ok_or_else(|| StateError::Damaged("a task".to_owned()))?;
            Ok(TaskEffect::Task(task))
        })
    }

    fn take(self, tasks: &mut Tasks) {
        match self {
            TaskEffect::Task(task) => drop(tasks.insert(task.id, task)),
            TaskEffect::NoTask(id) => drop(tasks.remove(&id)),
        }
    }

    fn write(&self, db: &Connection) -> Result<(), StateError> {
        match self {
            TaskEffect::Task(task) => db
                .prepare_cached("INSERT OR REPLACE INTO task (id, row) VALUES (?, ?)")?
                .execute(params![task.id as i64, packed(task)])?,
            TaskEffect::NoTask(id) => db.execute("DELETE FROM task WHERE id = ?", [*id as i64])?,
        };
        Ok(())
    }
}
