//! Owns what is said about the directory at the top of a volume: whose it is, and who may write into it.

use crate::ApiError;
use crate::described::ModeText;
use crate::refused;
use nasd_base::file;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Largest id of a user or group: the one above stands for "leave it" in chown(2).
pub const ID_MAX: u32 = u32::MAX - 1;

/// The directory at the top of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RootDir {
    /// Ids of its owner and its group, as clients number them.
    #[schemars(range(max = ID_MAX))]
    pub uid: u32,
    #[schemars(range(max = ID_MAX))]
    pub gid: u32,
    #[schemars(with = "ModeText")]
    pub mode: Mode,
}

/// The twelve permission bits, written in octal as for chmod(1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mode(u32);

/// A text that is no mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no mode: use three or four octal digits, as for chmod; 1777 lets everybody write, 755 the owner"
)]
pub struct BadMode(String);

impl Mode {
    /// What an owner and its group get unless another is given; what is made there is the group's, too.
    pub const OF_AN_OWNER: Mode = Mode(0o2770);

    pub const fn new(bits: u32) -> Mode {
        Mode(bits & 0o7777)
    }

    pub fn bits(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:03o}", self.0)
    }
}

impl FromStr for Mode {
    type Err = BadMode;

    fn from_str(text: &str) -> Result<Mode, BadMode> {
        let octal = matches!(text.len(), 3 | 4) && text.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
        match u32::from_str_radix(text, 8) {
            Ok(bits) if octal => Ok(Mode(bits)),
            _ => Err(BadMode(text.chars().take(20).collect())),
        }
    }
}

impl TryFrom<String> for Mode {
    type Error = BadMode;

    fn try_from(text: String) -> Result<Mode, BadMode> {
        text.parse()
    }
}

impl From<Mode> for String {
    fn from(mode: Mode) -> String {
        mode.to_string()
    }
}

impl From<file::RootDir> for RootDir {
    fn from(file::RootDir { uid, gid, mode }: file::RootDir) -> RootDir {
        RootDir { uid, gid, mode: Mode::new(mode) }
    }
}

impl From<RootDir> for file::RootDir {
    fn from(RootDir { uid, gid, mode }: RootDir) -> file::RootDir {
        file::RootDir { uid, gid, mode: mode.bits() }
    }
}

impl Default for RootDir {
    /// Whoever may mount may write, and nobody takes away what another made: as in `/tmp`.
    fn default() -> RootDir {
        file::RootDir::default().into()
    }
}

impl RootDir {
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        match self.uid <= ID_MAX && self.gid <= ID_MAX {
            true => Ok(()),
            false => Err(refused::id_too_large(ID_MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mode_is_octal() {
        for (text, bits) in [("1777", 0o1777), ("755", 0o755), ("0700", 0o700), ("000", 0)] {
            assert_eq!(text.parse::<Mode>().unwrap().bits(), bits);
        }
        for bad in ["", "7", "77", "888", "17777", "+77", "0x7", "rwx", "٧٧٧"] {
            assert!(bad.parse::<Mode>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_mode_is_read_as_it_is_written(bits in 0u32..=0o7777) {
            let mode = Mode::new(bits);
            prop_assert_eq!(mode.to_string().parse::<Mode>().unwrap(), mode);
        }
    }
}
