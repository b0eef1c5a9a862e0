//! Owns a node's own part of a bundle: versions, configuration, what it found and measured, what the kernel says, and
//! the last lines of the journal. The answer to `Question::Support`.

use super::archive::File;
use super::censor::without_secrets;
use crate::Manager;
use bytes::Bytes;
use nasd_api::MetricsFormat;
use serde_json::json;
use std::io::Read;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

const LEVEL: i32 = 6;
/// Below what a frame's header can hold.
const PART_BYTES_MAX: usize = 1 << 20;
/// As files, of which more are left out.
const FILES_BYTES_MAX: u64 = 16 << 20;
const FILE_BYTES_MAX: usize = 1 << 20;
const LINES: &str = "3000";
const JOURNAL_PATIENCE: Duration = Duration::from_secs(8);
/// What the kernel and the distribution say; none of it is about users' files.
const SYSTEM_FILES: [&str; 14] = [
    "/etc/os-release",
    "/proc/version",
    "/proc/uptime",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/diskstats",
    "/proc/net/dev",
    "/proc/net/sockstat",
    "/proc/pressure/cpu",
    "/proc/pressure/io",
    "/proc/pressure/memory",
    "/proc/self/limits",
    "/proc/self/mountinfo",
    "/proc/self/status",
];
const UNITS: [&str; 4] = ["nasd", "nas-web", "nas-snmp", "nas-notify"];

impl Manager {
    pub(crate) async fn part_of_bundle(&self) -> Bytes {
        let mut files = vec![
            File::new("machine.json", self.configuration()),
            File::new("diagnosis.json", pretty(&self.examiner.diagnosis())),
            File::new("log.txt", journal().await),
        ];
        if let Ok(metrics) = self.measured(MetricsFormat::PrometheusText).await {
            files.push(File::new("metrics.txt", metrics));
        }
        let read = tokio::task::spawn_blocking(system_files).await;
        files.extend(read.unwrap_or_default());
        packed(files)
    }

    /// What the node was told in its own file, as it understood it: no line of that file, where anything may stand.
    fn configuration(&self) -> Vec<u8> {
        let machine = &self.machine;
        pretty(&json!({
            "version": env!("CARGO_PKG_VERSION"),
            "dir": machine.dir,
            "chunk_dirs": machine.chunk_dirs,
            "mount_dir": machine.mount_dir,
            "name": machine.node_name(),
            "advertise": machine.advertise,
        }))
    }
}

fn pretty(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec_pretty(value).unwrap_or_default()
}

fn system_files() -> Vec<File> {
    let read = |path: &&str| {
        let mut text = Vec::new();
        let file = std::fs::File::open(path).ok()?;
        file.take(FILE_BYTES_MAX as u64).read_to_end(&mut text).ok()?;
        Some(File::new(&format!("system{path}"), text))
    };
    SYSTEM_FILES.iter().filter_map(read).collect()
}

/// The newest lines of Gotgan's programs, or why there are none.
async fn journal() -> String {
    let mut command = Command::new("journalctl");
    command.args(["--no-pager", "--quiet", "--output=short-iso", "--lines", LINES]);
    for unit in UNITS {
        command.args(["--unit", unit]);
    }
    command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let said = match timeout(JOURNAL_PATIENCE, command.output()).await {
        Ok(Ok(output)) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Ok(Err(error)) => return format!("The journal cannot be read: {error}.\n"),
        Err(_) => return "The journal did not answer in time.\n".to_owned(),
    };
    match said.is_empty() {
        true => "The journal has no lines of Gotgan's programs.\n".to_owned(),
        false => without_secrets(newest(&said)),
    }
}

/// The last lines of as many bytes.
fn newest(text: &str) -> &str {
    let from = text.ceil_char_boundary(text.len().saturating_sub(FILE_BYTES_MAX));
    match text[from..].split_once('\n') {
        Some((_, whole)) if from > 0 => whole,
        _ => text,
    }
}

/// As it travels: the largest files are left out until it fits.
fn packed(mut files: Vec<File>) -> Bytes {
    loop {
        let bytes = postcard::to_stdvec(&files).expect("files always encode");
        let packed = zstd::encode_all(&bytes[..], LEVEL).unwrap_or_default();
        let largest = files.iter().enumerate().max_by_key(|(_, file)| file.bytes.len()).map(|(at, _)| at);
        match largest {
            Some(at) if packed.len() > PART_BYTES_MAX || bytes.len() as u64 > FILES_BYTES_MAX => {
                drop(files.remove(at))
            }
            _ => return packed.into(),
        }
    }
}

/// Nothing for what is no part of a bundle.
pub fn read(packed: &[u8]) -> Option<Vec<File>> {
    let mut bytes = Vec::new();
    zstd::Decoder::new(packed).ok()?.take(FILES_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    postcard::from_bytes(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_too_large_goes_without_its_largest_files() {
        let mut state = 1_u32;
        let mut noise = |len: usize| -> Vec<u8> {
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            };
            (0..len).map(|_| next()).collect()
        };
        let files =
            vec![File::new("a", "x"), File::new("b", noise(PART_BYTES_MAX + 1)), File::new("c", noise(9))];
        let sent = packed(files.clone());
        assert!(sent.len() <= PART_BYTES_MAX);
        assert_eq!(read(&sent), Some(vec![files[0].clone(), files[2].clone()]));
    }

    #[test]
    fn what_is_no_part_is_none() {
        for odd in [&b""[..], b"GMA1", &[0x28, 0xb5, 0x2f, 0xfd, 0xff]] {
            assert_eq!(read(odd), None);
        }
        let bomb = zstd::encode_all(&vec![0; 20 << 20][..], LEVEL).unwrap();
        assert_eq!(read(&bomb).map(|files| files.len()), read(&bomb).map(|_| 0), "bounded, whatever it is");
    }

    #[test]
    fn the_newest_whole_lines_are_kept() {
        let line = "0123456789\n";
        let text = line.repeat(FILE_BYTES_MAX / line.len() * 2);
        let kept = newest(&text);
        assert!(kept.len() <= FILE_BYTES_MAX && kept.starts_with("0123") && kept.ends_with(line));
        assert_eq!(newest("a\nb\n"), "a\nb\n");
    }
}
