//! How one node is configured: `DIR/nasd.toml`, overridden by the command line.

use nasd_api::{AGENT_SOCKET_FILE, CONSOLE_SOCKET_FILE};
use nasd_base::address::read_host_port;
use nasd_manage::Machine;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Where other nodes reach this one unless told otherwise.
pub const NODE_PORT: u16 = 7420;
/// NFS's registered port.
pub const NFS_PORT: u16 = 2049;

/// Where the management interface is served through HTTPS unless told otherwise.
pub const HTTPS_PORT: u16 = 7443;

/// Below it volumes are mounted through the management interface unless told otherwise. Not in the node's own directory,
/// which other users cannot enter.
pub const MOUNT_DIR: &str = "/srv/gotgan";

/// Where Debian has it: the PATH of a service may lack it.
pub const SMARTCTL: &str = "/usr/sbin/smartctl";

/// The file `DIR/nasd.toml`; every field may be left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigFile {
    /// The node's name: 1 to 63 of a-z, 0-9, `-` and `.`; the machine's when left out.
    pub name: Option<String>,
    /// Address for other nodes to connect to this node's listener, `host:port`.
    pub advertise: Option<String>,
    /// Where to listen for other nodes.
    pub node_listen: Option<SocketAddr>,
    /// Where to listen for NFS and MOUNT.
    pub nfs_listen: Option<SocketAddr>,
    /// Where to listen for the management interface through HTTPS.
    pub https_listen: Option<SocketAddr>,
    /// The console's socket; `DIR/console.sock` when left out.
    pub console_socket: Option<PathBuf>,
    /// The number of the user that the console runs as, whose the socket is then; nasd's own when left out.
    pub console_uid: Option<u32>,
    /// The agents' socket; `DIR/agent.sock` when left out.
    pub agent_socket: Option<PathBuf>,
    /// The number of the user that the agents run as, whose the socket is then; nasd's own when left out.
    pub agent_uid: Option<u32>,
    /// Further directories for chunks, one on each disk. `DIR/chunks` when left out.
    pub chunk_dirs: Vec<PathBuf>,
    /// The most bytes of chunks to keep on each disk; all of it, less the reserve, when left out.
    pub capacity_bytes: Option<u64>,
    /// Below it volumes may be mounted through the management interface; `/srv/gotgan` when left out.
    pub mount_dir: Option<PathBuf>,
    /// The most bytes of memory that the node's caches and buffers take together; a quarter of the machine's when left
    /// out.
    pub memory_bytes: Option<u64>,
    /// The program that asks disks how they do; `/usr/sbin/smartctl` when left out.
    pub smartctl: Option<PathBuf>,
}

/// A socket of another process, and the number of the user that this runs as; nasd's own user when left out.
#[derive(Clone, Debug)]
pub struct Socket {
    pub path: PathBuf,
    pub uid: Option<u32>,
}

/// A node's configuration, complete.
#[derive(Clone, Debug)]
pub struct Config {
    pub machine: Machine,
    pub node_listen: SocketAddr,
    pub nfs_listen: SocketAddr,
    pub https_listen: SocketAddr,
    pub console: Socket,
    pub agent: Socket,
    pub capacity_bytes: Option<u64>,
    pub memory_bytes: Option<u64>,
    pub smartctl: PathBuf,
}

impl Config {
    /// Reads `DIR/nasd.toml` if there is one and lays `overrides` over it.
    ///
    /// # Errors
    /// A sentence that names the file, the line and what is wrong with it.
    pub fn load(dir: &Path, overrides: ConfigFile) -> Result<Config, String> {
        let path = dir.join("nasd.toml");
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => ConfigFile::default(),
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        };
        let any = |port| SocketAddr::from(([0, 0, 0, 0], port));
        let chunk_dirs = if overrides.chunk_dirs.is_empty() { file.chunk_dirs } else { overrides.chunk_dirs };
        let advertise = overrides.advertise.or(file.advertise);
        if let Some(bad) = advertise.as_deref().and_then(|address| read_host_port(address).err()) {
            return Err(format!("advertise: {bad}"));
        }
        let machine = Machine {
            dir: dir.to_path_buf(),
            chunk_dirs: if chunk_dirs.is_empty() { vec![dir.join("chunks")] } else { chunk_dirs },
            mount_dir: absolute(overrides.mount_dir.or(file.mount_dir).unwrap_or_else(|| MOUNT_DIR.into()))?,
            name: overrides.name.or(file.name),
            advertise,
        };
        Ok(Config {
            machine,
            node_listen: overrides.node_listen.or(file.node_listen).unwrap_or(any(NODE_PORT)),
            nfs_listen: overrides.nfs_listen.or(file.nfs_listen).unwrap_or(any(NFS_PORT)),
            https_listen: overrides.https_listen.or(file.https_listen).unwrap_or(any(HTTPS_PORT)),
            console: Socket {
                path: overrides
                    .console_socket
                    .or(file.console_socket)
                    .unwrap_or_else(|| dir.join(CONSOLE_SOCKET_FILE)),
                uid: overrides.console_uid.or(file.console_uid),
            },
            agent: Socket {
                path: overrides
                    .agent_socket
                    .or(file.agent_socket)
                    .unwrap_or_else(|| dir.join(AGENT_SOCKET_FILE)),
                uid: overrides.agent_uid.or(file.agent_uid),
            },
            capacity_bytes: overrides.capacity_bytes.or(file.capacity_bytes),
            memory_bytes: overrides.memory_bytes.or(file.memory_bytes),
            smartctl: overrides.smartctl.or(file.smartctl).unwrap_or_else(|| SMARTCTL.into()),
        })
    }

    /// Where clients mount from, as far as this node knows: the advertised host with NFS's port.
    pub fn nfs_advertise(&self) -> String {
        match self.machine.host() {
            Some(host) => format!("{host}:{}", self.nfs_listen.port()),
            None => self.nfs_listen.to_string(),
        }
    }

    /// The management socket.
    pub fn socket(&self) -> PathBuf {
        self.machine.dir.join("nasd.sock")
    }
}

/// Requests name absolute paths below it.
fn absolute(mount_dir: PathBuf) -> Result<PathBuf, String> {
    match mount_dir.is_absolute() && mount_dir.parent().is_some() {
        true => Ok(mount_dir),
        false => {
            Err(format!("the directory for mounts, {}, is not an absolute path below /", mount_dir.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins_over_the_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("nasd.toml"), "nfs_listen = '127.0.0.1:1'\nadvertise = 'a:1'\n")
            .unwrap();
        let overrides =
            ConfigFile { nfs_listen: Some("127.0.0.1:2".parse().unwrap()), ..ConfigFile::default() };
        let config = Config::load(dir.path(), overrides).unwrap();
        assert_eq!(config.nfs_listen.port(), 2);
        assert_eq!(config.machine.advertise.as_deref(), Some("a:1"));
        assert_eq!(config.node_listen.port(), NODE_PORT);
        assert_eq!(config.machine.chunk_dirs, [dir.path().join("chunks")]);
        assert_eq!(config.smartctl, Path::new(SMARTCTL));
        std::fs::write(dir.path().join("nasd.toml"), "smartctl = '/opt/smartctl'\n").unwrap();
        let config = Config::load(dir.path(), ConfigFile::default()).unwrap();
        assert_eq!(config.smartctl, Path::new("/opt/smartctl"));
    }

    #[test]
    fn an_address_that_is_none_is_named_wherever_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("nasd.toml"), "advertise = 'stor-a'\n").unwrap();
        let error = Config::load(dir.path(), ConfigFile::default()).unwrap_err();
        assert!(error.contains("advertise: `stor-a` is not a host and a port"), "{error}");
    }

    #[test]
    fn an_unknown_setting_is_an_error_that_names_the_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("nasd.toml"), "nfs_lisen = '127.0.0.1:1'\n").unwrap();
        let error = Config::load(dir.path(), ConfigFile::default()).unwrap_err();
        assert!(error.contains("nasd.toml") && error.contains("nfs_lisen"), "{error}");
    }
}
