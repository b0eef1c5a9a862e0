//! `cargo xtask fuzz`: feeds the decoders with anything, one target after another.

use crate::memory;
use crate::packages::{self, COMPILER};
use crate::run::{cargo, root};
use crate::tools;
use std::fs;
use std::time::Duration;

/// How long one target is fuzzed when nothing is said.
const SECONDS: u64 = 60;
/// A target that needs more memory than this, in MiB, has believed a length that its input claims.
const RSS_MIB_MAX: u32 = 512;
/// Longest input, in bytes: a few records of everything.
const INPUT_BYTES_MAX: u32 = 16 << 10;

/// `[TARGET|all] [SECONDS]`.
pub fn fuzz(arguments: &[&str]) -> Result<(), String> {
    let known = targets()?;
    let (wanted, seconds) = match arguments {
        [] | ["all"] => (known, SECONDS),
        ["all", seconds] => (known, parse(seconds)?),
        [target, rest @ ..] if known.iter().any(|name| name == target) && rest.len() < 2 => {
            (vec![(*target).to_owned()], rest.first().map_or(Ok(SECONDS), |seconds| parse(seconds))?)
        }
        _ => {
            return Err(format!(
                "usage: cargo xtask fuzz [TARGET|all] [SECONDS]; targets: {}",
                known.join(", ")
            ));
        }
    };
    packages::ensure(&[COMPILER])?;
    tools::ensure("fuzz", "cargo-fuzz")?;
    for target in wanted {
        let mut command = cargo();
        // Coverage is a feature of nightly compilers; the stable one has it too, behind this variable. The address
        // sanitizer would need a standard library built for it.
        command.env("RUSTC_BOOTSTRAP", "1").args(["fuzz", "run", "--sanitizer", "none", &target, "--"]);
        command.args([
            format!("-max_total_time={seconds}"),
            format!("-rss_limit_mb={RSS_MIB_MAX}"),
            format!("-max_len={INPUT_BYTES_MAX}"),
            "-timeout=10".to_owned(),
        ]);
        memory::watch(&target, &mut command, Duration::from_secs(seconds))?;
    }
    Ok(())
}

fn parse(seconds: &str) -> Result<u64, String> {
    seconds.parse().map_err(|_| format!("{seconds} is not a number of seconds"))
}

/// The targets, by their files.
fn targets() -> Result<Vec<String>, String> {
    let dir = root().join("fuzz/fuzz_targets");
    let entries = fs::read_dir(&dir).map_err(|error| format!("cannot read {}: {error}", dir.display()))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".rs")?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}
