//! A machine that was just installed: a nasd without a cluster, with its web console.

use crate::failed::Done;
use harness::cluster::{binary, free_port};
use harness::lone::Lone;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub struct Machine {
    // Dropped first: the console goes before what it asks.
    console: Child,
    pub node: Lone,
    /// What its screen would show.
    pub setup_link: String,
    /// Where its console is.
    pub url: String,
}

impl Machine {
    pub fn start(dir: &Path, name: &str) -> Done<Machine> {
        let dir = dir.join(name);
        std::fs::create_dir(&dir)?;
        let node = Lone::start(&dir, name);
        let mut console = Command::new(binary("nas-web"))
            .arg("--dir")
            .arg(&dir)
            .args(["--listen", &format!("127.0.0.1:{}", free_port()), "--host", "127.0.0.1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let lines = BufReader::new(console.stdout.take().ok_or("its standard output is ours")?).lines();
        let said = lines.map_while(Result::ok).find(|line| line.contains("/setup?token="));
        let link = said.as_deref().and_then(|line| line.split_once("https://"));
        let (_, link) = link.ok_or("the console printed no setup link")?;
        let (address, _) = link.split_once('/').ok_or("a link has a path")?;
        Ok(Machine {
            console,
            node,
            setup_link: format!("https://{link}"),
            url: format!("https://{address}"),
        })
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.console.kill();
        let _ = self.console.wait();
    }
}
