//! A network and a mount namespace for the comparison, gone with its process: the other systems want an
//! address that is not loopback and fixed ports, and mounts must not outlive them.

use rustix::thread::{UnshareFlags, unshare_unsafe};
use std::io;
use std::process::Command;

/// This process's address inside.
pub const ADDRESS: &str = "10.99.0.1";

/// Moves this process, which must have one thread, into namespaces of its own. Needs root.
pub fn enter() -> io::Result<()> {
    // SAFETY: no memory or file table is unshared, so nothing that other code relies on changes.
    unsafe { unshare_unsafe(UnshareFlags::NEWNET | UnshareFlags::NEWNS) }?;
    ip(&["link", "set", "lo", "up"])?;
    ip(&["link", "add", "bench0", "type", "veth", "peer", "name", "bench1"])?;
    ip(&["address", "add", &format!("{ADDRESS}/24"), "dev", "bench0"])?;
    ip(&["link", "set", "bench0", "up"])?;
    ip(&["link", "set", "bench1", "up"])?;
    let status = Command::new("mount").args(["--make-rprivate", "/"]).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("mounts cannot be made private")) }
}

fn ip(arguments: &[&str]) -> io::Result<()> {
    let output = Command::new("ip").args(arguments).output()?;
    match output.status.success() {
        true => Ok(()),
        false => {
            Err(io::Error::other(format!("ip {arguments:?}: {}", String::from_utf8_lossy(&output.stderr))))
        }
    }
}
