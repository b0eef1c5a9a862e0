//! Owns the installation of schemathesis, which `tests/cluster` fuzzes the management interface with: a Python
//! program, in an environment of its own below the target folder.

use crate::run::{root, run, target_dir};
use std::process::Command;

/// Names every package with its version; the test has it, too.
const REQUIREMENTS: &str = "tests/cluster/tests/contract/requirements.txt";

/// Installs it unless the environment was made from the same list. Needs [`crate::packages::PYTHON`].
pub fn ensure() -> Result<(), String> {
    let (environment, wanted) = (target_dir().join("schemathesis"), root().join(REQUIREMENTS));
    let list = std::fs::read(&wanted).map_err(|error| format!("{}: {error}", wanted.display()))?;
    let made_from = environment.join("requirements.txt");
    if std::fs::read(&made_from).is_ok_and(|made_from| made_from == list) {
        return Ok(());
    }
    eprintln!("Installing schemathesis (once; half a minute)");
    run(Command::new("/usr/bin/python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    run(Command::new(environment.join("bin/python")).args(pip).arg(&wanted))?;
    std::fs::write(&made_from, list).map_err(|error| format!("{}: {error}", made_from.display()))
}
