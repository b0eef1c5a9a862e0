//! Debian packages that a command needs: installed when this user may, named when not.

use crate::run::run;
use std::path::Path;
use std::process::Command;

/// A package and a file that shows it is installed.
pub struct Package {
    pub name: &'static str,
    pub provides: &'static str,
}

/// For every build: the C compiler of the bundled SQLite, zstd and jemalloc.
pub const COMPILER: Package = Package { name: "gcc", provides: "/usr/bin/cc" };
/// What jemalloc is built with.
pub const MAKE: Package = Package { name: "make", provides: "/usr/bin/make" };
/// Headers for the C compiler.
pub const LIBC: Package = Package { name: "libc6-dev", provides: "/usr/include/stdio.h" };
/// Lets users other than root mount FUSE file systems.
pub const FUSE: Package = Package { name: "fuse3", provides: "/usr/bin/fusermount3" };
/// What the tests ask HTTPS servers with.
pub const CURL: Package = Package { name: "curl", provides: "/usr/bin/curl" };
/// nfs-ls, nfs-cp, nfs-cat and libnfs itself: the NFS client of the tests.
pub const NFS_CLIENT: Package = Package { name: "libnfs-utils", provides: "/usr/bin/nfs-cp" };

/// What asks the SNMP agent, answers beside it, hears its notifications and reads its MIB.
pub const SNMP: [Package; 4] = [
    Package { name: "snmp", provides: "/usr/bin/snmpbulkwalk" },
    Package { name: "snmpd", provides: "/usr/sbin/snmpd" },
    Package { name: "snmptrapd", provides: "/usr/sbin/snmptrapd" },
    Package { name: "smitools", provides: "/usr/bin/smilint" },
];

/// What pjdfstest is linked with.
pub const ACL: Package = Package { name: "libacl1-dev", provides: "/usr/include/sys/acl.h" };

/// What the emulated client of `tests/guest` is made of: the machine, its shell, and a compiler for it to run.
pub const GUEST: [Package; 4] = [
    Package { name: "qemu-system-x86", provides: "/usr/bin/qemu-system-x86_64" },
    Package { name: "busybox-static", provides: "/bin/busybox" },
    Package { name: "tcc", provides: "/usr/bin/tcc" },
    Package { name: "make", provides: "/usr/bin/make" },
];

/// setfacl and getfacl, for the checks of access control lists.
pub const ACL_TOOLS: Package = Package { name: "acl", provides: "/usr/bin/setfacl" };

/// What `tests/applications` runs on the mounts.
pub const APPLICATIONS: [Package; 2] = [
    Package { name: "git", provides: "/usr/bin/git" },
    Package { name: "postgresql-15", provides: "/usr/lib/postgresql/15/bin/postgres" },
];

/// What `tests/console` looks at the web console with; the last one is the authenticator.
pub const BROWSER: [Package; 3] = [
    Package { name: "chromium", provides: "/usr/bin/chromium" },
    Package { name: "chromium-driver", provides: "/usr/bin/chromedriver" },
    Package { name: "oathtool", provides: "/usr/bin/oathtool" },
];

/// What `nas-backup` shares its repositories with.
pub const RESTIC: Package = Package { name: "restic", provides: "/usr/bin/restic" };

/// What schemathesis is made of; the second one holds what environments are made with.
pub const PYTHON: [Package; 2] = [
    Package { name: "python3", provides: "/usr/bin/python3" },
    Package { name: "python3-venv", provides: "/usr/lib/python3.11/ensurepip" },
];

/// Makes sure that all of them are there.
pub fn ensure(packages: &[Package]) -> Result<(), String> {
    let missing: Vec<&str> =
        packages.iter().filter(|package| !Path::new(package.provides).exists()).map(|p| p.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !is_root() {
        return Err(format!(
            "these Debian packages are missing: {names}\n  install them: sudo apt-get install {names}"
        ));
    }
    eprintln!("Installing Debian packages: {names}");
    update()?;
    run(apt().args(["install", "--yes", "--no-install-recommends"]).args(&missing))
}

/// Renews the lists of what there is.
pub fn update() -> Result<(), String> {
    if !is_root() {
        return Err("Debian's package lists are old or empty\n  renew them: sudo apt-get update".to_owned());
    }
    run(apt().arg("update"))
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet");
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}
