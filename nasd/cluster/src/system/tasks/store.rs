//! The tasks' table in SQLite. See `docs/formats/system-state.md`.

use super::{Task, TaskId, Tasks};
use crate::system::command::decode_all;
use nasd_state::StateError;
use rusqlite::{Connection, params};

pub const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS task (id INTEGER PRIMARY KEY, row BLOB NOT NULL);";

pub fn load(db: &Connection) -> Result<Tasks, StateError> {
    let mut statement = db.prepare("SELECT row FROM task")?;
    let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
    let mut tasks = Tasks::new();
    for row in rows {
        let task: Task = decode_all(&row?).ok_or_else(|| StateError::Damaged("a task".to_owned()))?;
        tasks.insert(task.id, task);
    }
    Ok(tasks)
}

pub fn write(db: &Connection, task: &Task) -> Result<(), StateError> {
    let row = postcard::to_stdvec(task).expect("tasks always encode");
    let mut statement = db.prepare_cached("INSERT OR REPLACE INTO task (id, row) VALUES (?, ?)")?;
    statement.execute(params![task.id as i64, row])?;
    Ok(())
}

pub fn forget(db: &Connection, id: TaskId) -> Result<(), StateError> {
    db.execute("DELETE FROM task WHERE id = ?", [id as i64])?;
    Ok(())
}
