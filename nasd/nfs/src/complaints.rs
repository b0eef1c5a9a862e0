//! Owns what the server says about its clients, and how often: each of these lines anybody can cause at will.

use nasd_base::rarely::Rarely;
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(60);

/// Lines with a count. What strangers cause has lines of its own, so that it hides nothing that matters to a known
/// client.
pub(crate) struct Complaints {
    /// A stranger asked for a mount.
    pub(crate) strangers_mounts: Rarely,
    /// A known client was refused a mount.
    pub(crate) mounts: Rarely,
    /// A known client called from a port that anybody on it can use.
    pub(crate) ports: Rarely,
    /// A connection could not be accepted.
    pub(crate) accepts: Rarely,
    /// A bug in a call.
    pub(crate) bugs: Rarely,
}

impl Default for Complaints {
    fn default() -> Self {
        Complaints {
            strangers_mounts: Rarely::new(2, PERIOD),
            mounts: Rarely::new(20, PERIOD),
            ports: Rarely::new(5, PERIOD),
            accepts: Rarely::new(2, PERIOD),
            bugs: Rarely::new(20, PERIOD),
        }
    }
}
