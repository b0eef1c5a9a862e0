//! The server as its clients see it, over an in-memory file system.

mod clients;
mod exports;
mod fairness;
mod garbage;
mod libnfs;
mod limits;
mod listing;
mod memory;
mod mount;
mod names;
mod procedures;
mod refused;
mod retries;
mod rig;
mod rpcbind;
mod strangers;
mod timing;
