//! Debian's packages whose programs the tests start, but which nobody wants to have installed: a kernel, or servers that
//! would run from then on. They are unpacked below the target folder.

use crate::packages;
use crate::run::{run, target_dir};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Prometheus, and promtool.
pub const PROMETHEUS: &str = "prometheus";

/// Fetches and unpacks a package into `target/debian/NAME`, unless it is there. What it depends on is not looked at.
pub fn ensure(name: &str) -> Result<(), String> {
    into(&target_dir().join("debian").join(name), || Ok(name.to_owned()))
}

/// The same of the package that `package` names, to that place.
pub fn into(place: &Path, package: impl Fn() -> Result<String, String>) -> Result<(), String> {
    if place.exists() {
        return Ok(());
    }
    eprintln!("Fetching a Debian package for the tests (once): {}", place.display());
    let fresh = place.with_extension("fresh");
    let failed = |error: std::io::Error| format!("{}: {error}", fresh.display());
    let _ = std::fs::remove_dir_all(&fresh);
    std::fs::create_dir_all(&fresh).map_err(failed)?;
    let file = fetch(&fresh, &package)?;
    let unpacked = fresh.join("unpacked");
    run(Command::new("dpkg-deb").arg("--extract").arg(&file).arg(&unpacked))?;
    std::fs::rename(&unpacked, place).map_err(failed)?;
    std::fs::remove_dir_all(&fresh).map_err(failed)
}

/// The package's file. Package lists that are old or empty are renewed once, where this user may.
fn fetch(into: &Path, package: &impl Fn() -> Result<String, String>) -> Result<PathBuf, String> {
    download(into, package).or_else(|_| {
        packages::update()?;
        download(into, package)
    })
}

fn download(into: &Path, package: &impl Fn() -> Result<String, String>) -> Result<PathBuf, String> {
    let name = package()?;
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
