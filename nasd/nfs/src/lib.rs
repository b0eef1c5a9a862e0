//! NFSv3 and MOUNT over TCP, in process: XDR, RPC and procedures, turned into file service calls.
//!
//! A record is cut from the stream ([`record`]), becomes a call ([`rpc`]), is recognised if it was made
//! before ([`drc`]), and is carried out by the procedure's file in [`v3`] or [`mount`] under the caller that
//! the export rules make of it ([`access`]). What a file operation means is left to
//! [`nasd_fs::FileService`].

pub mod access;
mod client_classes;
mod clients;
mod complaints;
mod connection;
mod counter;
mod derived;
mod dispatch;
pub mod drc;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
pub mod handle;
mod incoming;
mod memory;
pub mod mount;
pub mod options;
mod pool;
pub mod portmap;
pub mod record;
mod refused;
pub mod rpc;
pub mod server;
mod standing;
pub mod stats;
mod stranger;
pub mod v3;
pub mod xdr;

pub use access::Exports;
pub use clients::{CLIENT_AGE_MAX, MARK_EVERY, NfsClientRecord, Tally};
pub use handle::FileHandle;
pub use options::NfsOptions;
pub use refused::{REFUSED_AGE_MAX, Refused};
pub use server::NfsServer;
pub use stats::{ClientInfo, NfsCounters};
pub use v3::types::Status;
