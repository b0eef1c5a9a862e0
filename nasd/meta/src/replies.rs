//! Exactly once: the replies to requests that a client may send again.
//!
//! A request's id and reply are kept from its first execution, refusals too, until they are older than
//! [`Limits::reply_secs_max`] or pushed out by [`Limits::replies_max`] newer ones. Ids are in memory, replies
//! only in the table: a repetition is rare. What is forgotten depends on stamps and counts alone.
//!
//! [`Limits::reply_secs_max`]: crate::Limits::reply_secs_max
//! [`Limits::replies_max`]: crate::Limits::replies_max

use crate::Stamp;
use crate::counters::Counters;
use crate::error::{MetaError, damaged};
use nasd_base::OpId;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{HashMap, VecDeque};

struct Remembered {
    seq: u64,
    op: OpId,
    /// The stamp's time, in nanoseconds since 1970.
    at: i64,
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
            memory.note(Remembered {
                seq: row.get::<_, i64>(0)? as u64,
                op: OpId(u128::from_be_bytes(op)),
                at: row.get(2)?,
            });
        }
        Ok(memory)
    }

    fn note(&mut self, remembered: Remembered) {
        self.by_op.insert(remembered.op, remembered.seq);
        self.order.push_back(remembered);
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
        counters: &mut Counters,
        stamp: &Stamp,
        reply: &[u8],
    ) -> Result<(), MetaError> {
        let seq = counters.next_reply;
        counters.next_reply += 1;
        let remembered = Remembered { seq, op: stamp.op, at: stamp.now.as_nanos() };
        db.prepare_cached("INSERT INTO reply (seq, op, at, reply) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![seq as i64, stamp.op.0.to_be_bytes(), remembered.at, reply])?;
        self.forget_old(counters, remembered.at);
        self.note(remembered);
        Ok(())
    }

    fn forget_old(&mut self, counters: &Counters, now: i64) {
        let limits = counters.limits;
        let age_max = (limits.reply_secs_max as i64).saturating_mul(1_000_000_000);
        while let Some(oldest) = self.order.front() {
            let too_many = self.order.len() as u64 >= limits.replies_max.max(1);
            if !too_many && now.saturating_sub(oldest.at) <= age_max {
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
