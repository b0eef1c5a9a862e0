//! A cluster of real processes, as `nasd demo --json` starts it.

use serde::Deserialize;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How much of each log a failed test shows.
const LOG_LINES_SHOWN: usize = 60;
/// What the programs of a node are started with first.
const NODE: &[u8] = b"run";
const CONSOLE: &[u8] = b"--dir";
const AGENT: &[u8] = b"--socket";

/// The line that `nasd demo --json` prints when clients may come.
#[derive(Clone, Debug, Deserialize)]
pub struct Ready {
    pub ready: bool,
    pub export: String,
    /// The node that leads the demo volume.
    pub leader: u64,
    pub nodes: Vec<Node>,
    /// The console's page that makes the first administrator, as long as there is none.
    pub setup_link: Option<String>,
}

/// One node of the line.
#[derive(Clone, Debug, Deserialize)]
pub struct Node {
    pub id: u64,
    pub pid: i32,
    pub nfs: String,
    /// The path of the management socket.
    pub api: PathBuf,
    /// The management interface through HTTPS.
    pub https: String,
    /// The URL of the node's web console, or `None` where `nas-web` is not built.
    pub console: Option<String>,
    /// Where the node's SNMP agent listens, `IP:PORT` of UDP, or `None` where `nas-snmp` is not built.
    pub snmp: Option<String>,
    /// Where the volume is mounted through this node's FUSE, or `None` where the system does not allow it.
    pub fuse: Option<PathBuf>,
}

/// A running demo. Dropping it kills every process that it started.
pub struct Cluster {
    demo: Child,
    pub ready: Ready,
    dir: PathBuf,
}

impl Cluster {
    /// Starts three nodes with their data below `dir` and waits until they serve. Calling it again on the
    /// same directory continues with the same data.
    pub fn start(dir: &Path) -> Cluster {
        Cluster::start_by(Command::new(binary("nasd")), dir)
    }

    /// The same on a system that gives each process so many file descriptors and no more.
    pub fn start_with_descriptors(dir: &Path, limit: u32) -> Cluster {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {limit} && exec \"$0\" \"$@\"")]).arg(binary("nasd"));
        Cluster::start_by(shell, dir)
    }

    /// The same for programs that find this in their environment.
    pub fn start_with(dir: &Path, name: &str, value: &Path) -> Cluster {
        let mut nasd = Command::new(binary("nasd"));
        nasd.env(name, value);
        Cluster::start_by(nasd, dir)
    }

    fn start_by(mut nasd: Command, dir: &Path) -> Cluster {
        std::fs::create_dir_all(dir).expect("the test's own directory");
        let log = std::fs::File::create(dir.join("demo.stderr")).expect("a log file");
        let mut demo = nasd
            .args(["demo", "--json", "--dir"])
            .arg(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("nasd starts");
        let mut lines = BufReader::new(demo.stdout.take().expect("a pipe")).lines();
        let Some(Ok(line)) = lines.next() else {
            let said = std::fs::read_to_string(dir.join("demo.stderr")).unwrap_or_default();
            panic!("the demo did not come up; it said:\n{said}");
        };
        let ready: Ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(ready.ready && ready.nodes.len() == 3, "{line}");
        Cluster { demo, ready, dir: dir.to_path_buf() }
    }

    pub fn node(&self, id: u64) -> &Node {
        self.ready.nodes.iter().find(|node| node.id == id).expect("a node of the demo")
    }

    /// The nodes that did not lead the demo volume when it came up.
    pub fn followers(&self) -> Vec<&Node> {
        self.ready.nodes.iter().filter(|node| node.id != self.ready.leader).collect()
    }

    /// The directory where a node's FUSE shows the volume. Fails the test where FUSE is not to be had.
    pub fn fuse(&self, id: u64) -> &Path {
        self.node(id)
            .fuse
            .as_deref()
            .unwrap_or_else(|| panic!("node {id} has no FUSE mount; is /dev/fuse here?"))
    }

    /// kill -9 of one node. The demo starts it again after some seconds, as an appliance's supervisor would.
    pub fn kill_node(&self, id: u64) {
        kill(self.node(id).pid);
    }

    /// The same for a node that the demo has started again meanwhile: it is found by its directory.
    pub fn kill_restarted_node(&self, id: u64) {
        self.signal(id, NODE, rustix::process::Signal::KILL);
    }

    /// kill -9 of what delivers a node's alerts, which the demo starts again.
    pub fn kill_alert_agent(&self, id: u64) {
        let socket = self.node(id).api.with_file_name("agent.sock");
        processes(AGENT, socket.as_os_str().as_encoded_bytes()).into_iter().for_each(kill);
    }

    /// kill -9 of a node that the test runs from then on, while the supervisor is paused.
    pub fn take_over(&self, id: u64) -> ByHand {
        let dir = self.node(id).api.parent().expect("a socket lies in a directory");
        let pid = processes(NODE, dir.as_os_str().as_encoded_bytes()).pop().expect("the node runs");
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).expect("its command line");
        let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        let words = words.map(|word| OsStr::from_bytes(word).to_owned()).collect();
        kill(pid);
        wait_until("a killed node ends", Duration::from_secs(60), || has_ended(pid));
        ByHand { words, log: dir.with_extension("log"), child: None }
    }

    /// Stops a node in the middle of what it does, until [`Cluster::thaw_node`]: its connections stay, and it says nothing.
    pub fn freeze_node(&self, id: u64) {
        self.signal(id, NODE, rustix::process::Signal::STOP);
    }

    pub fn thaw_node(&self, id: u64) {
        self.signal(id, NODE, rustix::process::Signal::CONT);
    }

    /// The same for the web console of a node.
    pub fn freeze_console(&self, id: u64) {
        self.signal(id, CONSOLE, rustix::process::Signal::STOP);
    }

    pub fn thaw_console(&self, id: u64) {
        self.signal(id, CONSOLE, rustix::process::Signal::CONT);
    }

    /// Sends it to the program of a node that has this first argument.
    fn signal(&self, id: u64, program: &[u8], sent: rustix::process::Signal) {
        let dir = self.node(id).api.parent().expect("a socket lies in a directory");
        let pids = processes(program, dir.as_os_str().as_encoded_bytes());
        pids.into_iter().for_each(|pid| signal(pid, sent));
    }

    /// Keeps the demo from starting dead nodes again until [`Cluster::resume_supervisor`].
    pub fn pause_supervisor(&self) {
        signal(self.demo.id() as i32, rustix::process::Signal::STOP);
    }

    pub fn resume_supervisor(&self) {
        signal(self.demo.id() as i32, rustix::process::Signal::CONT);
    }

    /// kill -9 of everything at once, as when the power fails; the mounts it leaves are detached.
    pub fn kill_all(mut self) {
        self.kill_group();
    }

    /// Ctrl-C, and waits for a clean end.
    pub fn stop(mut self) {
        signal(self.demo.id() as i32, rustix::process::Signal::INT);
        let status = self.demo.wait().expect("the demo is our child");
        assert!(status.success(), "the demo ended with {status}: {}", self.stderr());
    }

    /// Runs nasctl against a node and returns its standard output; fails the test when it fails.
    pub fn nasctl(&self, id: u64, arguments: &[&str]) -> String {
        let output = Command::new(binary("nasctl"))
            .arg("--socket")
            .arg(&self.node(id).api)
            .args(arguments)
            .output()
            .expect("nasctl starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "nasctl {arguments:?}: {} {said}", output.status);
        String::from_utf8(output.stdout).expect("nasctl prints UTF-8")
    }

    /// What the demo and its nodes logged.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.dir.join("demo.stderr")).unwrap_or_default()
    }

    /// For a test that failed: the directory with everything in it goes with the test.
    fn print_logs(&self) {
        for number in 1..=self.ready.nodes.len() {
            let log = std::fs::read_to_string(self.dir.join(format!("node{number}.log"))).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let newest = &lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..];
            eprintln!("--- the newest lines of node {number}'s log\n{}", newest.join("\n"));
        }
        eprintln!("--- the demo's\n{}", self.stderr());
    }

    fn kill_group(&mut self) {
        // A node is not always in the demo's group by the time it dies; kill each by its own number too.
        signal(-(self.demo.id() as i32), rustix::process::Signal::KILL);
        for node in &self.ready.nodes {
            kill(node.pid);
        }
        let _ = self.demo.wait();
        for node in &self.ready.nodes {
            if let Some(mount) = &node.fuse {
                let _ = rustix::mount::unmount(mount, rustix::mount::UnmountFlags::DETACH);
            }
        }
        // The nodes are not our children, and a killed process holds its files until it is torn down.
        for node in &self.ready.nodes {
            wait_until("a killed node ends", Duration::from_secs(60), || has_ended(node.pid));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.print_logs();
        }
        if matches!(self.demo.try_wait(), Ok(None)) {
            self.kill_group();
        }
    }
}

/// A node that the test runs instead of the demo. Dropping it kills it.
pub struct ByHand {
    words: Vec<OsString>,
    log: PathBuf,
    child: Option<Child>,
}

impl ByHand {
    /// As the demo started it, with more in its environment. The test is its parent now.
    pub fn start(&mut self, environment: &[(&str, &Path)]) {
        self.stop();
        let mut words = self.words.clone();
        let parent =
            words.iter().position(|word| word == "--exit-with-parent").expect("the demo says whose it is");
        words[parent + 1] = std::process::id().to_string().into();
        let log = std::fs::File::options().append(true).open(&self.log).expect("the node's log");
        let mut node = Command::new(&words[0]);
        node.args(&words[1..]).envs(environment.iter().copied());
        node.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.child = Some(node.spawn().expect("the node starts"));
    }

    /// kill -9.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Those with this first argument, and this one behind it.
fn processes(program: &[u8], argument: &[u8]) -> Vec<i32> {
    let pids = std::fs::read_dir("/proc").expect("/proc").flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_it = |pid: &i32| {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = command.split(|byte| *byte == 0).collect();
        words.get(1) == Some(&program) && words.contains(&argument)
    };
    pids.filter(is_it).collect()
}

/// A free TCP port on loopback.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("bound").port()
}

/// A program of this workspace, as the same `cargo` run built it.
pub fn binary(name: &str) -> PathBuf {
    let me = std::env::current_exe().expect("this program's own path");
    // A program lies in target/PROFILE, a test in target/PROFILE/deps.
    let path = me.ancestors().skip(1).take(2).map(|dir| dir.join(name)).find(|path| path.exists());
    path.unwrap_or_else(|| {
        panic!("{name} is not built beside {}: use the commands of `cargo xtask`", me.display())
    })
}

/// A program of a Debian package that `cargo xtask test` unpacks and does not install.
pub fn debian(package: &str, program: &str) -> PathBuf {
    let me = std::env::current_exe().expect("this program's own path");
    let place = Path::new("debian").join(package).join(program);
    let path = me.ancestors().map(|dir| dir.join(&place)).find(|path| path.exists());
    path.unwrap_or_else(|| panic!("{} is not there: `cargo xtask test` fetches it", place.display()))
}

/// Waits until `done` says so, at most `limit`; fails the test with `what` otherwise.
pub fn wait_until(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let step = Duration::from_millis(50);
    let mut waited = Duration::ZERO;
    while !done() {
        assert!(waited < limit, "{what}: not within {limit:?}");
        pause(step);
        waited += step;
    }
}

/// Sleeps: for tests that watch real processes.
#[expect(clippy::disallowed_methods, reason = "real processes run on real time")]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Whether a process is gone, or at least has let go of its files and waits for its parent: then its last
/// thread is a zombie.
fn has_ended(pid: i32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return true };
    if threads.count() > 1 {
        return false;
    }
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    // The state follows the command in parentheses, which may itself contain some.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X']))
}

fn kill(pid: i32) {
    signal(pid, rustix::process::Signal::KILL);
}

/// `pid` below zero: the whole process group.
fn signal(pid: i32, signal: rustix::process::Signal) {
    let Some(target) = rustix::process::Pid::from_raw(pid.abs()) else { return };
    let _ = if pid < 0 {
        rustix::process::kill_process_group(target, signal)
    } else {
        rustix::process::kill_process(target, signal)
    };
}
