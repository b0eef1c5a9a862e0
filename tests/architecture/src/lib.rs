//! The crates of the workspace as cargo knows them; `tests/` holds their shape.

pub mod modules;
mod source;

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Crates and what they use.
pub type Arrows = Vec<(String, BTreeSet<String>)>;

/// A crate of this workspace.
pub struct Package {
    pub name: String,
    /// Its folder, from the root of the workspace.
    pub folder: String,
    /// Crates of this workspace that it uses, but for tests.
    pub uses: BTreeSet<String>,
}

impl Package {
    /// Its name in ARCHITECTURE.md: the last part of its folder.
    pub fn place(&self) -> &str {
        self.folder.rsplit('/').next().unwrap_or(&self.folder)
    }

    /// Whether it only runs others: nothing may depend on it.
    pub fn is_outside(&self) -> bool {
        self.folder == "xtask" || self.folder.starts_with("tests/")
    }
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders up").to_owned()
}

/// All crates of the workspace, with their normal (not dev) dependencies, from cargo itself.
pub fn workspace() -> Vec<Package> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let members: BTreeSet<String> = packages.iter().map(name).collect();
    packages.iter().map(|package| read(package, &members)).collect()
}

fn name(value: &Value) -> String {
    value["name"].as_str().expect("a name").to_owned()
}

fn read(package: &Value, members: &BTreeSet<String>) -> Package {
    let dependencies = package["dependencies"].as_array().expect("dependencies");
    let normal = dependencies.iter().filter(|dependency| dependency["kind"].is_null());
    let manifest = Path::new(package["manifest_path"].as_str().expect("a manifest"));
    let folder =
        manifest.parent().and_then(|folder| folder.strip_prefix(root()).ok()).expect("in the workspace");
    Package {
        name: name(package),
        folder: folder.to_string_lossy().into_owned(),
        uses: normal.map(name).filter(|used| members.contains(used)).collect(),
    }
}
