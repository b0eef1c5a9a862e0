//! Users, sessions and API tokens in SQLite. See `docs/formats/system-state.md`.

use super::tables::{AccountEffect, Accounts};
use crate::noun::RowChange;
use crate::sqlite::{content, each, put, remove};
use nasd_state::StateError;
use rusqlite::Connection;
use serde::de::DeserializeOwned;

impl RowChange for AccountEffect {
    type Rows = Accounts;

    const SCHEMA: &str = "
        CREATE TABLE IF NOT EXISTS user (key TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS user_group (key TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS session_limits (key INTEGER PRIMARY KEY CHECK (key = 0), content BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS session (key BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS api_token (key BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS setup_token (key BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS guess (key BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS familiar (key TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
    ";

    fn load(db: &Connection) -> Result<Accounts, StateError> {
        let mut accounts = Accounts::default();
        load(db, "user", &mut accounts, AccountEffect::User)?;
        load(db, "user_group", &mut accounts, AccountEffect::Group)?;
        load(db, "session_limits", &mut accounts, AccountEffect::SessionLimits)?;
        load(db, "session", &mut accounts, AccountEffect::Session)?;
        load(db, "api_token", &mut accounts, AccountEffect::ApiToken)?;
        load(db, "setup_token", &mut accounts, AccountEffect::SetupToken)?;
        load(db, "guess", &mut accounts, |(key, guesses)| AccountEffect::Guesses(key, guesses))?;
        load(db, "familiar", &mut accounts, |(user, places)| AccountEffect::Familiar(user, places))?;
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
            AccountEffect::User(user) => put(db, "user", &user.name, user),
            AccountEffect::NoUser(name) => remove(db, "user", name),
            AccountEffect::Group(group) => put(db, "user_group", &group.name, group),
            AccountEffect::NoGroup(name) => remove(db, "user_group", name),
            AccountEffect::SessionLimits(limits) => put(db, "session_limits", &0, limits),
            AccountEffect::Session(session) => put(db, "session", &session.hash, session),
            AccountEffect::NoSession(hash) => remove(db, "session", hash),
            AccountEffect::ApiToken(token) => put(db, "api_token", &token.hash, token),
            AccountEffect::NoApiToken(hash) => remove(db, "api_token", hash),
            AccountEffect::SetupToken(token) => put(db, "setup_token", &token.hash, token),
            AccountEffect::NoSetupToken(hash) => remove(db, "setup_token", hash),
            AccountEffect::Guesses(key, guesses) => put(db, "guess", &content(key), &(key, guesses)),
            AccountEffect::NoGuesses(key) => remove(db, "guess", &content(key)),
            AccountEffect::Familiar(user, places) if places.is_empty() => remove(db, "familiar", user),
            AccountEffect::Familiar(user, places) => put(db, "familiar", user, &(user, places)),
        }
    }
}

fn load<T: DeserializeOwned>(
    db: &Connection,
    table: &str,
    accounts: &mut Accounts,
    change: impl Fn(T) -> AccountEffect,
) -> Result<(), StateError> {
    each(db, table, "a user, group, session or token", |row| change(row).take(accounts))
}
