//! Owns taking programs of this machine along: which files they need, and where a guest has them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where programs lie that were not found by their whole path.
const PATH: [&str; 4] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/// The file of an installed program. Panics when there is none.
pub fn installed(name: &str) -> PathBuf {
    let found = PATH.iter().map(|dir| Path::new(dir).join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{name} is not installed: `cargo xtask test` does it"))
}

/// The shared libraries that a program is linked with, its loader among them.
pub(crate) fn libraries(program: &Path) -> Vec<PathBuf> {
    let output = Command::new("ldd").arg(program).output().expect("ldd starts");
    let said = String::from_utf8_lossy(&output.stdout);
    // A static program makes ldd fail, and needs nothing.
    said.lines().filter_map(library).collect()
}

/// `libc.so.6 => /lib/libc.so.6 (0x7f)`, `/lib64/ld-linux-x86-64.so.2 (0x7f)`, `linux-vdso.so.1 (0x7f)`.
fn library(line: &str) -> Option<PathBuf> {
    assert!(!line.contains("not found"), "a library is missing: {line}");
    let found = line.split_once("=> ").map_or(line, |(_, found)| found).trim();
    let path = found.split_once(" (").map_or(found, |(path, _)| path);
    path.starts_with('/').then(|| PathBuf::from(path))
}

/// The place of a file of this machine in a guest, where `/bin` and `/lib` are links into `/usr`.
pub(crate) fn place(path: &Path) -> PathBuf {
    let inside = path.strip_prefix("/").expect("a whole path");
    let merged = ["bin", "sbin", "lib", "lib64"].iter().any(|dir| inside.starts_with(dir));
    if merged { Path::new("/usr").join(inside) } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_read_from_what_ldd_prints() {
        let path = |line| library(line).map(|path| path.display().to_string());
        assert_eq!(path("\tlibc.so.6 => /lib/libc.so.6 (0x7f)").as_deref(), Some("/lib/libc.so.6"));
        assert_eq!(path("\t/lib64/ld-linux.so.2 (0x7f)").as_deref(), Some("/lib64/ld-linux.so.2"));
        assert_eq!(path("\tlinux-vdso.so.1 (0x7f)"), None);
        assert_eq!(path("\tstatically linked"), None);
    }
}
