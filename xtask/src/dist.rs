//! `cargo xtask dist`: the programs as they are installed, without the information for debuggers, which lies beside
//! them for whoever has to read a core or a backtrace.

use crate::packages::{self, COMPILER, LIBC, MAKE};
use crate::run::{cargo, run, target_dir};
use std::path::Path;
use std::process::Command;

pub const PROGRAMS: [&str; 6] = ["nasd", "nasctl", "nas-web", "nas-snmp", "nas-notify", "nas-backup"];
/// What one program may weigh: the image carries all of them, and updates fetch them.
const BYTES_MAX: u64 = 25_000_000;

pub fn dist() -> Result<(), String> {
    packages::ensure(&[COMPILER, MAKE, LIBC])?;
    run(cargo()
        .args(["build", "--profile", "dist", "--locked"])
        .args(PROGRAMS.map(|program| format!("-p{program}"))))?;
    let (built, dist) = (target_dir().join("dist"), target_dir().join("installed"));
    std::fs::create_dir_all(&dist).map_err(|error| format!("cannot make {}: {error}", dist.display()))?;
    let mut large = Vec::new();
    for program in PROGRAMS {
        let bytes = part(&built.join(program), &dist, program)?;
        if bytes > BYTES_MAX {
            large.push(format!(
                "{program} has {bytes} bytes, more than the {BYTES_MAX} that a program may have"
            ));
        }
    }
    // All of them are there, and can be used.
    if large.is_empty() { Ok(()) } else { Err(large.join("\n")) }
}

/// Puts the program and what debuggers need of it into `dist`. They find it by the program's link and its checksum. Says how
/// many bytes the program has.
fn part(built: &Path, dist: &Path, program: &str) -> Result<u64, String> {
    let (stripped, debug) = (dist.join(program), dist.join(format!("{program}.debug")));
    let objcopy = || Command::new("objcopy");
    run(objcopy().args(["--only-keep-debug", "--compress-debug-sections=zlib"]).arg(built).arg(&debug))?;
    let mut link = std::ffi::OsString::from("--add-gnu-debuglink=");
    link.push(&debug);
    run(objcopy().arg("--strip-all").arg(link).arg(built).arg(&stripped))?;
    let bytes =
        std::fs::metadata(&stripped).map_err(|error| format!("{}: {error}", stripped.display()))?.len();
    println!("{}: {:.1} MB", stripped.display(), bytes as f64 / 1e6);
    Ok(bytes)
}
