//! Owns what the console says, in all its languages: how messages are written down, and those that belong to no noun.

pub mod common;
mod language;
mod table;
mod text;

pub use common::{Words, of};
pub use language::Language;
pub(crate) use table::words;
pub use table::{Done, Table};
pub use text::Text;
