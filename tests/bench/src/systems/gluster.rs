//! GlusterFS with three replicas on this machine, through its FUSE client.

use super::{System, named, run, start, within};
use crate::client::Place;
use crate::measure::Processes;
use crate::namespace::ADDRESS;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

const PROCESSES: [&str; 3] = ["glusterd", "glusterfsd", "glusterfs"];

pub struct Gluster {
    daemon: Child,
    mount: PathBuf,
}

impl Gluster {
    /// Needs Debian's glusterfs-server and glusterfs-client, root, and a network namespace of its own.
    pub fn start(dir: &Path) -> io::Result<Gluster> {
        let dir = dir.join("gluster");
        let (mount, state, run_dir) = (dir.join("mnt"), dir.join("state"), dir.join("run"));
        for made in [&mount, &state, &run_dir] {
            fs::create_dir_all(made)?;
        }
        let volfile = dir.join("glusterd.vol");
        fs::write(&volfile, daemon_configuration(&state, &run_dir))?;
        let daemon = start(
            Command::new("glusterd")
                .args(["--no-daemon", "--volfile"])
                .arg(&volfile)
                .arg("--log-file")
                .arg(dir.join("glusterd.log")),
            &dir.join("glusterd.out"),
        )?;
        let system = Gluster { daemon, mount };
        let bricks = [1, 2, 3]
            .map(|number| format!("{ADDRESS}:{}", dir.join(format!("brick{number}/data")).display()));
        for number in 1..=3 {
            fs::create_dir_all(dir.join(format!("brick{number}")))?;
        }
        within(Duration::from_secs(30), || run(&mut gluster(&["pool", "list"])))?;
        run(gluster(&["volume", "create", "bench", "replica", "3"]).args(&bricks).arg("force"))?;
        run(&mut gluster(&["volume", "start", "bench"]))?;
        within(Duration::from_secs(60), || {
            run(Command::new("mount")
                .args(["-t", "glusterfs", &format!("{ADDRESS}:/bench")])
                .arg(&system.mount))
        })?;
        Ok(system)
    }
}

fn gluster(arguments: &[&str]) -> Command {
    let mut command = Command::new("gluster");
    command.arg("--mode=script").args(arguments);
    command
}

fn daemon_configuration(state: &Path, run_dir: &Path) -> String {
    format!(
        "volume management\n  type mgmt/glusterd\n  option working-directory {}\n  option run-directory {}\n  \
         option transport-type socket\n  option transport.address-family inet\nend-volume\n",
        state.display(),
        run_dir.display()
    )
}

impl Processes for Gluster {
    fn pids(&self) -> Vec<u32> {
        named(&PROCESSES)
    }
}

impl System for Gluster {
    fn name(&self) -> String {
        "GlusterFS, 3 replicas, FUSE".to_owned()
    }

    fn place(&self) -> Place {
        Place::Mount(self.mount.clone())
    }
}

impl Drop for Gluster {
    fn drop(&mut self) {
        let _ = run(Command::new("umount").arg("--lazy").arg(&self.mount));
        let _ = run(&mut gluster(&["volume", "stop", "bench", "force"]));
        super::end(&mut self.daemon);
    }
}
