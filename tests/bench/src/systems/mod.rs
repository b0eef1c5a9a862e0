//! The systems that are compared, each set up from nothing on this machine and taken down again.

mod ganesha;
mod gluster;
mod gotgan;

pub use ganesha::Ganesha;
pub use gluster::Gluster;
pub use gotgan::Gotgan;

use crate::client::Place;
use crate::measure::Processes;
use std::fs;
use std::io;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A system that runs. Dropping it stops what it started.
pub trait System: Processes {
    /// What the table calls it and the way to it.
    fn name(&self) -> String;
    fn place(&self) -> Place;
}

/// The raw disk under all of them: what no system on it can beat.
pub struct RawDisk(pub std::path::PathBuf);

impl Processes for RawDisk {
    fn pids(&self) -> Vec<u32> {
        Vec::new()
    }
}

/// A program of the comparison in the background; its output goes to a file for when it fails.
fn start(command: &mut Command, log: &std::path::Path) -> io::Result<Child> {
    let log = fs::File::create(log)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn().map_err(|error| {
        io::Error::other(format!("cannot start {}: {error}", command.get_program().to_string_lossy()))
    })
}

/// Runs a command to its end; what it said is in the error.
fn run(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    Err(io::Error::other(format!("{command:?}: {}: {said}", output.status)))
}

/// Tries again until it works, for servers that need a moment.
fn within<T>(limit: Duration, mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let step = Duration::from_millis(200);
    let mut waited = Duration::ZERO;
    loop {
        match attempt() {
            Err(_) if waited < limit => harness::cluster::pause(step),
            result => return result,
        }
        waited += step;
    }
}

/// All processes with one of these names (`comm`, 15 bytes at most).
fn named(names: &[&str]) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        names.contains(&comm.trim_end())
    })
    .collect()
}

/// Ends a child that has no data worth a clean stop.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
