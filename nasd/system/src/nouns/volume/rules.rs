//! What names and limits of volumes look like, and how many there may be.

use super::VolumeError;
use crate::rules::{NAME_BYTES_MAX, shown};
use nasd_base::description::is_description;
use nasd_base::file::{RootDir, VolumeLimits};

/// Replicas of a volume, unless the cluster has fewer nodes.
pub const REPLICAS: u32 = 3;
/// Most replicas of a volume.
pub const REPLICAS_MAX: u32 = 7;
pub const VOLUMES_MAX: usize = 4096;

pub fn check_volume_name(name: &str) -> Result<(), VolumeError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let good = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(allowed);
    if good { Ok(()) } else { Err(VolumeError::BadVolumeName(shown(name))) }
}

/// A limit is a number that the tables hold, and lets at least something in.
pub fn check_limits(limits: &VolumeLimits) -> Result<(), VolumeError> {
    let good = |limit: Option<u64>| limit.is_none_or(|limit| (1..=i64::MAX as u64).contains(&limit));
    if good(limits.bytes) && good(limits.files) { Ok(()) } else { Err(VolumeError::BadLimit) }
}

/// `u32::MAX` is nobody's id: chown(2) takes it for "leave it".
pub fn check_root(root: RootDir) -> Result<(), VolumeError> {
    let good = root.mode <= 0o7777 && ![root.uid, root.gid].contains(&u32::MAX);
    if good { Ok(()) } else { Err(VolumeError::BadRoot) }
}

pub fn check_description(text: &str) -> Result<(), VolumeError> {
    if is_description(text) { Ok(()) } else { Err(VolumeError::BadDescription) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volume_names_have_few_letters() {
        for good in ["a", "-", "home_2", &"x".repeat(63)] {
            assert_eq!(check_volume_name(good), Ok(()), "{good}");
        }
        for bad in ["", "A", "a.b", "a/b", "a b", "../x", &"x".repeat(64)] {
            assert!(check_volume_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_refused_text_is_shown_short_and_harmless() {
        let VolumeError::BadVolumeName(shown) = check_volume_name(&"\x1b[31m".repeat(100)).unwrap_err()
        else {
            panic!("another refusal");
        };
        assert!(shown.chars().count() == 80 && !shown.contains('\x1b'));
    }
}
