//! `cargo xtask demo`: builds the programs, optimised but without what debuggers need, and hands over to `nasd demo`.

use crate::dist::PROGRAMS;
use crate::packages::{self, COMPILER, FUSE, LIBC, MAKE};
use crate::run::{cargo, run, target_dir};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Runs `nasd demo` in this process's place, so that Ctrl-C and the exit code are its own.
pub fn demo(arguments: &[&str]) -> Result<(), String> {
    packages::ensure(&[COMPILER, MAKE, LIBC, FUSE])?;
    let programs = PROGRAMS.map(|program| format!("-p{program}"));
    run(cargo().args(["build", "--profile", "demo"]).args(programs))?;
    let nasd = target_dir().join("demo/nasd");
    let mut command = Command::new(&nasd);
    command.arg("demo").args(arguments);
    if !arguments.iter().any(|word| *word == "--dir" || word.starts_with("--dir=")) {
        command.args(["--dir", "gotgan-demo"]);
    }
    Err(format!("cannot start {}: {}", nasd.display(), command.exec()))
}
