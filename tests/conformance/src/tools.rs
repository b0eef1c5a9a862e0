//! Owns finding a suite's program, in the version that `xtask/src/tools.rs` installs.

use std::path::PathBuf;
use std::process::Command;

/// A program from crates.io.
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
}

pub const PJDFSTEST: Tool = Tool { name: "pjdfstest", version: "0.2.2" };
pub const FSX: Tool = Tool { name: "fsx", version: "0.3.2" };

impl Tool {
    /// Ready to be given arguments. Panics when the program is not there, or is another version.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.path());
        command.env("NO_COLOR", "1");
        command
    }

    /// The program's file. Panics when it is not there, or is another version.
    pub fn path(&self) -> PathBuf {
        let path = self.installed();
        let version = Command::new(&path).arg("--version").output();
        let said = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        let wanted = format!("{} {}", self.name, self.version);
        assert!(
            said.as_ref().is_ok_and(|said| *said == wanted),
            "{wanted} is needed and {} says {said:?}: `cargo xtask test` installs it",
            path.display()
        );
        path
    }

    /// Where `cargo install` puts it; failing that, wherever the path has it.
    fn installed(&self) -> PathBuf {
        let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
        let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home);
        let installed = cargo.map(|cargo| cargo.join("bin").join(self.name));
        installed.filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from(self.name))
    }
}
