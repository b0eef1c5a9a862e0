//! The direction of dependencies: a new arrow between crates is a reviewed decision, made here.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Every crate and the crates of this workspace that it may use, outermost first.
const ARROWS: &[(&str, &[&str])] = &[
    (
        "nasd",
        &[
            "nasd-api",
            "nasd-base",
            "nasd-cluster",
            "nasd-disk",
            "nasd-files",
            "nasd-fs",
            "nasd-fuse",
            "nasd-log",
            "nasd-meta",
            "nasd-nfs",
            "nasd-raft",
            "nasd-state",
            "nasd-store",
            "nasd-system",
        ],
    ),
    ("nasctl", &["nasd-api", "nasd-base", "nasd-files"]),
    ("nas-web", &["nasd-api", "nasd-base"]),
    ("nasd-nfs", &["nasd-base", "nasd-fs"]),
    ("nasd-fuse", &["nasd-base", "nasd-fs"]),
    ("nasd-fs", &["nasd-base", "nasd-meta", "nasd-raft", "nasd-store"]),
    ("nasd-system", &["nasd-base", "nasd-cluster", "nasd-raft", "nasd-state"]),
    ("nasd-cluster", &["nasd-base", "nasd-files", "nasd-raft"]),
    ("nasd-raft", &["nasd-base", "nasd-log", "nasd-state"]),
    ("nasd-meta", &["nasd-base", "nasd-state"]),
    ("nasd-store", &["nasd-base", "nasd-disk"]),
    ("nasd-log", &["nasd-base", "nasd-disk"]),
    ("nasd-state", &["nasd-disk", "nasd-files"]),
    ("nasd-disk", &["nasd-base"]),
    ("nasd-api", &["nasd-base", "nasd-files"]),
    ("nasd-files", &[]),
    ("nasd-base", &[]),
];

/// Crates that only run others: nothing may depend on them.
const OUTSIDE: &[&str] = &[
    "applications",
    "architecture-tests",
    "bench",
    "cluster-tests",
    "conformance",
    "console-tests",
    "guest",
    "harness",
    "memory-management",
    "sim",
    "strangers",
    "xtask",
];

#[test]
fn crates_use_only_the_layers_below_them() {
    let actual = workspace_dependencies();
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(name, uses)| (*name, uses.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for (name, uses) in &actual {
        if OUTSIDE.contains(&name.as_str()) {
            continue;
        }
        let Some(may_use) = allowed.get(name.as_str()) else {
            wrong.push(format!("{name} is new: draw its arrows in this test and in ARCHITECTURE.md"));
            continue;
        };
        for used in uses.iter().filter(|used| !may_use.contains(used.as_str())) {
            wrong.push(format!("{name} -> {used} is not in the picture"));
        }
        for unused in may_use.iter().filter(|used| !uses.contains(**used)) {
            wrong.push(format!("{name} -> {unused} is in the picture but not in the code"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_picture_has_no_circle() {
    let mut seen = BTreeSet::new();
    for (name, uses) in ARROWS.iter().rev() {
        for used in *uses {
            assert!(seen.contains(used), "{name} uses {used}, which comes above it");
        }
        seen.insert(*name);
    }
}

/// Normal (not dev) dependencies inside the workspace, from cargo itself.
fn workspace_dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |value: &serde_json::Value| value["name"].as_str().expect("a name").to_owned();
    let members: BTreeSet<String> = packages.iter().map(name).collect();
    let uses = |package: &serde_json::Value| {
        let dependencies = package["dependencies"].as_array().expect("dependencies");
        let normal = dependencies.iter().filter(|dependency| dependency["kind"].is_null());
        normal.map(name).filter(|used| members.contains(used)).collect()
    };
    packages.iter().map(|package| (name(package), uses(package))).collect()
}
