//! The web console beside a node of the demo: `nas-web`, a process of its own, as on an appliance. It stays up while
//! its node is down, for it has the pages that say so.

use super::process::{self, NodeProcess};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, sleep_until};

/// How long a console may take until it answers on a busy machine.
const READY_TIME: Duration = Duration::from_secs(30);
const POLL_EVERY: Duration = Duration::from_millis(100);
/// How long a console that ended stays down: one that cannot start must not keep the machine busy.
const RESTART_DELAY: Duration = Duration::from_secs(5);

/// `nas-web` as it lies beside this program, if it is there.
pub fn program() -> Option<PathBuf> {
    let path = std::env::current_exe().ok()?.with_file_name("nas-web");
    path.exists().then_some(path)
}

/// A node's console and what it takes to start it again.
pub struct ConsoleProcess {
    pub number: usize,
    program: PathBuf,
    node_dir: PathBuf,
    address: SocketAddr,
    state: State,
}

enum State {
    Runs(Child),
    /// It ended; it is started again then.
    Rests(Instant),
}

impl ConsoleProcess {
    /// Starts the console of `node`, with what it says appended to `nodeN-console.log` beside the node's directory.
    pub fn start(program: &Path, node: &NodeProcess) -> Result<ConsoleProcess, String> {
        let address = node.ports.console;
        let (program, node_dir) = (program.to_path_buf(), node.dir.clone());
        let child = spawn(&program, &node_dir, address).map_err(|error| error.to_string())?;
        Ok(ConsoleProcess { number: node.number, program, node_dir, address, state: State::Runs(child) })
    }

    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Waits until it takes connections, as long as the process lives.
    pub async fn answering(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + READY_TIME;
        loop {
            let lives = match &mut self.state {
                State::Runs(child) => matches!(child.try_wait(), Ok(None)),
                State::Rests(_) => false,
            };
            if lives && TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            if !lives || Instant::now() > deadline {
                return Err(format!("it did not come up. Its last words:\n{}", self.last_words()));
            }
            sleep(POLL_EVERY).await;
        }
    }

    /// Waits until it ended, or until it was started again, and says so. Safe to cancel.
    pub async fn changed(&mut self) -> String {
        match &mut self.state {
            State::Runs(child) => {
                let how =
                    child.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
                self.state = State::Rests(Instant::now() + RESTART_DELAY);
                format!(
                    "The console of node {} has ended ({how}). It starts again in {} s. Its last words:\n{}",
                    self.number,
                    RESTART_DELAY.as_secs(),
                    self.last_words()
                )
            }
            State::Rests(until) => {
                sleep_until(*until).await;
                match spawn(&self.program, &self.node_dir, self.address) {
                    Ok(child) => {
                        self.state = State::Runs(child);
                        format!("The console of node {} starts again.", self.number)
                    }
                    Err(error) => {
                        self.state = State::Rests(Instant::now() + RESTART_DELAY);
                        format!("The console of node {} cannot be started: {error}", self.number)
                    }
                }
            }
        }
    }

    /// SIGTERM, a while of patience, then SIGKILL. Whether it left by itself.
    pub async fn stop(&mut self) -> bool {
        match &mut self.state {
            State::Runs(child) => process::stop(child).await,
            State::Rests(_) => true,
        }
    }

    fn last_words(&self) -> String {
        process::last_words(&log_path(&self.node_dir))
    }
}

/// The first change of any of them. Never comes where there are none.
pub async fn any_changed(consoles: &mut [ConsoleProcess]) -> String {
    if consoles.is_empty() {
        return std::future::pending().await;
    }
    let changes = consoles.iter_mut().map(|console| Box::pin(console.changed()));
    futures::future::select_all(changes).await.0
}

fn spawn(program: &Path, node_dir: &Path, address: SocketAddr) -> io::Result<Child> {
    let log = std::fs::File::options().create(true).append(true).open(log_path(node_dir))?;
    let demo = rustix::process::getpid();
    let mut command = Command::new(program);
    command
        .arg("--dir")
        .arg(node_dir)
        .args(["--listen", &address.to_string()])
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true);
    let end_with_demo = move || {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))?;
        // The demo may have died before the kernel was asked.
        if rustix::process::getppid() == Some(demo) { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
    };
    // SAFETY: between fork and exec it makes two system calls and neither allocates nor locks.
    unsafe { command.pre_exec(end_with_demo) };
    command.spawn()
}

fn log_path(node_dir: &Path) -> PathBuf {
    let mut name = node_dir.as_os_str().to_owned();
    name.push("-console.log");
    PathBuf::from(name)
}
