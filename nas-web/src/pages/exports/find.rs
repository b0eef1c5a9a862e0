//! Owns how one export is found: the cluster lists them.

use crate::refusal::Refused;
use crate::visit::Member;
use nasd_api::{Export, ListExports};

/// # Errors
/// The page that says that there is no such export, or why nobody knows.
pub async fn find(member: &Member, path: &str) -> Result<Export, Refused> {
    let exports = member.all::<ListExports>().await?;
    exports.into_iter().find(|export| export.path == path).ok_or_else(|| member.missing())
}
