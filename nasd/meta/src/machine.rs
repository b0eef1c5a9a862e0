//! The state machine itself: commands in, replies out, effects told once they are committed.

use crate::apply::apply;
use crate::codec;
use crate::effects::{Effects, Observer};
use crate::error::MetaError;
use crate::schema::{self, VolumeOptions};
use crate::volume_memory::VolumeMemory;
use crate::{Change, ChangeResult, Stamp};
use bytes::Bytes;
use nasd_base::{Ino, OpId};
use nasd_state::{Machine, StateError};
use rusqlite::Connection;
use std::sync::Arc;

/// Statements kept prepared; all of apply's fit.
const STATEMENTS_MAX: usize = 128;

/// The metadata of one volume as a replicated state machine.
pub struct VolumeMachine {
    options: VolumeOptions,
    observer: Arc<dyn Observer>,
    /// `None` before `prepare`, and after a failed apply: memory and tables may then differ.
    memory: Option<VolumeMemory>,
    /// Of the commands applied since the last commit.
    pending: Effects,
    /// A database was opened before: another `prepare` means that it was replaced.
    prepared: bool,
}

impl VolumeMachine {
    /// A machine for a volume that begins as `options` say; an existing volume keeps what it began with.
    pub fn new(options: VolumeOptions, observer: Arc<dyn Observer>) -> Self {
        VolumeMachine { options, observer, memory: None, pending: Effects::default(), prepared: false }
    }

    fn apply_batch(&mut self, db: &Connection, command: &[u8]) -> Result<Bytes, MetaError> {
        let mut memory =
            self.memory.take().ok_or_else(|| crate::error::damaged("an earlier command failed"))?;
        let reply = match codec::decode_commands(command) {
            None => codec::reply_to_garbage(),
            Some(batch) => {
                if let Some((stamp, _)) = batch.first() {
                    start_history(db, &mut memory, stamp)?;
                }
                let mut results = Vec::with_capacity(batch.len());
                for (stamp, change) in &batch {
                    results.push(apply_once(db, &mut memory, &mut self.pending, stamp, change)?);
                }
                memory.flush(db)?;
                codec::join_results(&results)
            }
        };
        self.memory = Some(memory);
        Ok(reply)
    }
}

impl Machine for VolumeMachine {
    fn prepare(&mut self, db: &Connection) -> Result<(), StateError> {
        db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        schema::prepare(db, &self.options)?;
        self.pending = Effects::default();
        let replaced = self.prepared;
        self.memory = Some(VolumeMemory::load(db).map_err(state_error)?);
        self.prepared = true;
        if replaced {
            self.observer.replaced();
        }
        Ok(())
    }

    fn apply(&mut self, db: &Connection, _index: u64, command: &[u8]) -> Result<Bytes, StateError> {
        self.apply_batch(db, command).map_err(state_error)
    }

    fn committed(&mut self) {
        let mut effects = std::mem::take(&mut self.pending);
        if !effects.is_empty() {
            effects.settle();
            effects.txg = self.memory.as_ref().map_or(effects.txg, |memory| memory.counters.txg);
            self.observer.committed(&effects);
        }
    }
}

/// A volume's first command dates its root: a replica's own clock must not.
fn start_history(db: &Connection, memory: &mut VolumeMemory, stamp: &Stamp) -> Result<(), MetaError> {
    if memory.counters.txg.0 > 0 {
        return Ok(());
    }
    let Some(mut root) = memory.inodes.get(db, Ino::ROOT)? else { return Ok(()) };
    if root.attr.btime == Default::default() {
        let attr = &mut root.attr;
        for time in [&mut attr.atime, &mut attr.mtime, &mut attr.ctime, &mut attr.btime] {
            *time = nasd_base::Timestamp::from_nanos(stamp.now.as_nanos());
        }
        memory.inodes.put(root);
    }
    Ok(())
}

/// Applies a change unless it was applied before; returns its encoded result.
fn apply_once(
    db: &Connection,
    memory: &mut VolumeMemory,
    effects: &mut Effects,
    stamp: &Stamp,
    change: &Change,
) -> Result<Vec<u8>, MetaError> {
    if let Some(reply) = memory.replies.find(db, stamp.op)? {
        return Ok(reply);
    }
    let result: ChangeResult = match apply(db, memory, effects, stamp, change) {
        Ok(outcome) => Ok(outcome),
        Err(MetaError::Refused(errno)) => Err(errno),
        Err(error) => return Err(error),
    };
    let encoded = codec::encode_result(&result);
    if stamp.op != OpId::NONE {
        memory.replies.remember(db, &mut memory.counters, stamp, &encoded)?;
    }
    Ok(encoded)
}

/// A refusal outside of a change is a table that says what it must not.
fn state_error(error: MetaError) -> StateError {
    match error {
        MetaError::State(error) => error,
        MetaError::Refused(errno) => StateError::Damaged(format!("a table is inconsistent: {errno}")),
    }
}
