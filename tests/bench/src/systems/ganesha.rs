//! NFS-Ganesha over a directory of the local disk: one node, no replicas.

use super::{System, end, start, within};
use crate::client::{Place, connect};
use crate::measure::Processes;
use crate::namespace::ADDRESS;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

const NFS_PORT: u16 = 22_049;
const MOUNT_PORT: u16 = 22_050;
const EXPORT: &str = "/bench";

pub struct Ganesha {
    portmapper: Child,
    server: Child,
}

impl Ganesha {
    /// Needs Debian's nfs-ganesha-vfs and rpcbind, root, and a network namespace of its own: it starts only
    /// where it can register with a port mapper.
    pub fn start(dir: &Path) -> io::Result<Ganesha> {
        let dir = dir.join("ganesha");
        let data = dir.join("data");
        fs::create_dir_all(&data)?;
        fs::create_dir_all("/run/rpcbind")?;
        let configuration = dir.join("ganesha.conf");
        fs::write(&configuration, server_configuration(&data))?;
        let portmapper = start(Command::new("rpcbind").args(["-f", "-w"]), &dir.join("rpcbind.out"))?;
        harness::cluster::pause(Duration::from_secs(1));
        let server = start(
            Command::new("ganesha.nfsd")
                .arg("-F")
                .arg("-f")
                .arg(&configuration)
                .arg("-L")
                .arg(dir.join("ganesha.log"))
                .arg("-p")
                .arg(dir.join("ganesha.pid")),
            &dir.join("ganesha.out"),
        )?;
        let system = Ganesha { portmapper, server };
        within(Duration::from_secs(30), || connect(&system.place()).map(|_| ()))?;
        Ok(system)
    }
}

fn server_configuration(data: &Path) -> String {
    format!(
        "NFS_CORE_PARAM {{ NFS_Port = {NFS_PORT}; MNT_Port = {MOUNT_PORT}; NFS_Protocols = 3; Enable_NLM = false; \
         Enable_RQUOTA = false; mount_path_pseudo = true; }}\n\
         EXPORT {{ Export_Id = 1; Path = {}; Pseudo = {EXPORT}; Protocols = 3; Access_Type = RW; \
         Squash = No_root_squash; SecType = sys; Transports = TCP; FSAL {{ Name = VFS; }} }}\n\
         LOG {{ Default_Log_Level = WARN; }}\n",
        data.display()
    )
}

impl Processes for Ganesha {
    fn pids(&self) -> Vec<u32> {
        vec![self.server.id()]
    }
}

impl System for Ganesha {
    fn name(&self) -> String {
        "NFS-Ganesha, 1 copy, NFS".to_owned()
    }

    fn place(&self) -> Place {
        let at = |port: u16| format!("{ADDRESS}:{port}");
        Place::Nfs { nfs: at(NFS_PORT), mount: at(MOUNT_PORT), export: EXPORT.to_owned() }
    }
}

impl Drop for Ganesha {
    fn drop(&mut self) {
        end(&mut self.server);
        end(&mut self.portmapper);
    }
}
