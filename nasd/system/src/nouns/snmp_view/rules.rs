//! What names, views and sources of SNMP look like, and how many there may be.

use super::{SnmpAccess, SnmpView, SnmpViewError};
use crate::nouns::{SystemError, SystemView};
use crate::rules::shown;

pub const VIEWS_MAX: usize = 100;
/// That a view includes, and that it excludes.
pub const OIDS_MAX: usize = 64;
/// From which one user or community may ask.
pub const SOURCES_MAX: usize = 64;
/// Longest name of a user, community or view (RFC 3414 §5, usmUserName).
const NAME_BYTES_MAX: usize = 32;

/// Those that are always there: everything, and who and where a node is.
pub fn built_in_views() -> [SnmpView; 2] {
    [("all", "1.3.6.1"), ("system", "1.3.6.1.2.1.1")].map(|(name, tree)| SnmpView {
        name: name.to_owned(),
        included: tree.parse().into_iter().collect(),
        excluded: Vec::new(),
    })
}

/// Of a user, a community or a view.
pub fn check_snmp_name(name: &str) -> Result<(), SnmpViewError> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let good = name.len() <= NAME_BYTES_MAX
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && name.bytes().all(inner);
    if good { Ok(()) } else { Err(SnmpViewError::BadSnmpName(shown(name))) }
}

pub fn check_trees(view: &SnmpView) -> Result<(), SnmpViewError> {
    let fit = (1..=OIDS_MAX).contains(&view.included.len()) && view.excluded.len() <= OIDS_MAX;
    if fit { Ok(()) } else { Err(SnmpViewError::SnmpViewSize(OIDS_MAX)) }
}

/// Whether there is such a view, and somewhere to ask from.
pub fn check_access(view: &SystemView, access: &SnmpAccess) -> Result<(), SnmpViewError> {
    let SnmpAccess { view: name, sources } = access;
    if !view.snmp_views.contains_key(name) && !built_in_views().iter().any(|view| view.name == *name) {
        return Err(SnmpViewError::UnknownSnmpView(shown(name)));
    }
    if !(1..=SOURCES_MAX).contains(&sources.len()) {
        return Err(SnmpViewError::SnmpSources(SOURCES_MAX));
    }
    match sources.iter().find(|source| !source.is_sound()) {
        Some(bad) => Err(SnmpViewError::BadSnmpSource(bad.to_string())),
        None => Ok(()),
    }
}

/// Whether one more of them can be held.
pub fn check_room(held: usize, max: usize, what: &str) -> Result<(), SystemError> {
    if held < max { Ok(()) } else { Err(SystemError::Full(what.to_owned())) }
}
