//! One member of a cluster, running: everything between the disks and the front ends, wired together and supervised.
//!
//! ```text
//!   Environment (clock, network, disks) + Settings ─▶ Node ─▶ groups, volumes, NFS
//!                                                       ├─▶ pulses: what each member hears of the others all the time
//!                                                       └─▶ reports: what a member says of itself when it is asked
//! ```
//!
//! The simulator runs the same on a clock, a network and disks of its own.

mod authority;
mod dispatch;
mod environment;
mod keys;
mod machine;
mod membership;
mod node;
mod peers;
mod ping;
mod pulse;
mod report;
mod self_test;
mod tasks;
mod upkeep;
mod volumes;

pub use authority::Follower;
pub use environment::Environment;
pub use machine::{DeviceReport, MachineReport, NoSmart, Question, Smart, keeps_the_clock};
pub use node::{Founding, Node, Settings};
pub use ping::Way;
pub use pulse::{Failover, Part, Pulse, Pulses, Trouble, VolumePulse};
pub use report::{
    ClientReport, ClientTally, DiskReport, LoadReport, NfsClient, RefusedReport, Report, Reporter,
};
