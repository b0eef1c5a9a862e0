//! Segment files: their names, and how one is made ready.
//!
//! A segment gets its name only when its zeroes and its header are durable, so that a `log-` file with a bad
//! header is always damage and never a crash.

use crate::LogError;
use crate::format::{FIRST_BATCH, Salt, SegmentHeader};
use crate::state::ReadableSegment;
use bytes::Bytes;
use nasd_disk::{Disk, DiskFile, OpenMode};
use std::sync::Arc;

/// An open segment that can be written.
pub(crate) struct LogSegment {
    pub(crate) number: u64,
    pub(crate) bytes: u64,
    pub(crate) readable: ReadableSegment,
    /// Where the next batch goes.
    pub(crate) end: u64,
}

impl LogSegment {
    pub(crate) fn new(header: &SegmentHeader, file: Arc<dyn DiskFile>) -> LogSegment {
        let readable = ReadableSegment { name: segment_name(header.segment), file, salt: header.salt() };
        LogSegment { number: header.segment, bytes: header.segment_bytes, readable, end: FIRST_BATCH }
    }

    pub(crate) fn salt(&self) -> Salt {
        self.readable.salt
    }

    pub(crate) fn room(&self) -> u64 {
        self.bytes - self.end
    }
}

/// A file whose content nobody needs any more.
pub(crate) struct Retired {
    pub(crate) name: String,
    pub(crate) file: Arc<dyn DiskFile>,
}

pub(crate) fn segment_name(number: u64) -> String {
    format!("log-{number:016x}")
}

fn unfinished_name(number: u64) -> String {
    format!("spare-{number:016x}")
}

/// The number in a segment's name; `None` for any other file.
pub(crate) fn segment_number(name: &str) -> Option<u64> {
    let number = u64::from_str_radix(name.strip_prefix("log-")?, 16).ok()?;
    (segment_name(number) == name).then_some(number)
}

/// Whether a file is a segment that was never finished.
pub(crate) fn is_unfinished(name: &str) -> bool {
    name.starts_with("spare-")
}

/// Makes a segment ready, from a retired file of the same size or from nothing.
///
/// # Errors
/// `NoSpace` if the disk is full. What was half done is removed again, or at the next start.
pub(crate) async fn prepare(
    disk: &dyn Disk,
    header: SegmentHeader,
    retired: Option<Retired>,
) -> Result<LogSegment, LogError> {
    let Retired { name: old_name, file } = match retired {
        Some(retired) => retired,
        None => new_file(disk, &header).await?,
    };
    let name = segment_name(header.segment);
    let failed = |what: &str| LogError::disk(format!("{what} segment {name}"));
    let block = Bytes::copy_from_slice(&header.encode());
    file.write_durably_at(0, vec![block]).await.map_err(failed("write the header of"))?;
    disk.rename(&old_name, &name).await.map_err(failed("name"))?;
    disk.sync_names().await.map_err(failed("flush the name of"))?;
    Ok(LogSegment::new(&header, file))
}

async fn new_file(disk: &dyn Disk, header: &SegmentHeader) -> Result<Retired, LogError> {
    let name = unfinished_name(header.segment);
    let failed = |what: &str| LogError::disk(format!("{what} {name}"));
    match disk.remove(&name).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed("remove")(error)),
        _ => {}
    }
    let file = disk.open(&name, OpenMode::New).await.map_err(failed("create"))?;
    if let Err(error) = file.allocate(header.segment_bytes).await {
        if let Err(error) = disk.remove(&name).await {
            tracing::warn!(%name, %error, "cannot remove an unfinished log segment");
        }
        return Err(failed(&format!("allocate {} bytes for", header.segment_bytes))(error));
    }
    Ok(Retired { name, file })
}
