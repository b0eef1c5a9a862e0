//! What paths and client rules of exports look like, and how many there may be.

use super::ExportError;
use crate::rules::shown;
use nasd_base::export::ClientRule;

pub const EXPORTS_MAX: usize = 4096;
/// Longest export path, in bytes (MNTPATHLEN, RFC 1813 §5.1.3).
pub const PATH_BYTES_MAX: usize = 1024;
/// Longest part of an export path, in bytes.
const PART_BYTES_MAX: usize = nasd_base::file::NAME_BYTES_MAX;
/// Client rules of one export.
pub const CLIENTS_MAX: usize = 256;

pub fn check_export_path(path: &str) -> Result<(), ExportError> {
    let part_is_good = |part: &str| {
        (1..=PART_BYTES_MAX).contains(&part.len())
            && part != "."
            && part != ".."
            && !part.chars().any(char::is_control)
    };
    let good = path.len() <= PATH_BYTES_MAX
        && path.strip_prefix('/').is_some_and(|parts| parts.split('/').all(part_is_good));
    if good { Ok(()) } else { Err(ExportError::BadExportPath(shown(path))) }
}

/// Whether one path is the other, or lies inside it.
pub fn paths_overlap(one: &str, other: &str) -> bool {
    let inside = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    inside(one, other) || inside(other, one)
}

pub fn check_clients(clients: &[ClientRule]) -> Result<(), ExportError> {
    if clients.len() > CLIENTS_MAX {
        return Err(ExportError::TooManyClients(CLIENTS_MAX));
    }
    match clients.iter().find(|rule| !rule.network.is_sound()) {
        Some(rule) => Err(ExportError::BadNetwork(rule.network.to_string())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn export_paths_are_absolute_and_plain() {
        for good in ["/demo", "/a/b.c", "/한글", "/..."] {
            assert_eq!(check_export_path(good), Ok(()), "{good}");
        }
        let long_part = format!("/{}", "x".repeat(256));
        let long = "/x".repeat(600);
        for bad in ["", "/", "demo", "/demo/", "//demo", "/a//b", "/a/../b", "/.", "/a\nb", &long_part, &long]
        {
            assert!(check_export_path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn overlap_goes_by_whole_parts() {
        assert!(paths_overlap("/a", "/a") && paths_overlap("/a", "/a/b") && paths_overlap("/a/b", "/a"));
        assert!(!paths_overlap("/a", "/ab") && !paths_overlap("/a/b", "/a/c"));
    }
}
