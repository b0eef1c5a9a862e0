//! nasctl as a process, against a management socket served by a cluster in memory.

#[path = "../process/mod.rs"]
mod process;

mod alerts;
mod checks;
mod cluster;
mod diagnoses;
mod people;
mod usage;
mod volumes;
