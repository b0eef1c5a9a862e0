//! Cargo's own add-ons and the test suites that the tests need, built from crates.io when they are missing.

use crate::run::{cargo, run, succeeds};
use std::path::PathBuf;
use std::process::Command;

/// Installs `cargo SUBCOMMAND` from `package` unless it is there.
pub fn ensure(subcommand: &str, package: &str) -> Result<(), String> {
    if succeeds(cargo().args([subcommand, "--version"])) {
        return Ok(());
    }
    eprintln!("Installing {package} (once; a few minutes)");
    // Unoptimised: to build it takes longer than to run it.
    run(cargo().args(["install", "--locked", "--debug", package]))
}

/// Installs the program `name` in this version unless it is there. `tests/conformance` names the same
/// versions, and fails with any other.
pub fn ensure_program(name: &str, version: &str) -> Result<(), String> {
    let said = Command::new(installed(name)).arg("--version").output();
    if said.is_ok_and(|output| output.stdout.trim_ascii() == format!("{name} {version}").as_bytes()) {
        return Ok(());
    }
    eprintln!("Installing {name} {version} (once; a minute or two)");
    run(cargo().args(["install", "--locked", "--force", "--version", &format!("={version}"), name]))
}

/// Where `cargo install` puts it; failing that, wherever the path has it.
fn installed(name: &str) -> PathBuf {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home);
    let path = cargo.map(|cargo| cargo.join("bin").join(name));
    path.filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from(name))
}
