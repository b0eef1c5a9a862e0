//! Owns how refusals are declared, and those that any request can meet. Each noun declares its own in its file.

pub(crate) mod caller;
pub(crate) mod client;
mod fill;
pub(crate) mod phrases;
pub(crate) mod request;
pub(crate) mod state;
pub(crate) mod words;

pub use caller::refusals::*;
pub use client::refusals::*;
pub(crate) use fill::{Values, filled, recognised};
pub use request::refusals::*;
pub(crate) use words::refusals;
