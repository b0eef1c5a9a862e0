//! One node of the demo as a child process: started, watched, started again, stopped.

use super::ports::Ports;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a node may take to flush and leave after SIGTERM before it is killed.
const STOP_TIME: Duration = Duration::from_secs(20);

/// A node's process and what it takes to start it again.
pub struct NodeProcess {
    pub number: usize,
    pub dir: PathBuf,
    pub ports: Ports,
    memory_bytes: u64,
    child: Child,
}

impl NodeProcess {
    /// Starts `nasd run` on `dir/nodeN`, with its log appended to `dir/nodeN.log`.
    pub fn start(dir: &Path, number: usize, ports: Ports, memory_bytes: u64) -> io::Result<NodeProcess> {
        let node_dir = dir.join(format!("node{number}"));
        nasd_files::make_dir(&node_dir)?;
        let child = spawn(&node_dir, number, ports, memory_bytes)?;
        Ok(NodeProcess { number, dir: node_dir, ports, memory_bytes, child })
    }

    pub fn socket(&self) -> PathBuf {
        self.dir.join("nasd.sock")
    }

    /// The process number, or `None` once it has ended.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for the process to end and says how. Safe to cancel.
    pub async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }

    /// Whether the process has ended by now.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    pub fn start_again(&mut self) -> io::Result<()> {
        self.child = spawn(&self.dir, self.number, self.ports, self.memory_bytes)?;
        Ok(())
    }

    /// SIGTERM, a while of patience, then SIGKILL. Whether it left by itself.
    pub async fn stop(&mut self) -> bool {
        stop(&mut self.child).await
    }

    /// The node's newest log lines, for an error message.
    pub fn last_words(&self) -> String {
        last_words(&log_path(&self.dir))
    }
}

/// SIGTERM, a while of patience, then SIGKILL. Whether it left by itself.
pub async fn stop(child: &mut Child) -> bool {
    let Some(pid) = child.id().and_then(|pid| rustix::process::Pid::from_raw(pid as i32)) else {
        return true;
    };
    // It may have ended since: then there is nobody to tell.
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    if timeout(STOP_TIME, child.wait()).await.is_ok() {
        return true;
    }
    let _ = child.kill().await;
    false
}

/// The newest lines of a log, for an error message.
pub fn last_words(log: &Path) -> String {
    let log = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}

fn spawn(dir: &Path, number: usize, ports: Ports, memory_bytes: u64) -> io::Result<Child> {
    let log = std::fs::File::options().create(true).append(true).open(log_path(dir))?;
    let mounts = dir.with_file_name("mounts").join(format!("node{number}"));
    Command::new(std::env::current_exe()?)
        .arg("run")
        .args(["--exit-with-parent", &std::process::id().to_string()])
        .arg("--dir")
        .arg(dir)
        .args(["--name", &format!("node{number}")])
        .args(["--advertise", &ports.node.to_string()])
        .args(["--node-listen", &ports.node.to_string()])
        .args(["--nfs-listen", &ports.nfs.to_string()])
        .args(["--https-listen", &ports.https.to_string()])
        .arg("--mount-dir")
        .arg(mounts)
        .args(["--memory", &memory_bytes.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
}

fn log_path(dir: &Path) -> PathBuf {
    dir.with_extension("log")
}
