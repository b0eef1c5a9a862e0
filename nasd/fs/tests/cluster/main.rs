//! Volumes of three replicas in one process: real state machines and chunk stores on simulated disks.

mod access;
mod appends;
mod caches;
mod chaos;
mod coalescing;
mod common;
mod failover;
mod healing;
mod late;
mod locks;
mod model;
mod orphans;
mod quota;
mod space;
mod timing;
mod writes;
