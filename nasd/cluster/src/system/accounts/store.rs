//! Users, sessions and API tokens in SQLite. See `docs/formats/system-state.md`.

use super::command::WantedGroup;
use super::guesses::{GuessKey, Guesses};
use super::password::PasswordHash;
use super::tables::{
    AccountEffect, Accounts, ApiToken, Factor, Familiar, Group, Session, SessionLimits, SetupToken, User,
};
use crate::system::command::decode_all;
use nasd_base::role::Role;
use nasd_base::{Timestamp, VolumeId};
use nasd_state::StateError;
use rusqlite::{Connection, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
/// Of a user's and a group's, since what they own goes by the volumes' ids, and wrong attempts have rows of their own.
const OWNER_VERSION: u8 = 2;

/// A user as version 1 has it.
#[derive(Serialize, Deserialize)]
pub(super) struct UserV1 {
    pub name: String,
    pub role: Role,
    pub owned: Vec<String>,
    pub disabled: bool,
    pub password: PasswordHash,
    pub created: Timestamp,
    pub failures: u32,
    pub locked_until: Option<Timestamp>,
    pub offered: Option<Vec<u8>>,
    pub factor: Option<Factor>,
}

/// The volumes' ids, by their names.
pub type Names = BTreeMap<String, VolumeId>;

/// Names of volumes that are gone are nobody's.
fn identified(names: &Names, owned: &[String]) -> Vec<VolumeId> {
    owned.iter().filter_map(|name| names.get(name).copied()).collect()
}

/// Rows of older versions become such of this one, before a volume's name can come to mean another volume.
pub fn migrate(db: &Connection, names: &Names) -> Result<(), StateError> {
    for content in contents(db, "SELECT content FROM user")? {
        if let Some(old) = unpacked::<UserV1>(ROW_VERSION, &content) {
            let owned = identified(names, &old.owned);
            let UserV1 { name, role, disabled, password, created, offered, factor, .. } = old;
            let user = User { name, role, owned, disabled, password, created, offered, factor };
            write(db, &AccountEffect::User(user))?;
        }
    }
    for content in contents(db, "SELECT content FROM user_group")? {
        if let Some(WantedGroup { name, role, owned, members }) = unpacked(ROW_VERSION, &content) {
            let group = Group { name, role, owned: identified(names, &owned), members };
            write(db, &AccountEffect::Group(group))?;
        }
    }
    Ok(())
}

/// Reads everything.
pub fn load(db: &Connection) -> Result<Accounts, StateError> {
    let mut accounts = Accounts::default();
    for user in rows_of::<User>(OWNER_VERSION, db, "SELECT content FROM user")? {
        accounts.take(AccountEffect::User(user));
    }
    for group in rows_of::<Group>(OWNER_VERSION, db, "SELECT content FROM user_group")? {
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

fn contents(db: &Connection, query: &str) -> Result<Vec<Vec<u8>>, StateError> {
    let mut statement = db.prepare(query)?;
    let contents = statement.query_map([], |row| row.get(0))?;
    Ok(contents.collect::<Result<_, _>>()?)
}

fn rows<T: DeserializeOwned>(db: &Connection, query: &str) -> Result<Vec<T>, StateError> {
    rows_of(ROW_VERSION, db, query)
}

fn rows_of<T: DeserializeOwned>(version: u8, db: &Connection, query: &str) -> Result<Vec<T>, StateError> {
    let read = |content: &Vec<u8>| unpacked(version, content).ok_or_else(damaged);
    contents(db, query)?.iter().map(read).collect()
}

fn damaged() -> StateError {
    StateError::Damaged("a user, group, session or token".to_owned())
}

fn unpacked<T: DeserializeOwned>(version: u8, content: &[u8]) -> Option<T> {
    let (found, rest) = content.split_first()?;
    if *found == version { decode_all(rest) } else { None }
}

fn packed<T: Serialize>(row: &T) -> Vec<u8> {
    packed_as(ROW_VERSION, row)
}

fn packed_as<T: Serialize>(version: u8, row: &T) -> Vec<u8> {
    postcard::to_extend(row, vec![version]).expect("rows always encode")
}

/// Writes one row's change.
pub fn write(db: &Connection, effect: &AccountEffect) -> Result<(), StateError> {
    match effect {
        AccountEffect::User(user) => db.execute(
            "INSERT OR REPLACE INTO user (name, content) VALUES (?, ?)",
            params![user.name, packed_as(OWNER_VERSION, user)],
        )?,
        AccountEffect::NoUser(name) => db.execute("DELETE FROM user WHERE name = ?", [name])?,
        AccountEffect::Group(group) => db.execute(
            "INSERT OR REPLACE INTO user_group (name, content) VALUES (?, ?)",
            params![group.name, packed_as(OWNER_VERSION, group)],
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
