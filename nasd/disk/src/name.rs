//! Which file names a disk accepts.

use std::io;

const NAME_BYTES_MAX: usize = 255;

/// Refuses names that would leave the directory or that a file system cannot hold.
pub(crate) fn check(name: &str) -> io::Result<()> {
    let plain = !name.is_empty() && name != "." && name != ".." && name.len() <= NAME_BYTES_MAX;
    if plain && !name.contains(['/', '\0']) {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{name:?} is not a plain file name")))
}

/// What every later write and flush of a file answers after a flush of it failed.
pub(crate) fn poisoned(name: &str) -> io::Error {
    io::Error::other(format!(
        "{name}: an earlier flush failed, so what is on the disk is unknown; check the disk and restart the node"
    ))
}
