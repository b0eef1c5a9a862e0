//! What a file operation can refuse with, in POSIX terms.

use serde::{Deserialize, Serialize};

macro_rules! errnos {
    ($($(#[$doc:meta])* $name:ident = $raw:literal, $text:literal;)*) => {
        /// A refusal of a file operation: one variant per POSIX error that a client can act on.
        ///
        /// The state machine's replies carry it, so its encoding (the variant's position) is part of the
        /// wire and log format: append, never reorder.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
        pub enum Errno {
            $($(#[$doc])* #[error($text)] $name,)*
        }

        impl Errno {
            /// Linux's number for it on x86-64 and arm64.
            pub fn raw(self) -> i32 {
                match self { $(Errno::$name => $raw,)* }
            }

            /// The variant for Linux's number; `Io` for one that is not listed.
            pub fn from_raw(raw: i32) -> Errno {
                match raw { $($raw => Errno::$name,)* _ => Errno::Io }
            }
        }
    };
}

errnos! {
    Perm = 1, "operation not permitted";
    NoEnt = 2, "no such file or directory";
    Io = 5, "input/output error";
    NxIo = 6, "no such device or address";
    Again = 11, "try again";
    Access = 13, "permission denied";
    Exist = 17, "file exists";
    XDev = 18, "cross-volume link or rename";
    NotDir = 20, "not a directory";
    IsDir = 21, "is a directory";
    Inval = 22, "invalid argument";
    FileTooBig = 27, "file too large";
    NoSpace = 28, "no space left on the volume";
    ReadOnly = 30, "read-only export";
    TooManyLinks = 31, "too many links";
    Range = 34, "result too large for the buffer";
    NameTooLong = 36, "file name too long";
    NotEmpty = 39, "directory not empty";
    /// The xattr does not exist (ENODATA).
    NoData = 61, "no such attribute";
    NotSupported = 95, "operation not supported";
    /// The handle's inode is gone.
    Stale = 116, "stale file handle";
    Quota = 122, "quota exceeded";
    /// No leader could be reached in time (ETIMEDOUT). The operation may or may not have happened; a retry
    /// with the same [`crate::OpId`] is safe.
    TimedOut = 110, "the volume has no reachable leader";
    /// SETATTR's guard did not match (NFS3ERR_NOT_SYNC).
    NotSync = 201, "the file changed since the attributes were read";
    /// A READDIR cookie that was never given out (NFS3ERR_BAD_COOKIE).
    BadCookie = 202, "invalid directory cookie";
    /// A signal came while the call waited (EINTR).
    Interrupted = 4, "interrupted";
    /// The volume, or the lock's owner, has as many locks as it may (ENOLCK).
    NoLock = 37, "no locks available";
}

#[cfg(test)]
mod tests {
    use super::Errno;

    #[test]
    fn raw_numbers_round_trip() {
        for raw in 1..256 {
            let errno = Errno::from_raw(raw);
            assert!(errno == Errno::Io || errno.raw() == raw);
        }
    }
}
