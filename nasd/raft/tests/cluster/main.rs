//! Clusters of replicas in one process: over a channel network, simulated log disks and real databases.

mod chaos;
mod elections;
mod harness;
mod members;
mod power;
mod reads;
mod refusals;
mod snapshots;
mod throughput;
