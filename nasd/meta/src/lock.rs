//! Locks of byte ranges: who holds what, granted and refused in apply, so that every replica agrees.
//!
//! A lock lives as long as its owner's session says (`Unlock`, `EndSession`); nothing here looks at a clock.
//! Waiting for a lock is the file service's affair. Why it is done this way: `docs/decisions/0011-locks.md`.

use crate::apply::Apply;
use crate::error::MetaError;
use crate::lock_holder::{HeldLock, LockOwner, LockRange, LockSession};
use crate::lock_range::{Span, cut, put};
use crate::{Outcome, View};
use nasd_base::{Errno, Ino, NodeId};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Most locks of one volume; a lock beyond is refused with `NoLock`. The locks of one file are looked through
/// for every lock that is asked for, which takes milliseconds when all of them are on one file.
pub const LOCKS_PER_VOLUME_MAX: u64 = 65_536;

/// Most locks of one owner, so that one program cannot take them all.
pub const LOCKS_PER_OWNER_MAX: u64 = 4096;

/// The numbers of an owner as the tables have them: the signed integers with the same bits.
fn key(owner: LockOwner) -> [i64; 3] {
    [owner.session.node.0 as i64, owner.session.id as i64, owner.owner as i64]
}

fn held_lock(row: &Row<'_>) -> rusqlite::Result<HeldLock> {
    let number = |column| row.get::<_, i64>(column).map(|number| number as u64);
    let session = LockSession { node: NodeId(number(0)?), id: number(1)? };
    Ok(HeldLock {
        owner: LockOwner { session, owner: number(2)? },
        range: LockRange { first: number(3)?, last: number(4)? },
        exclusive: row.get(5)?,
        pid: row.get(6)?,
    })
}

/// The first lock of another owner that a lock of `range` would conflict with.
fn against(
    db: &Connection,
    ino: Ino,
    owner: LockOwner,
    range: LockRange,
    exclusive: bool,
) -> Result<Option<HeldLock>, MetaError> {
    let [node, session, number] = key(owner);
    let mut statement = db.prepare_cached(
        "SELECT node, session, owner, first, last, exclusive, pid FROM lock
         WHERE ino = ?1 AND first <= ?2 AND last >= ?3 AND (exclusive OR ?4)
           AND NOT (node = ?5 AND session = ?6 AND owner = ?7)
         ORDER BY first, node, session, owner LIMIT 1",
    )?;
    let (first, last) = (range.first as i64, range.last as i64);
    let values = params![ino.0 as i64, last, first, exclusive, node, session, number];
    Ok(statement.query_row(values, held_lock).optional()?)
}

impl Apply<'_> {
    pub fn lock(
        &mut self,
        ino: Ino,
        owner: LockOwner,
        range: LockRange,
        exclusive: bool,
        pid: u32,
    ) -> Result<Outcome, MetaError> {
        range.check()?;
        self.inode(ino)?;
        if against(self.db, ino, owner, range, exclusive)?.is_some() {
            return Err(Errno::Again.into());
        }
        let held = self.spans_near(ino, owner, range)?;
        let after = put(&held, Span { range, exclusive });
        self.check_lock_room(owner, &held, &after)?;
        self.replace_spans(ino, owner, pid, &held, &after)?;
        Ok(Outcome::Locked)
    }

    pub fn unlock(&mut self, ino: Ino, owner: LockOwner, range: LockRange) -> Result<Outcome, MetaError> {
        range.check()?;
        let held = self.spans_near(ino, owner, range)?;
        let after = cut(&held, range);
        self.check_lock_room(owner, &held, &after)?;
        let count = held.iter().filter(|span| span.range.overlaps(&range)).count() as u32;
        self.replace_spans(ino, owner, 0, &held, &after)?;
        Ok(Outcome::Unlocked { count })
    }

    pub fn end_session(&mut self, session: LockSession) -> Result<Outcome, MetaError> {
        let sql = "DELETE FROM lock WHERE node = ?1 AND session = ?2";
        let rows = self.db.prepare_cached(sql)?.execute([session.node.0 as i64, session.id as i64])?;
        self.forget_rows(rows);
        Ok(Outcome::Unlocked { count: rows as u32 })
    }

    /// The inode goes: so do its locks.
    pub fn drop_locks_of(&mut self, ino: Ino) -> Result<(), MetaError> {
        let rows = self.db.prepare_cached("DELETE FROM lock WHERE ino = ?1")?.execute([ino.0 as i64])?;
        self.forget_rows(rows);
        Ok(())
    }

    fn forget_rows(&mut self, rows: usize) {
        if rows > 0 {
            self.writing();
            self.memory.locks -= rows as u64;
        }
    }

    /// The owner's locks that overlap `range` or lie next to it, in order.
    fn spans_near(&self, ino: Ino, owner: LockOwner, range: LockRange) -> Result<Vec<Span>, MetaError> {
        let [node, session, number] = key(owner);
        let mut statement = self.db.prepare_cached(
            "SELECT node, session, owner, first, last, exclusive, pid FROM lock
             WHERE ino = ?1 AND node = ?2 AND session = ?3 AND owner = ?4 AND first <= ?5 AND last >= ?6
             ORDER BY first",
        )?;
        let (from, to) = (range.first.saturating_sub(1) as i64, (range.last as i64).saturating_add(1));
        let rows = statement.query_map(params![ino.0 as i64, node, session, number, to, from], |row| {
            held_lock(row).map(|held| Span { range: held.range, exclusive: held.exclusive })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Refuses what would make more locks than there may be. Fewer, or as many, always go.
    fn check_lock_room(&self, owner: LockOwner, held: &[Span], after: &[Span]) -> Result<(), MetaError> {
        let more = after.len().saturating_sub(held.len()) as u64;
        if more == 0 {
            return Ok(());
        }
        let mut statement = self
            .db
            .prepare_cached("SELECT count(*) FROM lock WHERE node = ?1 AND session = ?2 AND owner = ?3")?;
        let owned: i64 = statement.query_row(key(owner), |row| row.get(0))?;
        if self.memory.locks + more > LOCKS_PER_VOLUME_MAX || owned as u64 + more > LOCKS_PER_OWNER_MAX {
            return Err(Errno::NoLock.into());
        }
        Ok(())
    }

    /// Makes the rows of `held` those of `after`. Rows that stay as they are keep their process; a shortened
    /// one (`pid` 0) does too.
    fn replace_spans(
        &mut self,
        ino: Ino,
        owner: LockOwner,
        pid: u32,
        held: &[Span],
        after: &[Span],
    ) -> Result<(), MetaError> {
        if held == after {
            return Ok(());
        }
        self.writing();
        let [node, session, number] = key(owner);
        let mut old_pid = pid;
        for span in held.iter().filter(|span| !after.contains(span)) {
            let mut statement = self.db.prepare_cached(
                "DELETE FROM lock WHERE ino = ?1 AND node = ?2 AND session = ?3 AND owner = ?4 AND first = ?5
                 RETURNING pid",
            )?;
            let first = span.range.first as i64;
            old_pid =
                statement.query_row(params![ino.0 as i64, node, session, number, first], |row| row.get(0))?;
        }
        let pid = if pid == 0 { old_pid } else { pid };
        for span in after.iter().filter(|span| !held.contains(span)) {
            let (first, last) = (span.range.first as i64, span.range.last as i64);
            self.db
                .prepare_cached("INSERT INTO lock VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
                .execute(params![ino.0 as i64, node, session, number, first, last, span.exclusive, pid])?;
        }
        self.memory.locks = self.memory.locks + after.len() as u64 - held.len() as u64;
        Ok(())
    }
}

impl View<'_> {
    /// The first lock that would refuse `owner` a lock of `range`.
    pub fn lock_against(
        &self,
        ino: Ino,
        owner: LockOwner,
        range: LockRange,
        exclusive: bool,
    ) -> Result<Option<HeldLock>, MetaError> {
        against(self.0, ino, owner, range, exclusive)
    }

    /// The sessions that hold locks, in order.
    pub fn lock_sessions(&self) -> Result<Vec<LockSession>, MetaError> {
        let sql = "SELECT DISTINCT node, session FROM lock ORDER BY node, session";
        let mut statement = self.0.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| {
            let node = NodeId(row.get::<_, i64>(0)? as u64);
            Ok(LockSession { node, id: row.get::<_, i64>(1)? as u64 })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Volume;
    use crate::volume_memory::lock_count;
    use crate::{Change, ChangeResult};

    const ROOT: Ino = Ino::ROOT;

    fn owner(node: u64, session: u64, owner: u64) -> LockOwner {
        LockOwner { session: LockSession { node: NodeId(node), id: session }, owner }
    }

    fn range(first: u64, last: u64) -> LockRange {
        LockRange { first, last }
    }

    impl Volume {
        fn lock(&mut self, ino: Ino, owner: LockOwner, range: LockRange, exclusive: bool) -> ChangeResult {
            self.change(Change::Lock { ino, owner, range, exclusive, pid: owner.owner as u32 })
        }

        fn unlock(&mut self, ino: Ino, owner: LockOwner, range: LockRange) -> ChangeResult {
            self.change(Change::Unlock { ino, owner, range })
        }
    }

    #[test]
    fn shared_locks_live_together_and_an_exclusive_one_alone() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let (a, b) = (owner(1, u64::MAX, u64::MAX), owner(2, 5, 7));
        assert_eq!(volume.lock(file, a, range(0, 9), false), Ok(Outcome::Locked));
        assert_eq!(volume.lock(file, b, range(5, 20), false), Ok(Outcome::Locked));
        assert_eq!(volume.lock(file, b, range(0, 4), true), Err(Errno::Again));
        assert_eq!(volume.lock(file, b, range(10, 20), true), Ok(Outcome::Locked));
        let held = volume.view().lock_against(file, a, range(0, 100), true).unwrap().unwrap();
        assert_eq!((held.owner, held.range, held.exclusive, held.pid), (b, range(5, 9), false, 7));
        assert_eq!(volume.lock(file, a, range(0, 9), true), Err(Errno::Again));
        assert_eq!(volume.unlock(file, b, LockRange::WHOLE), Ok(Outcome::Unlocked { count: 2 }));
        assert_eq!(volume.lock(file, a, range(0, 9), true), Ok(Outcome::Locked));
        assert_eq!(volume.view().lock_against(file, a, LockRange::WHOLE, true).unwrap(), None);
    }

    #[test]
    fn an_owner_never_stands_in_its_own_way() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let a = owner(1, 1, 1);
        volume.lock(file, a, LockRange::WHOLE, true).unwrap();
        volume.lock(file, a, range(4, 5), false).unwrap();
        assert_eq!(volume.lock(file, owner(1, 1, 2), range(4, 5), false), Ok(Outcome::Locked));
        assert_eq!(volume.lock(file, owner(1, 2, 1), range(3, 3), false), Err(Errno::Again));
        // The same lock once more changes nothing.
        let before = volume.dump();
        let txg = volume.view().totals().unwrap().txg;
        volume.lock(file, a, range(4, 5), false).unwrap();
        assert_eq!((volume.dump(), volume.view().totals().unwrap().txg), (before, txg));
    }

    #[test]
    fn a_session_that_ends_takes_its_locks_along() {
        let mut volume = Volume::new();
        let (one, two) = (volume.file(ROOT, "one"), volume.file(ROOT, "two"));
        volume.lock(one, owner(1, 8, 1), range(0, 0), true).unwrap();
        volume.lock(two, owner(1, 8, 2), range(0, 0), true).unwrap();
        volume.lock(two, owner(1, 9, 1), range(1, 1), true).unwrap();
        let (old, new) = (owner(1, 8, 0).session, owner(1, 9, 0).session);
        assert_eq!(volume.view().lock_sessions().unwrap(), vec![old, new]);
        let ended = volume.change(Change::EndSession { session: old });
        assert_eq!(ended, Ok(Outcome::Unlocked { count: 2 }));
        assert_eq!(volume.view().lock_sessions().unwrap(), vec![new]);
        assert_eq!(volume.lock(two, owner(3, 1, 1), range(0, 1), true), Err(Errno::Again));
        assert_eq!(volume.lock(two, owner(3, 1, 1), range(0, 0), true), Ok(Outcome::Locked));
    }

    #[test]
    fn locks_are_bounded_and_giving_one_back_is_always_possible() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let a = owner(1, 1, 1);
        let batch: Vec<_> = (0..LOCKS_PER_OWNER_MAX)
            .map(|at| Change::Lock {
                ino: file,
                owner: a,
                range: range(at * 4, at * 4 + 2),
                exclusive: true,
                pid: 1,
            })
            .map(|change| (volume.stamp(), change))
            .collect();
        assert!(volume.batch(&batch).iter().all(Result::is_ok));
        let far = range(1 << 40, 1 << 41);
        assert_eq!(volume.lock(file, a, far, true), Err(Errno::NoLock));
        assert_eq!(volume.lock(file, owner(1, 1, 2), far, true), Ok(Outcome::Locked));
        // To take one out of the middle needs one lock more.
        assert_eq!(volume.unlock(file, a, range(1, 1)), Err(Errno::NoLock));
        assert_eq!(volume.unlock(file, a, range(0, 1)), Ok(Outcome::Unlocked { count: 1 }));
        assert_eq!(volume.lock(file, a, range(2, 3), true), Ok(Outcome::Locked));
        let all = LOCKS_PER_OWNER_MAX as u32 - 1;
        assert_eq!(volume.unlock(file, a, LockRange::WHOLE), Ok(Outcome::Unlocked { count: all }));
        assert_eq!(lock_count(&volume.db).unwrap(), 1);
    }

    #[test]
    fn nonsense_is_refused() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let a = owner(1, 1, 1);
        assert_eq!(volume.lock(file, a, range(5, 4), true), Err(Errno::Inval));
        assert_eq!(volume.lock(file, a, range(0, 1 << 63), true), Err(Errno::Inval));
        assert_eq!(volume.lock(Ino(99), a, range(0, 1), true), Err(Errno::Stale));
        assert_eq!(volume.unlock(Ino(99), a, range(0, 1)), Ok(Outcome::Unlocked { count: 0 }));
    }

    #[test]
    fn locks_go_with_their_inode() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.lock(file, owner(1, 1, 1), LockRange::WHOLE, true).unwrap();
        volume.unlink(ROOT, "f").unwrap();
        volume.change(Change::Reap { inos: vec![file] }).unwrap();
        assert_eq!(volume.view().lock_sessions().unwrap(), vec![]);
    }

    #[test]
    fn a_volume_from_before_there_were_locks_gets_the_table() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.db.execute_batch("DROP TABLE lock").unwrap();
        nasd_state::Machine::prepare(&mut volume.machine, &volume.db).unwrap();
        assert_eq!(volume.lock(file, owner(1, 1, 1), LockRange::WHOLE, true), Ok(Outcome::Locked));
    }
}
