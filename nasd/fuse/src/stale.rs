//! Owns the removal of mounts that a killed process left behind.

use crate::mountinfo::{canonical, mounted_at};
use rustix::mount::{UnmountFlags, unmount};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// A dead mount answers at once; one that does not answer by then is alive and busy.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Removes dead FUSE mounts at `at` ("Transport endpoint is not connected") and says whether there were any.
///
/// A mount whose process lives is left alone, and so is anything that is not FUSE. Processes that still have
/// files of the dead mount open keep getting errors from them. Needs root. May block for two seconds when a
/// live mount at `at` is served by the runtime that calls this.
///
/// # Errors
/// When the table of mounts cannot be read or the kernel refuses to unmount.
pub fn remove_stale_mount(at: &Path) -> io::Result<bool> {
    let at = match canonical(at) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        resolved => resolved?,
    };
    let mut removed = false;
    while is_fuse(&at)? && is_dead(&at) {
        unmount(&at, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW)?;
        removed = true;
    }
    Ok(removed)
}

fn is_fuse(at: &Path) -> io::Result<bool> {
    Ok(mounted_at(at)?.is_some_and(|line| line.kind == "fuse" || line.kind.starts_with("fuse.")))
}

/// Asks from a thread of its own, since a live mount may take its time.
fn is_dead(at: &Path) -> bool {
    let (tell, told) = mpsc::channel();
    let at: PathBuf = at.to_owned();
    let asked = std::thread::Builder::new().name("fuse-probe".into()).spawn(move || {
        let _ = tell.send(rustix::fs::statfs(&at).err());
    });
    asked.is_ok() && told.recv_timeout(ANSWER_TIMEOUT) == Ok(Some(rustix::io::Errno::NOTCONN))
}
