//! `cargo xtask test`: every check and every test, in the order in which they fail fastest.

use crate::kernel;
use crate::packages::{
    self, ACL, ACL_TOOLS, APPLICATIONS, BROWSER, COMPILER, CURL, FUSE, GUEST, LIBC, MAKE, NFS_CLIENT, PYTHON,
    RESTIC, SNMP,
};
use crate::run::{cargo, run};
use crate::schemathesis;
use crate::tools;
use crate::unpacked::{self, PROMETHEUS};
use std::thread;

/// Arguments after `--fast` go to nextest as filters.
pub fn test(arguments: &[&str]) -> Result<(), String> {
    let fast = arguments.contains(&"--fast");
    let filters: Vec<&str> = arguments.iter().copied().filter(|word| *word != "--fast").collect();
    packages::ensure(&[COMPILER, MAKE, LIBC, FUSE, NFS_CLIENT])?;
    packages::ensure(&SNMP)?;
    packages::ensure(&[RESTIC])?;
    tools::ensure("nextest", "cargo-nextest")?;
    if !fast {
        tools::ensure("deny", "cargo-deny")?;
        packages::ensure(&[ACL, ACL_TOOLS, CURL])?;
        tools::ensure_program("pjdfstest", "0.2.2")?;
        tools::ensure_program("fsx", "0.3.2")?;
        packages::ensure(&GUEST)?;
        packages::ensure(&APPLICATIONS)?;
        packages::ensure(&BROWSER)?;
        kernel::ensure()?;
        unpacked::ensure(PROMETHEUS)?;
        packages::ensure(&PYTHON)?;
        // It waits for the network most of the time, the checks never do.
        let contract = thread::spawn(schemathesis::ensure);
        let checked = check();
        contract.join().map_err(|_| "the installation of schemathesis panicked")??;
        checked?;
    }
    let mut nextest = cargo();
    nextest.args(["nextest", "run", "--workspace", "--locked"]);
    if fast {
        nextest.args([
            "--filter-expr",
            "not package(cluster-tests) and not package(conformance) and not package(sim) and not package(bench) \
             and not package(guest) and not package(applications) and not package(console-tests) \
             and not package(strangers)",
        ]);
    }
    run(nextest.args(filters))
}

fn check() -> Result<(), String> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    // Licences of the crates for other platforms are checked too.
    run(cargo().args(["fetch", "--locked"]))?;
    run(cargo().args(["deny", "--offline", "check", "licenses", "bans", "sources"]))?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    check_fuzz_targets()
}

/// Compiles what `cargo xtask fuzz` runs, which is a workspace of its own that nothing else here looks at.
fn check_fuzz_targets() -> Result<(), String> {
    let mut check = cargo();
    check.args([
        "check",
        "--locked",
        "--manifest-path",
        "fuzz/Cargo.toml",
        "--target-dir",
        "target/fuzz-check",
    ]);
    // cargo-fuzz says this; and nothing is linked, so that the fuzzer itself need not be compiled.
    run(check.env("RUSTFLAGS", "--cfg fuzzing").env("CUSTOM_LIBFUZZER_PATH", "/not/linked"))
}
