//! Owns what this node can say of the cluster: everything that it has heard, and whether all is well.

mod observed;
mod word;

pub use observed::{Observed, Verdict};
pub use word::Word;
