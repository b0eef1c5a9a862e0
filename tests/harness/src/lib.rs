//! What the end-to-end tests share: clusters of real processes, NFS clients that others wrote, mapped
//! files, and trees of files to compare.

pub mod cluster;
pub mod mapping;
pub mod nfs_client;
pub mod tree;
