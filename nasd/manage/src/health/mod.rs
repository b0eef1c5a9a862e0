//! Owns what this node can say of the cluster: everything that it has heard, and whether all is well.

mod observed;
mod patience;
mod verdict;
mod volume;
mod word;

pub use observed::Observed;
pub use patience::Patience;
pub use word::Word;
