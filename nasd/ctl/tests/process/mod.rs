//! Owns how tests run nasctl: as a process, with a node in memory, with or without a terminal.
#![allow(dead_code, reason = "each test uses the part it needs")]

use memory_management::Memory;
use nasd_api::{Client, router, serve_unix};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::future::pending;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub struct Node {
    pub dir: TempDir,
    pub runtime: Runtime,
}

pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

pub fn node(memory: Memory) -> Node {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("nasd.sock");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let path = socket.clone();
    runtime.spawn(async move { serve_unix(&path, router(Arc::new(memory)), pending()).await });
    runtime.block_on(async {
        while Client::connect(&socket).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    Node { dir, runtime }
}

pub fn cluster() -> Node {
    node(Memory::in_cluster())
}

pub fn run(mut command: Command, input: &str) -> Said {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    // A command that does not read its input may be gone already.
    let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
    let output = process.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

pub fn nasctl() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nasctl"));
    for variable in ["GOTGAN_SOCKET", "GOTGAN_SERVER", "GOTGAN_FINGERPRINT", "GOTGAN_TOKEN"] {
        command.env_remove(variable);
    }
    command.env("LC_ALL", "C");
    command
}

impl Node {
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("nasd.sock")
    }

    pub fn says(&self, arguments: &[&str]) -> Said {
        self.says_to(arguments, "")
    }

    pub fn says_to(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = nasctl();
        command.arg("--dir").arg(self.dir.path()).args(arguments);
        run(command, input)
    }

    /// To somebody who reads Korean.
    pub fn says_in_korean(&self, arguments: &[&str]) -> Said {
        let mut command = nasctl();
        command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", "ko_KR.UTF-8");
        command.arg("--dir").arg(self.dir.path()).args(arguments);
        run(command, "")
    }

    /// A client of the same node, as somebody else.
    pub fn client(&self) -> Client {
        Client::local(&self.socket())
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs it at a terminal.
    pub fn at_terminal(&self, arguments: &[&str]) -> AtTerminal {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let name = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
        let no_controlling_terminal = rustix::fs::OFlags::NOCTTY.bits() as i32;
        let slave = File::options().read(true).write(true).custom_flags(no_controlling_terminal).open(name);
        let mut command = nasctl();
        command.arg("--dir").arg(self.dir.path()).args(arguments).stdin(slave.unwrap());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let err = child.stderr.take().unwrap();
        AtTerminal { keys: master.into(), child, err, said: String::new() }
    }

    /// The standard output of a command that must succeed.
    pub fn gives(&self, arguments: &[&str]) -> String {
        let said = self.says(arguments);
        assert_eq!(said.status, 0, "{arguments:?}: {}", said.err);
        said.out
    }

    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.gives(&[&["--json"], arguments].concat())).unwrap()
    }
}

/// nasctl with somebody at its terminal.
pub struct AtTerminal {
    keys: File,
    child: Child,
    err: ChildStderr,
    said: String,
}

impl AtTerminal {
    /// Waits for the question, on standard error.
    pub fn asks(&mut self, question: &str) {
        let mut byte = [0];
        while !self.said.ends_with(question) {
            assert_eq!(self.err.read(&mut byte).unwrap(), 1, "it ended with: {}", self.said);
            self.said.push(char::from(byte[0]));
        }
    }

    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// What it said by its end, and what the terminal showed of what was typed.
    pub fn ends(mut self) -> (Said, String) {
        self.err.read_to_string(&mut self.said).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let mut shown = [0; 1024];
        // Fails when there is nothing, since the other end is closed.
        let count = self.keys.read(&mut shown).unwrap_or(0);
        let (out, shown) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&shown[..count]));
        (Said { status: output.status.code().unwrap(), out, err: self.said }, shown.into_owned())
    }
}
