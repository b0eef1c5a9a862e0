//! Owns the emulator: started, listened to, and ended with the test.

use crate::initramfs;
use crate::kernel::Kernel;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;
use tokio::time::Instant;

/// This machine's loopback, as a guest calls it.
pub const HOST: &str = "10.0.2.2";
const MEMORY_MIB: u32 = 640;
/// How long a machine may take until its job begins: on two idle cores it is a quarter of that.
const BOOT_TIME: Duration = Duration::from_secs(180);
/// How long a machine may take to switch itself off.
const OFF_TIME: Duration = Duration::from_secs(30);
/// How much of each log a failed test shows.
const LOG_LINES_SHOWN: usize = 60;

/// What a guest is made of.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// A script for busybox's shell; what it prints are the guest's lines. Its exit code is the job's. Words
    /// that begin with `@` begin lines for the test, and `@up` and `@ended` are the machine's own.
    pub job: String,
    /// Kernel modules that it needs.
    pub modules: Vec<&'static str>,
    /// Programs of this machine that it calls, beside busybox's.
    pub programs: Vec<PathBuf>,
    /// Further files of this machine, which keep their place.
    pub files: Vec<PathBuf>,
    /// Files that are made for it: their place and their text.
    pub texts: Vec<(&'static str, String)>,
    /// A file whose bytes it reads at `/dev/vda`.
    pub disk: Option<PathBuf>,
}

/// A line that the job printed, and when it came.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: Instant,
    pub text: String,
}

/// A running guest. Dropping it ends its emulator, and no other.
pub struct Guest {
    qemu: Child,
    incoming: Receiver<Line>,
    /// What has come so far.
    said: Vec<Line>,
    dir: PathBuf,
}

impl Guest {
    /// Starts a machine, with its files below `dir`, and waits until its job begins.
    pub fn boot(machine: &Machine, dir: &Path) -> Guest {
        fs::create_dir_all(dir).expect("the test's own directory");
        let kernel = Kernel::find();
        fs::write(dir.join("initramfs"), initramfs::make(&kernel, machine)).expect("an initramfs");
        let mut qemu = start(&kernel, machine, dir);
        let (sender, incoming) = channel();
        let output = qemu.stdout.take().expect("a pipe");
        std::thread::spawn(move || listen(output, &sender));
        let mut guest = Guest { qemu, incoming, said: Vec::new(), dir: dir.to_owned() };
        guest.wait_for("@up", BOOT_TIME);
        guest
    }

    /// Waits for a line that begins with these words, at most `limit`; fails the test otherwise.
    pub fn wait_for(&mut self, words: &str, limit: Duration) -> Line {
        let deadline = Instant::now() + limit;
        loop {
            match self.incoming.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if line.text.starts_with(words) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("the guest did not say {words:?} within {limit:?}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the guest ended before it said {words:?}"),
            }
        }
    }

    /// Gives the job a line to read, at `/dev/ttyS1`.
    pub fn tell(&mut self, words: &str) {
        let input = self.qemu.stdin.as_mut().expect("a pipe");
        input.write_all(format!("{words}\n").as_bytes()).expect("the guest listens");
    }

    /// Waits for the job's end and the machine's; all lines. Fails the test when the job failed.
    pub fn finish(mut self, limit: Duration) -> Vec<Line> {
        let end = self.wait_for("@ended", limit);
        assert_eq!(end.text, "@ended 0", "the guest's job failed");
        let off = Instant::now() + OFF_TIME;
        while self.incoming.recv_timeout(off.saturating_duration_since(Instant::now())).is_ok() {}
        std::mem::take(&mut self.said)
    }

    fn print_logs(&self) {
        eprintln!("--- the guest's newest lines\n{}", newest(&self.timeline()));
        for name in ["console", "qemu.stderr"] {
            let bytes = fs::read(self.dir.join(name)).unwrap_or_default();
            let lines: Vec<String> = String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect();
            eprintln!("--- its {name}\n{}", newest(&lines));
        }
    }

    /// Its lines, with the seconds since it was up.
    fn timeline(&self) -> Vec<String> {
        let seconds = |line: &Line| (line.at - self.said[0].at).as_secs_f64();
        self.said.iter().map(|line| format!("{:6.1} s  {}", seconds(line), line.text)).collect()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.print_logs();
        }
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

/// The kernel talks on the first serial port, the job on the second. `setpriv` lets the emulator die with a
/// test that is killed.
fn start(kernel: &Kernel, machine: &Machine, dir: &Path) -> Child {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "qemu-system-x86_64"]);
    command.args(["-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "1"]);
    command.args(["-m", &MEMORY_MIB.to_string(), "-nodefaults", "-display", "none", "-no-reboot"]);
    command.arg("-serial").arg(format!("file:{}", dir.join("console").display()));
    command.args(["-serial", "stdio"]);
    command.arg("-kernel").arg(kernel.image()).arg("-initrd").arg(dir.join("initramfs"));
    command.args(["-append", "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off"]);
    command.args(["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile="]);
    if let Some(disk) = &machine.disk {
        command.arg("-drive");
        command.arg(format!("file={},if=none,id=disk,format=raw,readonly=on", disk.display()));
        command.args(["-device", "virtio-blk-pci,drive=disk"]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(File::create(dir.join("qemu.stderr")).expect("a log file"));
    command.spawn().expect("setpriv starts")
}

/// Until the emulator ends. A serial line ends with CR LF.
fn listen(output: ChildStdout, to: &Sender<Line>) {
    for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
        let text = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
        if to.send(Line { at: Instant::now(), text }).is_err() {
            return;
        }
    }
}

fn newest(lines: &[String]) -> String {
    lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
}
