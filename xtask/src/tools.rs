//! Cargo's own add-ons that the tests need, built from crates.io when they are missing.

use crate::run::{cargo, run, succeeds};

/// Installs `cargo SUBCOMMAND` from `package` unless it is there.
pub fn ensure(subcommand: &str, package: &str) -> Result<(), String> {
    if succeeds(cargo().args([subcommand, "--version"])) {
        return Ok(());
    }
    eprintln!("Installing {package} (once; a few minutes)");
    run(cargo().args(["install", "--locked", package]))
}
