//! The kernel of the emulated client of `tests/guest`: Debian's package, unpacked and never installed.

use crate::run::target_dir;
use crate::unpacked;
use std::process::Command;

/// Depends on the newest package of this kind: small, and with the modules that virtual machines need.
const NEWEST: &str = "linux-image-cloud-amd64";

/// Fetches it unless it is there. On other architectures the tests that need it are left out.
pub fn ensure() -> Result<(), String> {
    if !cfg!(target_arch = "x86_64") {
        return Ok(());
    }
    unpacked::into(&target_dir().join("guest/kernel"), newest)
}

fn newest() -> Result<String, String> {
    let output = Command::new("apt-cache").args(["depends", NEWEST]).output();
    let said = output.map_err(|error| format!("cannot start apt-cache: {error}"))?.stdout;
    let said = String::from_utf8_lossy(&said).into_owned();
    let mut needed = said.lines().filter_map(|line| line.trim().strip_prefix("Depends: linux-image-"));
    needed.next().map(|rest| format!("linux-image-{rest}")).ok_or(format!("apt does not know {NEWEST}"))
}
