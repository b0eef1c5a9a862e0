//! The tokens' rows.

use super::{Token, TokenHash};
use crate::noun::RowChange;
use crate::sqlite::{array, id, load};
use nasd_base::{NodeId, Timestamp};
use nasd_state::StateError;
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenEffect {
    Token(Token),
    NoToken(TokenHash),
}

impl RowChange for TokenEffect {
    type Rows = BTreeMap<TokenHash, Token>;

    const SCHEMA: &str = "
        CREATE TABLE IF NOT EXISTS token (
            hash BLOB PRIMARY KEY, expires_ns INTEGER NOT NULL, used_by INTEGER) WITHOUT ROWID;
    ";

    fn load(db: &Connection) -> Result<Self::Rows, StateError> {
        load(db, "SELECT hash, expires_ns, used_by FROM token", |row| Ok(TokenEffect::Token(token(row)?)))
    }

    fn take(self, rows: &mut Self::Rows) {
        match self {
            TokenEffect::Token(token) => drop(rows.insert(token.hash, token)),
            TokenEffect::NoToken(hash) => drop(rows.remove(&hash)),
        }
    }

    fn write(&self, db: &Connection) -> Result<(), StateError> {
        match self {
            TokenEffect::Token(Token { hash, expires, used_by }) => db
                .prepare_cached("INSERT OR REPLACE INTO token (hash, expires_ns, used_by) VALUES (?, ?, ?)")?
                .execute(params![hash, expires.as_nanos(), used_by.map(|node| node.0 as i64)])?,
            TokenEffect::NoToken(hash) => db.execute("DELETE FROM token WHERE hash = ?", [hash])?,
        };
        Ok(())
    }
}

fn token(row: &Row<'_>) -> Result<Token, StateError> {
    let used_by: Option<i64> = row.get(2)?;
    Ok(Token {
        hash: array(row.get(0)?, "a token's hash")?,
        expires: Timestamp::from_nanos(row.get(1)?),
        used_by: used_by.map(id).transpose()?.map(NodeId),
    })
}
