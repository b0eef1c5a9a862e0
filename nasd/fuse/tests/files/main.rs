//! Files and directories of a real mount, used through the operating system. Needs root and /dev/fuse.

#[path = "../memory/mod.rs"]
mod memory;
#[path = "../mounted/mod.rs"]
mod mounted;

mod attributes;
mod data;
mod names;
