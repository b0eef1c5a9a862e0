//! Owns how often the engine of a node was started, over restarts (RFC 3414 2.2.2).

use crate::agent::Engine;
use nasd_base::clock::Timestamp;
use nasd_files::{Folder, Mode};
use tokio::time::Instant;

const FILE: &str = "snmp-boots";
const FILE_BYTES_MAX: usize = 256;
/// A start takes longer than this, so that a number made from the time was not reached by counting.
const SECONDS_PER_START: i64 = 10;
const BOOTS_MAX: u32 = i32::MAX as u32;

/// Where the number of starts is kept.
#[derive(Clone, Debug)]
pub struct Boots {
    folder: Folder,
}

impl Boots {
    pub fn new(folder: Folder) -> Boots {
        Boots { folder }
    }

    /// Counts a start of the engine with this id. Durable on return: nothing may be answered before.
    ///
    /// The number only grows for one id. When the file is lost it goes on at what counting cannot have reached; at the
    /// greatest number it stays.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn begin(&self, id: &[u8], clock: Timestamp, now: Instant) -> Result<Engine, String> {
        let wrong = |error| format!("{}: {error}", self.folder.path().join(FILE).display());
        let text = self.folder.read(FILE, FILE_BYTES_MAX).map_err(wrong)?.unwrap_or_default();
        let last = last_of(&text, &hex(id)).unwrap_or_else(|| of_clock(clock));
        let boots = last.saturating_add(1).min(BOOTS_MAX);
        let line = format!("{} {boots}\n", hex(id));
        self.folder.replace(FILE, line.as_bytes(), Mode::Owner).map_err(wrong)?;
        Ok(Engine { id: id.to_vec(), boots, began: now })
    }
}

fn last_of(text: &[u8], id: &str) -> Option<u32> {
    let (known, number) = std::str::from_utf8(text).ok()?.trim_end().split_once(' ')?;
    (known == id).then(|| number.parse().ok()).flatten()
}

fn of_clock(clock: Timestamp) -> u32 {
    u32::try_from(clock.secs / SECONDS_PER_START).unwrap_or(0).min(BOOTS_MAX - 1)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &[u8] = &[0x80, 0, 0x7e, 0xd9, 4, 1];
    const CLOCK: Timestamp = Timestamp { secs: 1_796_000_000, nanos: 0 };

    fn begin(dir: &tempfile::TempDir, id: &[u8]) -> Result<u32, String> {
        Boots::new(Folder::new(dir.path())).begin(id, CLOCK, Instant::now()).map(|engine| engine.boots)
    }

    fn lay(dir: &tempfile::TempDir, text: &str) {
        std::fs::write(dir.path().join(FILE), text).unwrap();
    }

    #[test]
    fn every_start_counts() {
        let dir = tempfile::tempdir().unwrap();
        let first = begin(&dir, ID).unwrap();
        assert_eq!(first, 179_600_001);
        assert_eq!((begin(&dir, ID), begin(&dir, ID)), (Ok(first + 1), Ok(first + 2)));
    }

    #[test]
    fn another_engine_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        lay(&dir, "8000 7\n");
        assert_eq!(begin(&dir, ID), Ok(179_600_001));
        assert_eq!(begin(&dir, ID), Ok(179_600_002));
    }

    #[test]
    fn the_greatest_number_stays() {
        let dir = tempfile::tempdir().unwrap();
        lay(&dir, &format!("{} {}\n", hex(ID), BOOTS_MAX - 1));
        assert_eq!((begin(&dir, ID), begin(&dir, ID)), (Ok(BOOTS_MAX), Ok(BOOTS_MAX)));
    }

    #[test]
    fn a_file_that_says_nothing_is_as_good_as_none() {
        for text in ["", "8000", "x y", "80007ed90401 -4", "\0\0\0"] {
            let dir = tempfile::tempdir().unwrap();
            lay(&dir, text);
            assert_eq!(begin(&dir, ID), Ok(179_600_001), "{text:?}");
        }
    }

    #[test]
    fn nothing_is_answered_when_it_cannot_be_kept() {
        let gone = Boots::new(Folder::new(std::path::Path::new("/proc/nothing")));
        assert!(gone.begin(ID, CLOCK, Instant::now()).unwrap_err().contains("/proc/nothing/snmp-boots"));
    }
}
