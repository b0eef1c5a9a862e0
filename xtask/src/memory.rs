//! Owns the question whether a fuzz target's memory grows: reads what libFuzzer says while it runs.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// MiB that a target may grow by in the second half of its time. In the first it warms up: its corpus, caches of the
/// allocator and of SQLite.
const GROWTH_MIB_MAX: u64 = 48;

/// Resident memory at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sample {
    at: Duration,
    mib: u64,
}

/// Runs a target to its end, shows what it says, and refuses growth.
///
/// # Errors
/// When it fails, or grows.
pub fn watch(target: &str, command: &mut Command, time: Duration) -> Result<(), String> {
    let mut child = command
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start the target {target}: {error}"))?;
    let mut samples = Vec::new();
    let mut began = None;
    let said = BufReader::new(child.stderr.take().ok_or("no pipe")?).lines();
    for line in said.map_while(Result::ok) {
        eprintln!("{line}");
        if let Some(mib) = resident(&line) {
            let at = began.get_or_insert_with(now).elapsed();
            samples.push(Sample { at, mib });
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("the target {target} failed: {status}"));
    }
    let verdict = judge(&samples, time).map_err(|why| format!("the target {target} {why}"))?;
    eprintln!("{target}: {verdict}");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a fuzz target runs on real time")]
fn now() -> Instant {
    Instant::now()
}

/// The number of a line like `#4096 pulse cov: 7 ft: 9 corp: 2/3b lim: 4 exec/s: 2048 rss: 35Mb`.
fn resident(line: &str) -> Option<u64> {
    let (_, rest) = line.split_once(" rss: ").filter(|_| line.starts_with('#'))?;
    rest.split_once("Mb")?.0.parse().ok()
}

/// At the start, at half time and at the end.
fn judge(samples: &[Sample], time: Duration) -> Result<String, String> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
        return Err("said nothing of its memory".to_owned());
    };
    let half = samples.iter().take_while(|sample| sample.at <= time / 2).last().unwrap_or(first);
    let said = format!(
        "resident memory {} MiB at the start, {} at half time, {} at the end",
        first.mib, half.mib, last.mib
    );
    if last.mib > half.mib + GROWTH_MIB_MAX {
        return Err(format!("grows: {said}"));
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(all: &[(u64, u64)]) -> Vec<Sample> {
        all.iter().map(|(secs, mib)| Sample { at: Duration::from_secs(*secs), mib: *mib }).collect()
    }

    #[test]
    fn the_lines_of_libfuzzer_are_read() {
        let line = "#4096\tpulse  cov: 7 ft: 9 corp: 2/3b lim: 4 exec/s: 2048 rss: 35Mb";
        assert_eq!(resident(line), Some(35));
        assert_eq!(
            resident("#65\tNEW    cov: 9 ft: 9 corp: 3/5b lim: 4 exec/s: 0 rss: 36Mb L: 2/2 MS: 1"),
            Some(36)
        );
        assert_eq!(
            resident("==1== ERROR: libFuzzer: out-of-memory (used: 600Mb; limit: 512Mb) rss: 7Mb"),
            None
        );
        assert_eq!(resident("INFO: Seed: 1"), None);
    }

    #[test]
    fn a_target_may_warm_up_and_not_grow_on() {
        let time = Duration::from_secs(60);
        let warm = samples(&[(0, 30), (20, 90), (29, 130), (31, 140), (60, 150)]);
        let said = "resident memory 30 MiB at the start, 130 at half time, 150 at the end";
        assert_eq!(judge(&warm, time).as_deref(), Ok(said));
        let leak = samples(&[(0, 30), (30, 130), (60, 230)]);
        assert!(judge(&leak, time).is_err_and(|why| why.starts_with("grows")));
        assert!(judge(&[], time).is_err());
    }
}
