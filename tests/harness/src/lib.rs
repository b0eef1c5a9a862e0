//! What the end-to-end tests share: clusters of real processes, disks that lose their power, NFS clients that others wrote, mapped
//! files, trees of files to compare, and settings.

pub mod cluster;
pub mod limits;
pub mod lone;
pub mod mapping;
pub mod nfs_client;
pub mod power;
pub mod receiver;
pub mod setting;
pub mod tree;
