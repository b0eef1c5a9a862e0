//! The nodes' rows.

use super::{NodeInfo, NodeState};
use crate::sqlite::{array, each, id};
use crate::tables::Tables;
use nasd_base::{NodeId, Timestamp};
use nasd_state::StateError;
use rusqlite::{Connection, Row, params};

pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS node (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL, state INTEGER NOT NULL,
        key BLOB NOT NULL, joined_ns INTEGER NOT NULL);
";

pub fn take(tables: &mut Tables, node: NodeInfo) {
    tables.nodes.insert(node.id, node);
}

pub fn load(db: &Connection, tables: &mut Tables) -> Result<(), StateError> {
    each(db, "SELECT id, name, address, state, key, joined_ns FROM node", |row| {
        take(tables, node(row)?);
        Ok(())
    })
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
        volumes: 0,
    })
}

pub fn write(db: &Connection, node: &NodeInfo) -> Result<(), StateError> {
    let state = match node.state {
        NodeState::Joining => 0,
        NodeState::Active => 1,
        NodeState::Removed => 2,
    };
    let row = params![node.id.0 as i64, node.name, node.address, state, node.key, node.joined.as_nanos()];
    let insert =
        "INSERT OR REPLACE INTO node (id, name, address, state, key, joined_ns) VALUES (?, ?, ?, ?, ?, ?)";
    db.prepare_cached(insert)?.execute(row)?;
    Ok(())
}
