//! Exports: which volume NFS clients find under a path, and who may.

mod command;
mod decide;
mod error;
mod rows;
mod rules;
#[cfg(test)]
mod tests;

pub use command::ExportCommand;
pub use error::ExportError;
pub(crate) use rows::ExportEffect;
pub use rules::{CLIENTS_MAX, PATH_BYTES_MAX, check_export_path};

use crate::noun::{Tag, hashed};
use nasd_base::export::Export;

pub fn export_tag(export: &Export) -> Tag {
    hashed("export", export)
}
