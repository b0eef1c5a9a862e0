//! What a C compiler needs in a guest: of tcc, which is small and quick enough for an emulated processor.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What tcc needs to build programs: its own files, the C library's, and headers.
pub fn needs_of_tcc() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = of_packages(&["tcc"]).filter(|path| path.starts_with("/usr/lib")).collect();
    // tcc looks for the loader beside the C library.
    files.extend(of_packages(&["libc6"]).filter(|path| is_loader(path)));
    files.extend(of_packages(&["libc6-dev", "linux-libc-dev"]).filter(|path| builds_programs(path)));
    files
}

fn is_loader(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux"))
}

fn builds_programs(path: &Path) -> bool {
    let headers = ["asm", "asm-generic", "bits", "gnu", "linux", "sys"];
    let header = path.starts_with("/usr/include")
        && path.extension().is_some_and(|extension| extension == "h")
        && path.parent().and_then(Path::file_name).is_some_and(|dir| {
            dir == "include"
                || headers.iter().any(|known| dir == *known)
                || path.to_string_lossy().contains("/bits/")
        });
    let linked = ["crt1.o", "crti.o", "crtn.o", "libc.so", "libc_nonshared.a"];
    header || path.file_name().is_some_and(|name| linked.iter().any(|known| name == *known))
}

/// The regular files of installed packages.
fn of_packages(names: &[&str]) -> impl Iterator<Item = PathBuf> + use<> {
    let output = Command::new("dpkg").arg("-L").args(names).output().expect("dpkg starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}`cargo xtask test` installs what is missing");
    let listed = String::from_utf8(output.stdout).expect("paths are UTF-8");
    let paths: Vec<PathBuf> = listed.lines().map(PathBuf::from).filter(|path| path.is_file()).collect();
    paths.into_iter()
}
