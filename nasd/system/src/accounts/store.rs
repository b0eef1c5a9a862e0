//! Users, sessions and API tokens in SQLite. See `docs/formats/system-state.md`.

use super::guesses::{GuessKey, Guesses};
use super::tables::{
    AccountEffect, Accounts, ApiToken, Familiar, Group, Session, SessionLimits, SetupToken, User,
};
use crate::tables::Tables;
use nasd_cluster::decode_all;
use nasd_state::StateError;
use rusqlite::{Connection, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS user (name TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS user_group (name TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS session_limits (
        id INTEGER PRIMARY KEY CHECK (id = 0), content BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS session (hash BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS api_token (hash BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS setup_token (hash BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS guess (key BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS familiar (user TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
";

/// The first byte of every row's content.
const ROW_VERSION: u8 = 1;

pub fn load_into(db: &Connection, tables: &mut Tables) -> Result<(), StateError> {
    tables.accounts = Arc::new(load(db)?);
    Ok(())
}

/// Reads everything.
pub fn load(db: &Connection) -> Result<Accounts, StateError> {
    let mut accounts = Accounts::default();
    for user in rows::<User>(db, "SELECT content FROM user")? {
        accounts.take(AccountEffect::User(user));
    }
    for group in rows::<Group>(db, "SELECT content FROM user_group")? {
        accounts.take(AccountEffect::Group(group));
    }
    for limits in rows::<SessionLimits>(db, "SELECT content FROM session_limits")? {
        accounts.take(AccountEffect::SessionLimits(limits));
    }
    for session in rows::<Session>(db, "SELECT content FROM session")? {
        accounts.take(AccountEffect::Session(session));
    }
    for token in rows::<ApiToken>(db, "SELECT content FROM api_token")? {
        accounts.take(AccountEffect::ApiToken(token));
    }
    for setup in rows::<SetupToken>(db, "SELECT content FROM setup_token")? {
        accounts.take(AccountEffect::SetupToken(setup));
    }
    for (key, guesses) in rows::<(GuessKey, Guesses)>(db, "SELECT content FROM guess")? {
        accounts.take(AccountEffect::Guesses(key, guesses));
    }
    for (user, places) in rows::<(String, Familiar)>(db, "SELECT content FROM familiar")? {
        accounts.take(AccountEffect::Familiar(user, places));
    }
    Ok(accounts)
}

fn rows<T: DeserializeOwned>(db: &Connection, query: &str) -> Result<Vec<T>, StateError> {
    let mut statement = db.prepare(query)?;
    let contents = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
    contents.map(|content| unpacked(&content?).ok_or_else(damaged)).collect()
}

fn damaged() -> StateError {
    StateError::Damaged("a user, group, session or token".to_owned())
}

fn unpacked<T: DeserializeOwned>(content: &[u8]) -> Option<T> {
    let (found, rest) = content.split_first()?;
    if *found == ROW_VERSION { decode_all(rest) } else { None }
}

fn packed<T: Serialize>(row: &T) -> Vec<u8> {
    postcard::to_extend(row, vec![ROW_VERSION]).expect("rows always encode")
}

/// Writes one row's change.
pub fn write(db: &Connection, effect: &AccountEffect) -> Result<(), StateError> {
    match effect {
        AccountEffect::User(user) => db.execute(
            "INSERT OR REPLACE INTO user (name, content) VALUES (?, ?)",
            params![user.name, packed(user)],
        )?,
        AccountEffect::NoUser(name) => db.execute("DELETE FROM user WHERE name = ?", [name])?,
        AccountEffect::Group(group) => db.execute(
            "INSERT OR REPLACE INTO user_group (name, content) VALUES (?, ?)",
            params![group.name, packed(group)],
        )?,
        AccountEffect::NoGroup(name) => db.execute("DELETE FROM user_group WHERE name = ?", [name])?,
        AccountEffect::SessionLimits(limits) => db.execute(
            "INSERT OR REPLACE INTO session_limits (id, content) VALUES (0, ?)",
            params![packed(limits)],
        )?,
        AccountEffect::Session(session) => db.execute(
            "INSERT OR REPLACE INTO session (hash, content) VALUES (?, ?)",
            params![session.hash, packed(session)],
        )?,
        AccountEffect::NoSession(hash) => db.execute("DELETE FROM session WHERE hash = ?", [hash])?,
        AccountEffect::ApiToken(token) => db.execute(
            "INSERT OR REPLACE INTO api_token (hash, content) VALUES (?, ?)",
            params![token.hash, packed(token)],
        )?,
        AccountEffect::NoApiToken(hash) => db.execute("DELETE FROM api_token WHERE hash = ?", [hash])?,
        AccountEffect::SetupToken(token) => db.execute(
            "INSERT OR REPLACE INTO setup_token (hash, content) VALUES (?, ?)",
            params![token.hash, packed(token)],
        )?,
        AccountEffect::NoSetupToken(hash) => db.execute("DELETE FROM setup_token WHERE hash = ?", [hash])?,
        AccountEffect::Guesses(key, guesses) => db.execute(
            "INSERT OR REPLACE INTO guess (key, content) VALUES (?, ?)",
            params![packed(key), packed(&(key, guesses))],
        )?,
        AccountEffect::NoGuesses(key) => db.execute("DELETE FROM guess WHERE key = ?", [packed(key)])?,
        AccountEffect::Familiar(user, places) if places.is_empty() => {
            db.execute("DELETE FROM familiar WHERE user = ?", [user])?
        }
        AccountEffect::Familiar(user, places) => db.execute(
            "INSERT OR REPLACE INTO familiar (user, content) VALUES (?, ?)",
            params![user, packed(&(user, places))],
        )?,
    };
    Ok(())
}
