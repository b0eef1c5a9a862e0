//! nasctl as a process, against a management socket served by a cluster in memory.

#[path = "../process/mod.rs"]
mod process;

mod alerts;
mod checks;
mod cluster;
mod people;
mod usage;
mod volumes;
