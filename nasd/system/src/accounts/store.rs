//! Users, sessions and API tokens in SQLite. See `docs/formats/system-state.md`.

use super::tables::{
    AccountEffect, Accounts, ApiToken, Familiar, Group, GuessKey, Guesses, Session, SessionLimits,
    SetupToken, User,
};
use crate::noun::RowChange;
use nasd_cluster::decode_all;
use nasd_state::StateError;
use rusqlite::{Connection, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first byte of every row's content.
const ROW_VERSION: u8 = 1;

impl RowChange for AccountEffect {
    type Rows = Accounts;

    const SCHEMA: &str = "
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

    fn load(db: &Connection) -> Result<Accounts, StateError> {
        let mut accounts = Accounts::default();
        for user in rows::<User>(db, "SELECT content FROM user")? {
            AccountEffect::User(user).take(&mut accounts);
        }
        for group in rows::<Group>(db, "SELECT content FROM user_group")? {
            AccountEffect::Group(group).take(&mut accounts);
        }
        for limits in rows::<SessionLimits>(db, "SELECT content FROM session_limits")? {
            AccountEffect::SessionLimits(limits).take(&mut accounts);
        }
        for session in rows::<Session>(db, "SELECT content FROM session")? {
            AccountEffect::Session(session).take(&mut accounts);
        }
        for token in rows::<ApiToken>(db, "SELECT content FROM api_token")? {
            AccountEffect::ApiToken(token).take(&mut accounts);
        }
        for setup in rows::<SetupToken>(db, "SELECT content FROM setup_token")? {
            AccountEffect::SetupToken(setup).take(&mut accounts);
        }
        for (key, guesses) in rows::<(GuessKey, Guesses)>(db, "SELECT content FROM guess")? {
            AccountEffect::Guesses(key, guesses).take(&mut accounts);
        }
        for (user, places) in rows::<(String, Familiar)>(db, "SELECT content FROM familiar")? {
            AccountEffect::Familiar(user, places).take(&mut accounts);
        }
        Ok(accounts)
    }

    fn take(self, accounts: &mut Accounts) {
        match self {
            AccountEffect::User(user) => drop(accounts.users.insert(user.name.clone(), user)),
            AccountEffect::NoUser(name) => drop(accounts.users.remove(&name)),
            AccountEffect::Group(group) => drop(accounts.groups.insert(group.name.clone(), group)),
            AccountEffect::NoGroup(name) => drop(accounts.groups.remove(&name)),
            AccountEffect::SessionLimits(limits) => accounts.session_limits = limits,
            AccountEffect::Session(session) => drop(accounts.sessions.insert(session.hash, session)),
            AccountEffect::NoSession(hash) => drop(accounts.sessions.remove(&hash)),
            AccountEffect::ApiToken(token) => drop(accounts.api_tokens.insert(token.hash, token)),
            AccountEffect::NoApiToken(hash) => drop(accounts.api_tokens.remove(&hash)),
            AccountEffect::SetupToken(token) => drop(accounts.setup_tokens.insert(token.hash, token)),
            AccountEffect::NoSetupToken(hash) => drop(accounts.setup_tokens.remove(&hash)),
            AccountEffect::Guesses(key, guesses) => drop(accounts.guesses.insert(key, guesses)),
            AccountEffect::NoGuesses(key) => drop(accounts.guesses.remove(&key)),
            AccountEffect::Familiar(user, places) if places.is_empty() => {
                drop(accounts.familiar.remove(&user))
            }
            AccountEffect::Familiar(user, places) => drop(accounts.familiar.insert(user, places)),
        }
    }

    fn write(&self, db: &Connection) -> Result<(), StateError> {
        match self {
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
            AccountEffect::NoSetupToken(hash) => {
                db.execute("DELETE FROM setup_token WHERE hash = ?", [hash])?
            }
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
