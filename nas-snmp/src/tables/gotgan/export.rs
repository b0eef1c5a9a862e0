//! Owns `gotganExportTable`: what is offered over NFS.

use super::place::{EXPORT_ENTRY, implied, ours};
use crate::cluster::Said;
use crate::tables::values::{gauge, text};
use crate::tree::TreeBuilder;

pub fn add_to(tree: &mut TreeBuilder, said: &Said) {
    let entry = ours(&EXPORT_ENTRY);
    for export in &said.exports {
        if let Some(path) = implied(&export.path) {
            let rules = export.clients.len() as u64;
            tree.row(&entry, &path, [(2, Some(text(&export.volume))), (3, Some(gauge(rules)))]);
        }
    }
}
