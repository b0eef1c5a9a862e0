//! The cluster as a whole: its id, and the authority that certifies its nodes.

mod command;
mod decide;
mod rows;
#[cfg(test)]
mod tests;

pub use command::{ClusterCommand, describe};
pub use decide::decide;
pub use rows::{ClusterEffect, load, take, write};

use serde::{Deserialize, Serialize};
use std::fmt;

/// Names a cluster. All zero before its first node is registered.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterId(pub [u8; 16]);

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClusterId({self})")
    }
}
