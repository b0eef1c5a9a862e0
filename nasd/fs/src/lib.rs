//! What a file operation means.
mod service;
pub use service::*;
pub use nasd_meta::{Change, CreateMode, Outcome, RenameMode, XattrMode};
