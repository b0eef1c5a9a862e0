//! Owns how far the kernel reads ahead on a mount.

use crate::mountinfo::mounted_at;
use std::path::Path;

/// KiB read ahead of a sequential reader. The kernel's 128 KiB would make each of its requests an eighth of
/// what a call to the volume can carry.
const READ_AHEAD_KIB: u32 = 1024;

/// Raises the read-ahead of the mount at `at` (canonical). A kernel that refuses leaves it slower, not wrong.
pub(crate) fn raise(at: &Path) {
    let raised = match mounted_at(at) {
        Ok(Some(line)) => std::fs::write(
            format!("/sys/class/bdi/{}/read_ahead_kb", line.device),
            READ_AHEAD_KIB.to_string(),
        ),
        Ok(None) => return,
        Err(error) => Err(error),
    };
    if let Err(error) = raised {
        tracing::debug!(%error, "the kernel's read-ahead stays as it is");
    }
}
