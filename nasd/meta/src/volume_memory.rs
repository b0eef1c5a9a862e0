//! What the machine keeps in memory of its volume, between the tables and the changes.

use crate::counters::VolumeCounters;
use crate::error::MetaError;
use crate::inode::InodeCache;
use crate::replies::ReplyMemory;
use nasd_base::file::VolumeLimits;
use rusqlite::{Connection, OptionalExtension};

/// What the machine keeps in memory of its volume, all of it loaded from the tables.
pub(crate) struct VolumeMemory {
    pub counters: VolumeCounters,
    pub inodes: InodeCache,
    pub replies: ReplyMemory,
    /// Rows of `lock`.
    pub locks: u64,
    /// The row of `volume_limit`.
    pub limits: VolumeLimits,
}

impl VolumeMemory {
    pub fn load(db: &Connection) -> Result<VolumeMemory, MetaError> {
        Ok(VolumeMemory {
            counters: VolumeCounters::load(db)?,
            inodes: InodeCache::default(),
            replies: ReplyMemory::load(db)?,
            locks: lock_count(db)?,
            limits: load_limits(db)?,
        })
    }

    /// Writes what the changes of a command have left in memory.
    pub fn flush(&mut self, db: &Connection) -> Result<(), MetaError> {
        self.inodes.flush(db)?;
        self.replies.flush(db)?;
        self.counters.save(db)
    }
}

/// Rows of `lock`.
pub(crate) fn lock_count(db: &Connection) -> Result<u64, MetaError> {
    let rows: i64 = db.query_row("SELECT count(*) FROM lock", [], |row| row.get(0))?;
    Ok(rows as u64)
}

/// The limits that are in force.
pub(crate) fn load_limits(db: &Connection) -> Result<VolumeLimits, MetaError> {
    let mut statement = db.prepare_cached("SELECT bytes, files FROM volume_limit")?;
    let limits = statement.query_row([], |row| {
        let limit = |column| row.get::<_, Option<i64>>(column).map(|limit| limit.map(|limit| limit as u64));
        Ok(VolumeLimits { bytes: limit(0)?, files: limit(1)? })
    });
    Ok(limits.optional()?.unwrap_or_default())
}
