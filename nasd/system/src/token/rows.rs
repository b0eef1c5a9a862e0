//! The tokens' rows.

use super::{Token, TokenHash};
use crate::sqlite::{array, each, id};
use crate::tables::Tables;
use nasd_base::{NodeId, Timestamp};
use nasd_state::StateError;
use rusqlite::{Connection, Row, params};

pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS token (
        hash BLOB PRIMARY KEY, expires_ns INTEGER NOT NULL, used_by INTEGER) WITHOUT ROWID;
";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenEffect {
    Token(Token),
    NoToken(TokenHash),
}

pub fn take(tables: &mut Tables, effect: TokenEffect) {
    match effect {
        TokenEffect::Token(token) => drop(tables.tokens.insert(token.hash, token)),
        TokenEffect::NoToken(hash) => drop(tables.tokens.remove(&hash)),
    }
}

pub fn load(db: &Connection, tables: &mut Tables) -> Result<(), StateError> {
    each(db, "SELECT hash, expires_ns, used_by FROM token", |row| {
        take(tables, TokenEffect::Token(token(row)?));
        Ok(())
    })
}

fn token(row: &Row<'_>) -> Result<Token, StateError> {
    let used_by: Option<i64> = row.get(2)?;
    Ok(Token {
        hash: array(row.get(0)?, "a token's hash")?,
        expires: Timestamp::from_nanos(row.get(1)?),
        used_by: used_by.map(id).transpose()?.map(NodeId),
    })
}

pub fn write(db: &Connection, effect: &TokenEffect) -> Result<(), StateError> {
    match effect {
        TokenEffect::Token(Token { hash, expires, used_by }) => db
            .prepare_cached("INSERT OR REPLACE INTO token (hash, expires_ns, used_by) VALUES (?, ?, ?)")?
            .execute(params![hash, expires.as_nanos(), used_by.map(|node| node.0 as i64)])?,
        TokenEffect::NoToken(hash) => db.execute("DELETE FROM token WHERE hash = ?", [hash])?,
    };
    Ok(())
}
