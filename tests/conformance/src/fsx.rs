//! Owns a run of fsx: random operations on one file, each read checked.

use crate::tools::FSX;
use harness::setting;
use std::path::Path;

/// Operations of one run, unless [`OPS_VARIABLE`] says otherwise: about twenty seconds in a test build.
const OPS: u64 = 3_000;
/// Set it to 200000 for a night's run.
pub const OPS_VARIABLE: &str = "GOTGAN_FSX_OPS";

/// How many operations each run does.
pub fn ops() -> u64 {
    setting::number(OPS_VARIABLE, OPS)
}

/// Runs fsx on `file` with a configuration (TOML; empty: its defaults). Panics with its log when it finds a
/// difference; the same seed repeats the same operations.
pub fn exercise(file: &Path, config: &str, seed: u64, ops: u64, scratch: &Path) {
    let config_file = scratch.join(format!("fsx-{seed}.toml"));
    std::fs::write(&config_file, config).expect("a configuration file");
    let mut command = FSX.command();
    command.arg("-N").arg(ops.to_string()).arg("-S").arg(seed.to_string());
    command.arg("-f").arg(&config_file).arg("-P").arg(scratch).arg(file);
    let output = command.output().expect("fsx starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, tail(&said, 80));
    assert!(said.contains("All operations completed"), "{command:?} ended early:\n{}", tail(&said, 80));
}

/// The last lines.
fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
