//! Owns /proc/loadavg and /proc/uptime, and counts what runs.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// How many programs ran or waited on average in the last 1, 5 and 15 minutes, in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load(pub [u32; 3]);

impl Load {
    pub fn parse(text: &str) -> Option<Load> {
        let mut words = text.split_ascii_whitespace().map(hundredths);
        Some(Load([words.next()??, words.next()??, words.next()??]))
    }
}

/// How many programs there are: each is a directory, by its number.
pub fn processes(proc: &Path) -> u32 {
    let is_number = |name: &OsStr| name.as_bytes().iter().all(u8::is_ascii_digit);
    let entries = std::fs::read_dir(proc).into_iter().flatten().flatten();
    entries.filter(|entry| is_number(&entry.file_name())).count() as u32
}

/// For how long the machine has been running.
pub fn uptime(text: &str) -> Option<Duration> {
    let hundredths = hundredths(text.split_ascii_whitespace().next()?)?;
    Some(Duration::from_millis(10 * u64::from(hundredths)))
}

/// `1.05` is 105.
fn hundredths(word: &str) -> Option<u32> {
    let (whole, part) = word.split_once('.')?;
    let part: u32 = (part.len() == 2).then(|| part.parse().ok()).flatten()?;
    whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_are_read() {
        let text = "0.50 1.05 12.00 3/4567 890\n";
        assert_eq!(Load::parse(text), Some(Load([50, 105, 1200])));
        assert_eq!(uptime("350735.47 234388.90\n"), Some(Duration::from_millis(350_735_470)));
        for text in ["", "1", "1.5", "a.bc 1.00 1.00", "4294967296.00 1.00 1.00", "1.00 1.00"] {
            assert_eq!(Load::parse(text), None, "{text}");
        }
    }
}
