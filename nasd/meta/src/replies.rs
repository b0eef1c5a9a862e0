//! Exactly once: the replies to requests that a client may send again.
//!
//! A request's id and reply are kept from its first execution, refusals too, until they are older than
//! [`StateBounds::reply_secs_max`] or pushed out by [`StateBounds::replies_max`] newer ones. Ids are in memory, replies
//! only in the table: a repetition is rare. What is forgotten depends on stamps and counts alone.
//!
//! Age is not the difference of two stamps: the leaders' clocks may be hours apart, and a new leader's first
//! stamp would make every reply old just when its clients repeat what the last leader did not answer. It is
//! the sum of the steps between consecutive stamps, none of which counts for more than [`STEP_NANOS_MAX`].
//!
//! [`StateBounds::reply_secs_max`]: crate::StateBounds::reply_secs_max
//! [`StateBounds::replies_max`]: crate::StateBounds::replies_max

use crate::Stamp;
use crate::counters::VolumeCounters;
use crate::error::{MetaError, damaged};
use nasd_base::OpId;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{HashMap, VecDeque};

/// The most that passes between two remembered requests, as far as age goes: half a minute.
const STEP_NANOS_MAX: i64 = 30_000_000_000;

/// Replies that one request pushes out at most. More than it adds, so that a burst that has grown old is gone in the
/// end, and no apply deletes it at once.
const FORGOTTEN_AT_ONCE: usize = 16;

struct Remembered {
    seq: u64,
    op: OpId,
    /// The stamp's time, in nanoseconds since 1970.
    at: i64,
    /// The sum of the steps up to here. Only differences mean anything.
    elapsed: i64,
}

/// Which requests have been answered.
pub(crate) struct ReplyMemory {
    by_op: HashMap<OpId, u64>,
    /// Oldest first.
    order: VecDeque<Remembered>,
    /// Rows below this are to be deleted with the next flush.
    delete_below: Option<u64>,
}

impl ReplyMemory {
    pub fn load(db: &Connection) -> Result<ReplyMemory, MetaError> {
        let mut memory = ReplyMemory { by_op: HashMap::new(), order: VecDeque::new(), delete_below: None };
        let mut statement = db.prepare_cached("SELECT seq, op, at FROM reply ORDER BY seq")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let op: [u8; 16] = row.get(1)?;
            memory.note(row.get::<_, i64>(0)? as u64, OpId(u128::from_be_bytes(op)), row.get(2)?);
        }
        Ok(memory)
    }

    fn note(&mut self, seq: u64, op: OpId, at: i64) {
        let elapsed = self.elapsed_at(at);
        self.by_op.insert(op, seq);
        self.order.push_back(Remembered { seq, op, at, elapsed });
    }

    /// The sum of steps at a stamp that follows the newest remembered one.
    fn elapsed_at(&self, at: i64) -> i64 {
        self.order
            .back()
            .map_or(0, |newest| newest.elapsed + at.saturating_sub(newest.at).clamp(0, STEP_NANOS_MAX))
    }

    /// The encoded result of the request's first execution.
    pub fn find(&self, db: &Connection, op: OpId) -> Result<Option<Vec<u8>>, MetaError> {
        let Some(seq) = self.by_op.get(&op) else { return Ok(None) };
        let mut statement = db.prepare_cached("SELECT reply FROM reply WHERE seq = ?1")?;
        let reply = statement.query_row([*seq as i64], |row| row.get(0)).optional()?;
        reply.map(Some).ok_or_else(|| damaged(format!("remembered reply {seq} has no row")))
    }

    pub fn remember(
        &mut self,
        db: &Connection,
        counters: &mut VolumeCounters,
        stamp: &Stamp,
        reply: &[u8],
    ) -> Result<(), MetaError> {
        let seq = counters.next_reply;
        counters.next_reply += 1;
        let at = stamp.now.as_nanos();
        db.prepare_cached("INSERT INTO reply (seq, op, at, reply) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![seq as i64, stamp.op.0.to_be_bytes(), at, reply])?;
        self.forget_old(counters, self.elapsed_at(at));
        self.note(seq, stamp.op, at);
        Ok(())
    }

    fn forget_old(&mut self, counters: &VolumeCounters, now: i64) {
        let bounds = counters.bounds;
        let age_max = (bounds.reply_secs_max as i64).saturating_mul(1_000_000_000);
        for _ in 0..FORGOTTEN_AT_ONCE {
            let Some(oldest) = self.order.front() else { break };
            let too_many = self.order.len() as u64 >= bounds.replies_max.max(1);
            if !too_many && now.saturating_sub(oldest.elapsed) <= age_max {
                break;
            }
            self.by_op.remove(&oldest.op);
            self.delete_below = Some(oldest.seq + 1);
            self.order.pop_front();
        }
    }

    pub fn flush(&mut self, db: &Connection) -> Result<(), MetaError> {
        if let Some(seq) = self.delete_below.take() {
            db.prepare_cached("DELETE FROM reply WHERE seq < ?1")?.execute([seq as i64])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Volume, name};
    use crate::{Change, CreateMode, Outcome, Stamp, StateBounds, VolumeOptions};
    use nasd_base::file::{NewNode, SetAttr};
    use nasd_base::{Errno, Ino, OpId};
    use nasd_state::Machine;

    fn create(at: &str) -> Change {
        let (node, set, mode) = (NewNode::File, SetAttr::default(), CreateMode::Guarded);
        Change::Create { parent: Ino::ROOT, name: name(at), node, set, mode }
    }

    fn stamped(volume: &Volume, op: u128) -> Stamp {
        Stamp { op: OpId(op), ..volume.stamp() }
    }

    #[test]
    fn a_retry_gets_the_first_reply() {
        let mut volume = Volume::new();
        let request = (stamped(&volume, 7), create("a"));
        let first = volume.batch(std::slice::from_ref(&request));
        assert!(matches!(first[0], Ok(Outcome::Created { made: true, .. })));
        let after_first = volume.dump();
        volume.now.secs += 5;
        assert_eq!(volume.batch(&[(stamped(&volume, 7), create("a"))]), first);
        assert_eq!(volume.dump(), after_first);
        assert_eq!(volume.batch(&[(stamped(&volume, 8), create("a"))]), vec![Err(Errno::Exist)]);
    }

    #[test]
    fn a_retry_in_the_same_batch_is_recognised() {
        let mut volume = Volume::new();
        let stamp = stamped(&volume, 7);
        let results = volume.batch(&[(stamp.clone(), create("a")), (stamp, create("a"))]);
        assert!(results[0].is_ok());
        assert_eq!(results[0], results[1]);
    }

    #[test]
    fn a_refusal_is_remembered_too() {
        let mut volume = Volume::new();
        let unlink = Change::Unlink { parent: Ino::ROOT, name: name("a") };
        assert_eq!(volume.batch(&[(stamped(&volume, 7), unlink.clone())]), vec![Err(Errno::NoEnt)]);
        volume.batch(&[(volume.stamp(), create("a"))]);
        assert_eq!(volume.batch(&[(stamped(&volume, 7), unlink)]), vec![Err(Errno::NoEnt)]);
    }

    #[test]
    fn replies_survive_a_restart() {
        let mut volume = Volume::new();
        let first = volume.batch(&[(stamped(&volume, u128::MAX), create("a"))]);
        volume.machine.prepare(&volume.db).unwrap();
        assert_eq!(volume.batch(&[(stamped(&volume, u128::MAX), create("a"))]), first);
    }

    #[test]
    fn requests_without_an_id_are_executed_again() {
        let mut volume = Volume::new();
        assert!(volume.batch(&[(volume.stamp(), create("a"))])[0].is_ok());
        assert_eq!(volume.batch(&[(volume.stamp(), create("a"))]), vec![Err(Errno::Exist)]);
    }

    #[test]
    fn old_and_surplus_replies_are_forgotten() {
        let bounds = StateBounds { replies_max: 3, reply_secs_max: 60, ..Default::default() };
        let mut volume = Volume::with(VolumeOptions { bounds, ..Default::default() });
        let rows = |volume: &Volume| -> Vec<i64> {
            let mut statement = volume.db.prepare("SELECT seq FROM reply ORDER BY seq").unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        for op in 1..=4 {
            volume.batch(&[(stamped(&volume, op), create(&format!("f{op}")))]);
        }
        assert_eq!(rows(&volume), vec![2, 3, 4]);
        assert_eq!(volume.batch(&[(stamped(&volume, 1), create("f1"))]), vec![Err(Errno::Exist)]);
        for op in 9..=11 {
            volume.now.secs += 29;
            volume.batch(&[(stamped(&volume, op), create(&format!("f{op}")))]);
        }
        volume.now.secs += 29;
        volume.batch(&[(stamped(&volume, 12), create("f12"))]);
        assert_eq!(rows(&volume), vec![7, 8, 9], "what is more than a minute old is gone");
    }

    /// A client's RENAME was executed by a leader that died before it answered. The next leader's clock was an
    /// hour ahead: its first stamp made all replies old, the repetition was executed too and answered NOENT.
    /// The simulation's seed 20 found it.
    #[test]
    fn a_leader_whose_clock_is_an_hour_ahead_still_knows_the_replies() {
        let mut volume = Volume::new();
        let request = (stamped(&volume, 7), create("a"));
        let first = volume.batch(std::slice::from_ref(&request));
        volume.now.secs += 3600;
        volume.batch(&[(stamped(&volume, 8), create("b"))]);
        assert_eq!(volume.batch(&[(stamped(&volume, 7), create("a"))]), first);
        volume.now.secs -= 3600;
        volume.batch(&[(stamped(&volume, 9), create("c"))]);
        assert_eq!(volume.batch(&[(stamped(&volume, 7), create("a"))]), first);
    }
}
