//! Owns what whoever restores decides.

/// What becomes of what is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conflict {
    /// It stays, and what could not be restored is a fault.
    #[default]
    Refuse,
    /// It stays, and is counted.
    Skip,
    /// It is replaced, unless it is as new as what is restored or newer.
    Older,
    /// It is replaced. Whoever has the file open keeps the old one.
    Replace,
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// A directory that is there is never a conflict: it is filled, and gets the owner, mode and times of the restored
    /// one.
    pub conflict: Conflict,
    /// Says what would be done, and does nothing.
    pub dry_run: bool,
    /// Of threads that read and write files.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options { conflict: Conflict::default(), dry_run: false, threads: 4 }
    }
}
