//! chromedriver and the Chromiums it starts, as processes of their own: none outlives the test, however it ends.

use harness::cluster::{free_port, wait_until};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long chromedriver may take to listen on a busy machine.
const READY_TIME: Duration = Duration::from_secs(30);

/// A running chromedriver. Dropping it kills it and every browser that it started.
pub struct Driver {
    child: Child,
    pub url: String,
}

impl Driver {
    /// Starts chromedriver on a free port; what it logs goes to `dir/chromedriver.log`.
    ///
    /// It is the first process of a namespace of processes: browsers make groups of their own, but when the first one
    /// ends the kernel ends the namespace. `unshare` is killed with this test, and chromedriver with `unshare`.
    pub fn start(dir: &Path) -> Driver {
        let port = free_port();
        let log = std::fs::File::create(dir.join("chromedriver.log")).expect("the test's own directory");
        let mut command = Command::new("unshare");
        if !rustix::process::getuid().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command
            .args(["--pid", "--fork", "--kill-child=KILL", "--mount-proc", "chromedriver"])
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log);
        let end_with_test = || {
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
            Ok(())
        };
        // SAFETY: one system call between fork and exec; it neither allocates nor locks.
        unsafe { command.pre_exec(end_with_test) };
        let mut child = command.spawn().expect("unshare starts (Debian package util-linux)");
        wait_until("chromedriver answers (Debian package chromium-driver)", READY_TIME, || {
            let ended = child.try_wait().expect("our child");
            assert!(ended.is_none(), "chromedriver ended: {ended:?}; see chromedriver.log");
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Driver { child, url: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
