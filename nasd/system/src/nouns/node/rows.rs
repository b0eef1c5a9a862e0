//! The nodes' rows.

use super::{NodeInfo, NodeState};
use crate::noun::RowChange;
use crate::sqlite::{array, id, load};
use nasd_base::{NodeId, Timestamp};
use nasd_state::StateError;
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;

impl RowChange for NodeInfo {
    type Rows = BTreeMap<NodeId, NodeInfo>;

    const SCHEMA: &str = "
        CREATE TABLE IF NOT EXISTS node (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL, state INTEGER NOT NULL,
            key BLOB NOT NULL, joined_ns INTEGER NOT NULL);
    ";

    fn load(db: &Connection) -> Result<Self::Rows, StateError> {
        load(db, "SELECT id, name, address, state, key, joined_ns FROM node", node)
    }

    fn take(self, rows: &mut Self::Rows) {
        rows.insert(self.id, self);
    }

    fn write(&self, db: &Connection) -> Result<(), StateError> {
        let state = match self.state {
            NodeState::Joining => 0,
            NodeState::Active => 1,
            NodeState::Removed => 2,
        };
        let row = params![self.id.0 as i64, self.name, self.address, state, self.key, self.joined.as_nanos()];
        let insert = "INSERT OR REPLACE INTO node (id, name, address, state, key, joined_ns) VALUES (?, ?, ?, ?, ?, ?)";
        db.prepare_cached(insert)?.execute(row)?;
        Ok(())
    }
}

fn node(row: &Row<'_>) -> Result<NodeInfo, StateError> {
    let state = match row.get(3)? {
        0 => NodeState::Joining,
        1 => NodeState::Active,
        2 => NodeState::Removed,
        other => return Err(StateError::Damaged(format!("a node has the state {other}"))),
    };
    Ok(NodeInfo {
        id: NodeId(id(row.get(0)?)?),
        name: row.get(1)?,
        address: row.get(2)?,
        state,
        key: array(row.get(4)?, "a node's key")?,
        joined: Timestamp::from_nanos(row.get(5)?),
    })
}
