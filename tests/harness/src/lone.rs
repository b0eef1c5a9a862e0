//! Owns a node that belongs to no cluster yet: a `nasd` of its own, which can be killed and started again.

use crate::cluster::{binary, free_port, wait_until};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// How long one may take to open its management socket.
const START_TIME: Duration = Duration::from_secs(30);

/// A node of its own, with a directory and ports. Dropping it kills it.
pub struct Lone {
    child: Child,
    arguments: Vec<String>,
    pub dir: PathBuf,
}

impl Lone {
    /// Starts one on free ports of this machine.
    pub fn start(dir: &Path, name: &str) -> Lone {
        Lone::start_with_nfs(dir, name, &local(free_port()))
    }

    /// The same, with this address for NFS once it has a cluster.
    pub fn start_with_nfs(dir: &Path, name: &str, nfs: &str) -> Lone {
        let (node, https) = (local(free_port()), local(free_port()));
        let plain = dir.to_str().expect("a plain path");
        let arguments = [
            ["--name", name, "--dir", plain],
            ["--advertise", &node, "--node-listen", &node],
            ["--nfs-listen", nfs, "--https-listen", &https],
        ];
        let arguments: Vec<String> = arguments.as_flattened().iter().map(ToString::to_string).collect();
        let lone = Lone { child: spawn(&arguments), arguments, dir: dir.to_path_buf() };
        lone.wait_for_socket();
        lone
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it where it was, on the same ports.
    pub fn start_again(&mut self) {
        let _ = std::fs::remove_file(self.socket());
        self.child = spawn(&self.arguments);
        self.wait_for_socket();
    }

    pub fn socket(&self) -> PathBuf {
        self.dir.join("nasd.sock")
    }

    pub fn nasctl(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(binary("nasctl"));
        command.env("LC_ALL", "C").arg("--dir").arg(&self.dir).args(arguments);
        command.output().expect("nasctl starts")
    }

    fn wait_for_socket(&self) {
        wait_until("the management socket", START_TIME, || self.socket().exists());
    }
}

impl Drop for Lone {
    fn drop(&mut self) {
        self.kill();
    }
}

fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn spawn(arguments: &[String]) -> Child {
    let mut nasd = Command::new(binary("nasd"));
    nasd.arg("run").args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("nasd starts")
}
