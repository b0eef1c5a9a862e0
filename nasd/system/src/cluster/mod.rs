//! The cluster as a whole: its id, and the authority that certifies its nodes.

mod command;
mod decide;
mod rows;
#[cfg(test)]
mod tests;

pub use command::ClusterCommand;
pub use nasd_cluster::ClusterId;
pub use rows::ClusterEffect;
