//! The tasks' rows.

use super::{Task, TaskId};
use crate::sqlite::{each, packed};
use crate::tables::Tables;
use nasd_cluster::decode_all;
use nasd_state::StateError;
use rusqlite::{Connection, params};
use std::sync::Arc;

pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS task (id INTEGER PRIMARY KEY, row BLOB NOT NULL);";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskEffect {
    Task(Task),
    NoTask(TaskId),
}

pub fn take(tables: &mut Tables, effect: TaskEffect) {
    let tasks = Arc::make_mut(&mut tables.tasks);
    match effect {
        TaskEffect::Task(task) => drop(tasks.insert(task.id, task)),
        TaskEffect::NoTask(id) => drop(tasks.remove(&id)),
    }
}

pub fn load(db: &Connection, tables: &mut Tables) -> Result<(), StateError> {
    each(db, "SELECT row FROM task", |row| {
        let row: Vec<u8> = row.get(0)?;
        let task: Task = decode_all(&row).ok_or_else(|| StateError::Damaged("a task".to_owned()))?;
        take(tables, TaskEffect::Task(task));
        Ok(())
    })
}

pub fn write(db: &Connection, effect: &TaskEffect) -> Result<(), StateError> {
    match effect {
        TaskEffect::Task(task) => db
            .prepare_cached("INSERT OR REPLACE INTO task (id, row) VALUES (?, ?)")?
            .execute(params![task.id as i64, packed(task)])?,
        TaskEffect::NoTask(id) => db.execute("DELETE FROM task WHERE id = ?", [*id as i64])?,
    };
    Ok(())
}
