//! Restores a tree of a repository below a directory of this machine: exactly, and nothing outside of it.
//!
//! ```text
//!   walk ─▶ directories, links, devices, at once
//!     ├───▶ files ─▶ threads: chunks ─▶ a file beside it ─▶ its place
//!     └───▶ when all are there: hard links, then each directory's owner, mode and times
//! ```
//!
//! Every name is looked up in a directory that is held open, and no link is followed: neither a hostile repository nor
//! somebody who moves directories meanwhile leads it elsewhere.

mod beneath;
mod content;
mod options;
mod outcome;
mod put;
mod walk;

pub use options::{Conflict, Options};
pub use outcome::{Fault, Outcome, Progress};
pub use walk::{RestoreError, restore};
