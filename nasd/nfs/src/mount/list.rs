//! EXPORT: the exports a client may see, which are those it may mount.

use crate::mount::types::{ExportEntry, HostName, MountPath, PATH_BYTES_MAX};
use bytes::Bytes;
use nasd_base::export::{Export, Exported};
use std::net::IpAddr;

/// Most exports in one answer.
const EXPORTS_LISTED_MAX: usize = 900;

/// A bound of the answer's size.
pub(super) const LISTING_BYTES_MAX: usize = EXPORTS_LISTED_MAX * (PATH_BYTES_MAX + 128);

/// Only the rule that admits the client is shown: the others are none of its business.
pub(super) fn visible(exports: &[Export], client: IpAddr) -> Vec<ExportEntry> {
    let admitted = exports
        .iter()
        .filter(|export| export.path.len() <= PATH_BYTES_MAX)
        .filter_map(|export| Some((export, export.rule_for(client)?)));
    let entries = admitted.map(|(export, rule)| ExportEntry {
        path: MountPath(Bytes::copy_from_slice(export.path.as_bytes())),
        groups: vec![HostName(rule.network.to_string().into())],
    });
    entries.take(EXPORTS_LISTED_MAX).collect()
}
