//! The kernel of the emulated client of `tests/guest`: Debian's package, unpacked below the target folder
//! and never installed.

use crate::packages;
use crate::run::{run, target_dir};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Depends on the newest package of this kind: small, and with the modules that virtual machines need.
const NEWEST: &str = "linux-image-cloud-amd64";

/// Fetches it unless it is there. On other architectures the tests that need it are left out.
pub fn ensure() -> Result<(), String> {
    let (dir, kernel) = (target_dir().join("guest"), target_dir().join("guest/kernel"));
    if !cfg!(target_arch = "x86_64") || kernel.exists() {
        return Ok(());
    }
    eprintln!("Fetching Debian's kernel for the tests' emulated client (once)");
    let fresh = dir.join("fresh");
    let _ = std::fs::remove_dir_all(&fresh);
    std::fs::create_dir_all(&fresh).map_err(|error| format!("{}: {error}", fresh.display()))?;
    let package = fetch(&fresh)?;
    let unpacked = fresh.join("kernel");
    run(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(&unpacked))?;
    std::fs::rename(&unpacked, &kernel).map_err(|error| format!("{}: {error}", kernel.display()))?;
    std::fs::remove_dir_all(&fresh).map_err(|error| format!("{}: {error}", fresh.display()))
}

/// The package's file. Package lists that are old or empty are renewed once, where this user may.
fn fetch(into: &Path) -> Result<PathBuf, String> {
    download(into).or_else(|_| {
        packages::update()?;
        download(into)
    })
}

fn download(into: &Path) -> Result<PathBuf, String> {
    let name = newest()?;
    // apt would fetch as a user that may not write here.
    run(Command::new("apt-get")
        .args(["-qq", "-o", "APT::Sandbox::User=root", "download", &name])
        .current_dir(into))?;
    let entries = std::fs::read_dir(into).map_err(|error| format!("{}: {error}", into.display()))?;
    let mut files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    files
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .ok_or(format!("no package {name}"))
}

fn newest() -> Result<String, String> {
    let output = Command::new("apt-cache").args(["depends", NEWEST]).output();
    let said = output.map_err(|error| format!("cannot start apt-cache: {error}"))?.stdout;
    let said = String::from_utf8_lossy(&said).into_owned();
    let mut needed = said.lines().filter_map(|line| line.trim().strip_prefix("Depends: linux-image-"));
    needed.next().map(|rest| format!("linux-image-{rest}")).ok_or(format!("apt does not know {NEWEST}"))
}
