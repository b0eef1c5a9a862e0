//! Owns what a machine is told of itself before it is a member of anything.

use std::path::PathBuf;

/// The machine that a node runs on.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Where the node keeps everything.
    pub dir: PathBuf,
    /// One on each disk.
    pub chunk_dirs: Vec<PathBuf>,
    /// Below it volumes may be mounted through the management interface.
    pub mount_dir: PathBuf,
    /// The node's name, if it is not the machine's.
    pub name: Option<String>,
    /// `host:port` at which the other nodes reach this one.
    pub advertise: Option<String>,
    /// The program that asks the machine's name service.
    pub getent: PathBuf,
}

impl Machine {
    /// The configured name, or the machine's.
    pub fn node_name(&self) -> String {
        let host = || rustix::system::uname().nodename().to_string_lossy().to_ascii_lowercase();
        self.name.clone().unwrap_or_else(host)
    }

    /// The host of the advertised address.
    pub fn host(&self) -> Option<&str> {
        self.advertise.as_deref().and_then(|address| address.rsplit_once(':')).map(|(host, _)| host)
    }

    /// What clients may call this node, for its HTTPS certificate.
    pub fn hosts(&self) -> Vec<String> {
        let advertised = self.host().map(|host| host.trim_matches(['[', ']']).to_owned());
        let mut hosts: Vec<String> = ["localhost".to_owned(), "127.0.0.1".to_owned()].into();
        hosts.extend(advertised.into_iter().chain(self.name.clone()).filter(|host| !host.is_empty()));
        hosts
    }
}
