//! What a node touches of the world, as arguments: the appliance passes the real things, the simulation its
//! own.

use nasd_base::net::Net;
use nasd_base::{Clock, Entropy};
use nasd_disk::Disk;
use std::path::PathBuf;
use std::sync::Arc;

/// The world of one node.
pub struct Environment {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub net: Arc<dyn Net>,
    /// The disk of the Raft log.
    pub log_disk: Arc<dyn Disk>,
    /// The disks for chunks.
    pub chunk_disks: Vec<Arc<dyn Disk>>,
    /// Where the state machines' databases are.
    pub state_dir: PathBuf,
}
