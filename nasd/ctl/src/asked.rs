//! Owns what every noun's commands have in common.

use crate::failure::Failure;
use crate::reach::{Node, Reach};

/// What can be asked of a node. Its documentation is what `--help` says of it.
pub trait Asked {
    /// Where the command is to go.
    fn place(&self, reach: Reach) -> Reach {
        reach
    }

    async fn run(self, at: &Node, json: bool) -> Result<(), Failure>;
}
