//! The cluster as a whole: its id, and the authority that certifies its nodes.

mod command;
mod decide;
mod error;
mod rows;
#[cfg(test)]
mod tests;

pub use command::ClusterCommand;
pub use error::ClusterError;
pub use nasd_cluster::ClusterId;
pub(crate) use rows::ClusterEffect;
