//! Names in directories: what a name may be, and the rows of `dirent`.

use crate::apply::Apply;
use crate::error::MetaError;
use crate::schema::{kind_from, kind_number};
use nasd_base::file::{FileKind, NAME_BYTES_MAX};
use nasd_base::{Errno, Ino};
use rusqlite::{Connection, OptionalExtension, params};

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DirRow {
    pub ino: Ino,
    pub kind: FileKind,
}

/// Refuses bytes that are no name: `Inval` for none, a slash or a NUL, `NameTooLong` past 255 bytes.
pub(crate) fn check(name: &[u8]) -> Result<(), Errno> {
    if name.len() > NAME_BYTES_MAX {
        return Err(Errno::NameTooLong);
    }
    if name.is_empty() || name.iter().any(|byte| matches!(byte, b'/' | 0)) {
        return Err(Errno::Inval);
    }
    Ok(())
}

/// Refuses what cannot be made: `.` and `..` are there already.
pub(crate) fn check_new(name: &[u8]) -> Result<(), Errno> {
    check(name)?;
    if is_dots(name) { Err(Errno::Exist) } else { Ok(()) }
}

/// `.` or `..`, which have no rows.
pub(crate) fn is_dots(name: &[u8]) -> bool {
    matches!(name, b"." | b"..")
}

/// What the name means in the directory.
pub(crate) fn find(db: &Connection, parent: Ino, name: &[u8]) -> Result<Option<DirRow>, MetaError> {
    let mut statement = db.prepare_cached("SELECT ino, kind FROM dirent WHERE parent = ?1 AND name = ?2")?;
    let row = statement
        .query_row(params![parent.0 as i64, name], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
        .optional()?;
    row.map(|(ino, kind)| Ok(DirRow { ino: Ino(ino as u64), kind: kind_from(kind)? })).transpose()
}

/// A name of the inode in the directory, if it is among the first `most` that were made there: names are no key of it.
pub(crate) fn name_of(
    db: &Connection,
    parent: Ino,
    ino: Ino,
    most: u32,
) -> Result<Option<Vec<u8>>, MetaError> {
    let mut statement = db.prepare_cached(
        "SELECT name FROM (SELECT name, ino FROM dirent WHERE parent = ?1 ORDER BY cookie LIMIT ?3) WHERE ino = ?2",
    )?;
    let numbers = params![parent.0 as i64, ino.0 as i64, most];
    Ok(statement.query_row(numbers, |row| row.get(0)).optional()?)
}

impl Apply<'_> {
    /// Adds a name that is not there. Its cookie is above all that listings have given out.
    pub fn insert_name(&mut self, parent: Ino, name: &[u8], entry: DirRow) -> Result<(), MetaError> {
        let cookie = self.memory.counters.next_cookie;
        self.memory.counters.next_cookie += 1;
        self.name_changed(parent, name);
        self.db
            .prepare_cached(
                "INSERT INTO dirent (parent, name, ino, kind, cookie, txg) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                parent.0 as i64,
                name,
                entry.ino.0 as i64,
                kind_number(entry.kind),
                cookie as i64,
                self.txg.0 as i64
            ])?;
        Ok(())
    }

    /// Makes a name that is there mean another inode. Its cookie stays, so that no listing misses it.
    pub fn replace_name(&mut self, parent: Ino, name: &[u8], entry: DirRow) -> Result<(), MetaError> {
        self.name_changed(parent, name);
        self.db
            .prepare_cached(
                "UPDATE dirent SET ino = ?3, kind = ?4, txg = ?5 WHERE parent = ?1 AND name = ?2",
            )?
            .execute(params![
                parent.0 as i64,
                name,
                entry.ino.0 as i64,
                kind_number(entry.kind),
                self.txg.0 as i64
            ])?;
        Ok(())
    }

    pub fn remove_name(&mut self, parent: Ino, name: &[u8]) -> Result<(), MetaError> {
        self.name_changed(parent, name);
        self.db
            .prepare_cached("DELETE FROM dirent WHERE parent = ?1 AND name = ?2")?
            .execute(params![parent.0 as i64, name])?;
        Ok(())
    }

    fn name_changed(&mut self, parent: Ino, name: &[u8]) {
        self.writing();
        self.effects.names.push((parent, bytes::Bytes::copy_from_slice(name)));
    }
}
