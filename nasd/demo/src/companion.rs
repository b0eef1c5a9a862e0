//! What runs beside a node of the demo, each a process of its own, as on an appliance: the web console, `nas-web`, the
//! SNMP agent, `nas-snmp`, and what delivers alerts, `nas-notify`. They stay up while their node is down: the first two are
//! there to say so.

use super::ports::Ports;
use super::process::{self, NodeProcess};
use nasd_api::AGENT_SOCKET_FILE;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, sleep_until};

/// How long one may take until it answers on a busy machine.
const READY_TIME: Duration = Duration::from_secs(30);
const POLL_EVERY: Duration = Duration::from_millis(100);
/// How long one that ended stays down: one that cannot start must not keep the machine busy.
const RESTART_DELAY: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Console,
    SnmpAgent,
    AlertAgent,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Console, Kind::SnmpAgent, Kind::AlertAgent];

    /// What it is called, its program, and the end of its log's name.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Kind::Console => ("console", "nas-web", "console"),
            Kind::SnmpAgent => ("SNMP agent", "nas-snmp", "snmp"),
            Kind::AlertAgent => ("alert agent", "nas-notify", "notify"),
        }
    }

    pub fn called(self) -> &'static str {
        self.names().0
    }

    /// As it lies beside this program, if it is there.
    ///
    /// # Errors
    /// What is missing without it, and how to build it.
    pub fn program(self) -> Result<PathBuf, String> {
        let (called, name, _) = self.names();
        let missing =
            format!("There is no {called}: {name} is not built. `cargo build --package {name}` builds it.");
        let path = std::env::current_exe().map(|path| path.with_file_name(name));
        path.ok().filter(|path| path.exists()).ok_or(missing)
    }

    /// Where it listens; the one that delivers alerts does not.
    fn address(self, ports: &Ports) -> Option<SocketAddr> {
        match self {
            Kind::Console => Some(ports.console),
            Kind::SnmpAgent => Some(ports.snmp),
            Kind::AlertAgent => None,
        }
    }

    /// Whether somebody has the address by now.
    fn is_answered(self, address: SocketAddr) -> bool {
        match self {
            Kind::SnmpAgent => has_udp(address),
            Kind::Console | Kind::AlertAgent => TcpStream::connect(address).is_ok(),
        }
    }
}

/// As the kernel lists its sockets: to try to bind the address would take it from the agent at the wrong moment.
fn has_udp(address: SocketAddr) -> bool {
    let IpAddr::V4(ip) = address.ip() else { return false };
    let listed = format!("{:08X}:{:04X}", u32::from_ne_bytes(ip.octets()), address.port());
    let sockets = std::fs::read_to_string("/proc/net/udp").unwrap_or_default();
    sockets.lines().any(|line| line.split_whitespace().nth(1) == Some(listed.as_str()))
}

/// One of them, and what it takes to start it again.
pub struct Companion {
    pub kind: Kind,
    pub number: usize,
    pub address: Option<SocketAddr>,
    program: PathBuf,
    node_dir: PathBuf,
    state: State,
}

enum State {
    Runs(Child),
    /// It ended; it is started again then.
    Rests(Instant),
}

impl Companion {
    /// Starts one beside `node`, with what it says appended to a log beside the node's directory.
    pub fn start(kind: Kind, program: &Path, node: &NodeProcess) -> Result<Companion, String> {
        let (number, address) = (node.number, kind.address(&node.ports));
        let (program, node_dir) = (program.to_path_buf(), node.dir.clone());
        let child = spawn(kind, &program, &node_dir, address).map_err(|error| error.to_string())?;
        Ok(Companion { kind, number, address, program, node_dir, state: State::Runs(child) })
    }

    /// Waits until it listens, as long as the process lives.
    pub async fn answering(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + READY_TIME;
        loop {
            let lives = match &mut self.state {
                State::Runs(child) => matches!(child.try_wait(), Ok(None)),
                State::Rests(_) => false,
            };
            if lives && self.address.is_none_or(|address| self.kind.is_answered(address)) {
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
        let called = self.kind.called();
        match &mut self.state {
            State::Runs(child) => {
                let how =
                    child.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
                self.state = State::Rests(Instant::now() + RESTART_DELAY);
                format!(
                    "The {called} of node {} has ended ({how}). It starts again in {} s. Its last words:\n{}",
                    self.number,
                    RESTART_DELAY.as_secs(),
                    self.last_words()
                )
            }
            State::Rests(until) => {
                sleep_until(*until).await;
                match spawn(self.kind, &self.program, &self.node_dir, self.address) {
                    Ok(child) => {
                        self.state = State::Runs(child);
                        format!("The {called} of node {} starts again.", self.number)
                    }
                    Err(error) => {
                        self.state = State::Rests(Instant::now() + RESTART_DELAY);
                        format!("The {called} of node {} cannot be started: {error}", self.number)
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
        process::last_words(&log_path(self.kind, &self.node_dir))
    }
}

/// The first change of any of them. Never comes where there are none.
pub async fn any_changed(companions: &mut [Companion]) -> String {
    if companions.is_empty() {
        return std::future::pending().await;
    }
    let changes = companions.iter_mut().map(|companion| Box::pin(companion.changed()));
    futures::future::select_all(changes).await.0
}

fn spawn(kind: Kind, program: &Path, node_dir: &Path, address: Option<SocketAddr>) -> io::Result<Child> {
    let log = std::fs::File::options().create(true).append(true).open(log_path(kind, node_dir))?;
    let demo = rustix::process::getpid();
    let mut command = Command::new(program);
    match address {
        Some(address) => command.arg("--dir").arg(node_dir).args(["--listen", &address.to_string()]),
        None => command.arg("--socket").arg(node_dir.join(AGENT_SOCKET_FILE)),
    };
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
    let end_with_demo = move || {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))?;
        // The demo may have died before the kernel was asked.
        if rustix::process::getppid() == Some(demo) { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
    };
    // SAFETY: between fork and exec it makes two system calls and neither allocates nor locks.
    unsafe { command.pre_exec(end_with_demo) };
    command.spawn()
}

fn log_path(kind: Kind, node_dir: &Path) -> PathBuf {
    let mut name = node_dir.as_os_str().to_owned();
    name.push(format!("-{}.log", kind.names().2));
    PathBuf::from(name)
}
