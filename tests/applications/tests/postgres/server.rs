//! Owns one PostgreSQL server whose data lies on a mount, and its clients.

use harness::cluster::{pause, wait_until};
use std::fs::File;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Where Debian puts the programs of its PostgreSQL.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// PostgreSQL refuses to run as root. This user is on every machine.
const NOBODY: u32 = 65534;
/// Recovery replays what was not checkpointed.
const START_TIME: Duration = Duration::from_secs(180);

/// A program of PostgreSQL, as the user that it runs as.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(Path::new(PROGRAMS).join(name));
    command.uid(NOBODY).gid(NOBODY).current_dir("/").env("PGUSER", "nobody").env("PGDATABASE", "postgres");
    command
}

/// Its standard output; fails the test with what it said when it fails.
pub fn output(command: &mut Command) -> String {
    let output =
        command.stdin(Stdio::null()).output().expect("PostgreSQL is installed by `cargo xtask test`");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {} {said}", output.status);
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A directory that the server may write.
pub fn directory(path: &Path) {
    std::fs::create_dir(path).expect("mkdir");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).expect("chmod");
    chown(path, Some(NOBODY), Some(NOBODY)).expect("chown");
}

/// A running server.
pub struct Server {
    postmaster: Child,
    /// Where its socket and its log are: not on the mount.
    scratch: PathBuf,
}

impl Server {
    /// Starts on the data directory and waits until it answers: after it has recovered, if it has to.
    pub fn start(data: &Path, scratch: &Path) -> Server {
        let log = File::options().create(true).append(true).open(scratch.join("log")).expect("a log file");
        let mut command = program("postgres");
        command.arg("-D").arg(data).arg("-k").arg(scratch).args(["-c", "listen_addresses="]);
        // Several checkpoints in a short run; and a log that says what recovery did.
        command.args(["-c", "checkpoint_timeout=30s", "-c", "max_wal_size=64MB", "-c", "log_checkpoints=on"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let server = Server { postmaster: child.expect("postgres starts"), scratch: scratch.to_path_buf() };
        wait_until("postgres answers", START_TIME, || {
            server.client("pg_isready").arg("--quiet").status().is_ok_and(|status| status.success())
        });
        server
    }

    /// A client program that talks to this server.
    pub fn client(&self, name: &str) -> Command {
        let mut command = program(name);
        command.env("PGHOST", &self.scratch);
        command
    }

    /// The single value that a query answers.
    pub fn query(&self, query: &str) -> String {
        output(self.client("psql").args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", query]))
    }

    /// kill -9, as when its machine fails; its children see that and end.
    pub fn kill(mut self) {
        self.postmaster.kill().expect("kill");
        self.postmaster.wait().expect("our child");
        // Until they have, a new server says that memory is still in use.
        pause(Duration::from_secs(2));
    }

    /// A fast, clean end, with a checkpoint.
    pub fn stop(mut self) {
        let pid = rustix::process::Pid::from_raw(self.postmaster.id() as i32).expect("a process");
        rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("signal");
        let status = self.postmaster.wait().expect("our child");
        assert!(status.success(), "postgres ended with {status}: {}", self.log());
    }

    /// What it logged since the first start.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.scratch.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the log of postgres\n{}", self.log());
        }
        let _ = self.postmaster.kill();
        let _ = self.postmaster.wait();
    }
}
