//! Which errors mean that something has run out, and not that a disk is broken.
//!
//! They are few, and each is here for a reason: the call was refused before anything of it was done, and the same
//! call succeeds when there is enough again. What is not listed is taken for a failing disk.
//!
//! * EMFILE, ENFILE: the process or the system has no descriptor left; somebody will close one.
//! * ENOMEM, ENOBUFS: the kernel had no memory for the call.
//! * ENOSPC, EDQUOT: the disk is full, or what may be used of it is; deletes help.
//!
//! EINTR is not among them: [`crate::RealDisk`] calls again. Nor is EAGAIN, which a file never answers to a call that
//! may wait. A flush that failed is never one, whatever it failed with: the kernel forgets what it could not write,
//! so a second flush would succeed and mean nothing.

use rustix::io::Errno;
use std::fmt;
use std::io;

/// What there is not enough of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    Descriptors,
    Memory,
    Space,
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Shortage::Descriptors => "too few file descriptors",
            Shortage::Memory => "too little memory",
            Shortage::Space => "no space on the disk",
        })
    }
}

/// What the operation lacked; `None` if the error says that something is broken.
pub fn shortage(error: &io::Error) -> Option<Shortage> {
    if let Some(code) = error.raw_os_error() {
        return match Errno::from_raw_os_error(code) {
            Errno::MFILE | Errno::NFILE => Some(Shortage::Descriptors),
            Errno::NOMEM | Errno::NOBUFS => Some(Shortage::Memory),
            Errno::NOSPC | Errno::DQUOT => Some(Shortage::Space),
            _ => None,
        };
    }
    if let Some(explained) = error.get_ref().and_then(|inner| inner.downcast_ref::<Explained>()) {
        return shortage(&explained.cause);
    }
    match error.kind() {
        io::ErrorKind::OutOfMemory => Some(Shortage::Memory),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(Shortage::Space),
        _ => None,
    }
}

/// An error with the file's name and what was being done, which still knows its cause.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {name}: {cause}")]
struct Explained {
    name: String,
    doing: String,
    cause: io::Error,
}

/// Adds the file's name and what was being done to an error, and keeps its kind.
pub(crate) fn explain(name: &str, doing: &str, error: impl Into<io::Error>) -> io::Error {
    let cause = error.into();
    io::Error::new(cause.kind(), Explained { name: name.to_owned(), doing: doing.to_owned(), cause })
}

/// A flush that failed: final, so that nothing in it may look like a shortage.
pub(crate) fn flush_failed(name: &str, doing: &str, error: impl Into<io::Error>) -> io::Error {
    io::Error::other(format!("{doing} {name}: {}", error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_run_out_is_told_from_what_is_broken_also_when_it_was_explained() {
        let of = |errno: Errno| {
            let plain = io::Error::from(errno);
            let told = explain("segment-1", "cannot open", explain("segment-1", "cannot make", errno));
            assert_eq!(shortage(&plain), shortage(&told), "{errno}");
            shortage(&told)
        };
        for (errno, lacks) in [
            (Errno::MFILE, Shortage::Descriptors),
            (Errno::NFILE, Shortage::Descriptors),
            (Errno::NOMEM, Shortage::Memory),
            (Errno::NOBUFS, Shortage::Memory),
            (Errno::NOSPC, Shortage::Space),
            (Errno::DQUOT, Shortage::Space),
        ] {
            assert_eq!(of(errno), Some(lacks));
        }
        for errno in
            [Errno::IO, Errno::ROFS, Errno::NODEV, Errno::NXIO, Errno::INVAL, Errno::ACCESS, Errno::INTR]
        {
            assert_eq!(of(errno), None, "{errno}");
        }
    }

    #[test]
    fn a_flush_that_failed_for_want_of_space_is_final_all_the_same() {
        assert_eq!(shortage(&flush_failed("log-1", "cannot flush", Errno::NOSPC)), None);
        assert_eq!(shortage(&flush_failed("log-1", "cannot flush", Errno::NOMEM)), None);
    }
}
