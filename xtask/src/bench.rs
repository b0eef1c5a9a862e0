//! `cargo xtask bench`: builds the release programs and compares them with other systems on this machine.

use crate::packages::{self, COMPILER, FUSE, LIBC, MAKE, NFS_CLIENT, Package};
use crate::run::{cargo, run, target_dir};
use std::process::Command;

const OTHER_SYSTEMS: [Package; 4] = [
    Package { name: "glusterfs-server", provides: "/usr/sbin/glusterd" },
    Package { name: "nfs-ganesha-vfs", provides: "/usr/lib/x86_64-linux-gnu/ganesha/libfsalvfs.so" },
    Package { name: "rpcbind", provides: "/usr/sbin/rpcbind" },
    Package { name: "iproute2", provides: "/usr/sbin/ip" },
];

/// Arguments go to `bench compare`.
pub fn bench(arguments: &[&str]) -> Result<(), String> {
    packages::ensure(&[COMPILER, MAKE, LIBC, FUSE, NFS_CLIENT])?;
    if !arguments.contains(&"--alone") {
        packages::ensure(&OTHER_SYSTEMS)?;
    }
    run(cargo().args(["build", "--release", "--package", "nasd", "--package", "bench"]))?;
    run(Command::new(target_dir().join("release/bench")).arg("compare").args(arguments))
}
