//! Owns the guest's kernel: where it lies, and which modules must be loaded in which order.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Debian's cloud kernel, unpacked by `xtask/src/kernel.rs`.
pub(crate) struct Kernel {
    root: PathBuf,
    release: String,
    /// Modules that are files, by name.
    files: BTreeMap<String, PathBuf>,
    built_in: Vec<String>,
}

impl Kernel {
    /// Panics when it is not there: `cargo xtask test` fetches it.
    pub(crate) fn find() -> Kernel {
        let me = std::env::current_exe().expect("this program's own path");
        let root = me.ancestors().map(|dir| dir.join("guest/kernel")).find(|dir| dir.is_dir());
        let root = root.unwrap_or_else(|| {
            panic!(
                "guest/kernel is not in the target folder of {}: `cargo xtask test` fetches it",
                me.display()
            )
        });
        let modules = root.join("lib/modules");
        let release = list(&modules).pop().unwrap_or_else(|| panic!("{} is empty", modules.display()));
        let release = release.file_name().expect("a name").to_string_lossy().into_owned();
        let mut files = BTreeMap::new();
        collect(&modules.join(&release).join("kernel"), &mut files);
        let built_in = fs::read_to_string(modules.join(&release).join("modules.builtin"));
        let built_in =
            built_in.expect("modules.builtin").lines().map(|path| name_of(Path::new(path))).collect();
        Kernel { root, release, files, built_in }
    }

    pub(crate) fn image(&self) -> PathBuf {
        self.root.join("boot").join(format!("vmlinuz-{}", self.release))
    }

    /// The files of these modules and of all that they depend on, in an order in which they can be loaded.
    pub(crate) fn modules(&self, names: &[&str]) -> Vec<&Path> {
        let mut ordered = Vec::new();
        for name in names {
            self.visit(name, &mut ordered);
        }
        ordered
    }

    fn visit<'k>(&'k self, name: &str, ordered: &mut Vec<&'k Path>) {
        let name = name.replace('-', "_");
        if self.built_in.contains(&name) {
            return;
        }
        let path = self.files.get(&name);
        let path = path.unwrap_or_else(|| panic!("Linux {} has no module {name}", self.release));
        if ordered.contains(&path.as_path()) {
            return;
        }
        let image = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for needed in depends(&image) {
            self.visit(&needed, ordered);
        }
        ordered.push(path);
    }
}

/// What a module says it depends on: `depends=a,b` among the strings of its section `.modinfo`.
fn depends(image: &[u8]) -> Vec<String> {
    const KEY: &[u8] = b"\0depends=";
    let at = image.windows(KEY.len()).position(|window| window == KEY).expect("modules name what they need");
    let value = &image[at + KEY.len()..];
    let end = value.iter().position(|byte| *byte == 0).expect("strings end");
    let names = String::from_utf8_lossy(&value[..end]);
    names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn collect(dir: &Path, files: &mut BTreeMap<String, PathBuf>) {
    for path in list(dir) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "ko") {
            files.insert(name_of(&path), path);
        }
    }
}

/// Modules are called by either of `-` and `_`.
fn name_of(path: &Path) -> String {
    path.file_stem().expect("a module's file").to_string_lossy().replace('-', "_")
}

fn list(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    entries.map(|entry| entry.expect("a directory entry").path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_says_what_it_depends_on() {
        assert_eq!(depends(b"\x7fELF..license=GPL\0depends=nfs,sunrpc\0name=nfsv3\0"), ["nfs", "sunrpc"]);
        assert_eq!(depends(b"license=GPL\0depends=\0name=sunrpc\0"), [""; 0]);
    }
}
