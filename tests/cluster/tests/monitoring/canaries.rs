//! Secrets that lie where they belong, and the search for them everywhere else.

use crate::prometheus::scraped;
use harness::cluster::Cluster;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What may stand nowhere.
const CANARIES: [&str; 4] = [WEBHOOK, AUTH, PRIVACY, COMMUNITY];
pub const WEBHOOK: &str = "canary-of-the-webhook";
pub const AUTH: &str = "canary-passphrase-auth";
pub const PRIVACY: &str = "canary-passphrase-priv";
pub const COMMUNITY: &str = "canary-community";

/// With it colours begin, which nobody sees in a file or a journal.
const ESCAPE: u8 = 0x1b;

/// All that nasctl shows of what has a secret, and of who changed it.
const SHOWN: [&[&str]; 10] = [
    &["channel", "list"],
    &["channel", "show", "hook"],
    &["channel", "deliveries"],
    &["snmp", "show"],
    &["snmp", "user", "list"],
    &["snmp", "user", "show", "watch"],
    &["snmp", "community", "list"],
    &["alert", "past"],
    &["events"],
    &["audit", "list"],
];

/// A file with one of them, for nasctl, away from the cluster's files.
pub fn file(dir: &Path, canary: &str) -> String {
    std::fs::create_dir_all(dir).expect("a directory");
    let path = dir.join(canary);
    std::fs::write(&path, format!("{canary}\n")).expect("written");
    path.to_str().expect("a name").to_owned()
}

/// They are not even kept: no file of any node has one, whatever it is for. And its logs are plain text.
pub fn are_nowhere(cluster: &Cluster, dir: &Path, token: &str) {
    let mut files = Vec::new();
    collect(dir, &mut files);
    let is_log = |path: &&PathBuf| path.extension().is_some_and(|end| end == "log");
    assert!(files.iter().filter(is_log).count() >= 12, "a log of each program of each node: {files:?}");
    let mut channel_is_seen = false;
    for path in files {
        let bytes = std::fs::read(&path).unwrap_or_default();
        has_none(&path.display().to_string(), &bytes);
        assert!(!is_log(&&path) || !bytes.contains(&ESCAPE), "colours are in {}", path.display());
        channel_is_seen |= holds(&bytes, b"hook");
    }
    assert!(channel_is_seen, "what is no secret is found");
    for node in &cluster.ready.nodes {
        none_is_in_a_support_bundle(cluster, node.id, dir, token);
        has_none("the metrics", &scraped(node, token));
        for arguments in SHOWN {
            for arguments in [arguments.to_vec(), [&["--json"], arguments].concat()] {
                has_none(&arguments.join(" "), cluster.nasctl(node.id, &arguments).as_bytes());
            }
        }
        has_none("config export", cluster.nasctl(node.id, &["config", "export"]).as_bytes());
    }
}

/// Whoever looks into it sees all nodes, and the channel without its secret.
fn none_is_in_a_support_bundle(cluster: &Cluster, node: u64, dir: &Path, token: &str) {
    let path = dir.with_file_name(format!("support-{node}.tar.zst"));
    let shown = cluster.nasctl(node, &["diagnose", "--bundle", path.to_str().expect("a name"), "--yes"]);
    let packed = std::fs::read(&path).expect("the bundle");
    let mut archive = tar::Archive::new(zstd::Decoder::new(&packed[..]).expect("zstd"));
    let (mut names, mut channel_is_seen) = (Vec::new(), false);
    for entry in archive.entries().expect("a tar archive") {
        let mut entry = entry.expect("a file");
        let name = entry.path().expect("a name").display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("its bytes");
        has_none(&name, &bytes);
        assert!(!holds(&bytes, token.as_bytes()), "an API token is in {name}");
        assert!(!holds(&bytes, b"PRIVATE KEY"), "a key is in {name}");
        channel_is_seen |= name.ends_with("channels.json") && holds(&bytes, b"hook");
        let name = name.strip_prefix("gotgan-support/").expect("all is in one folder").to_owned();
        assert!(shown.contains(&name), "it was shown before: {name}");
        names.push(name);
    }
    assert!(channel_is_seen, "what is no secret is found: {names:?}");
    for part in ["machine.json", "diagnosis.json", "metrics.txt", "log.txt", "system/proc/meminfo"] {
        for number in 1..=3 {
            assert!(names.contains(&format!("node{number}/{part}")), "node{number}/{part}: {names:?}");
        }
    }
    let audit = cluster.nasctl(node, &["audit", "list"]);
    assert!(audit.contains("downloaded support bundle"), "{audit}");
}

fn has_none(what: &str, bytes: &[u8]) {
    for canary in CANARIES {
        assert!(!holds(bytes, canary.as_bytes()), "{canary} is in {what}");
    }
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    let first = |byte: &u8| *byte == wanted[0];
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(first) {
        if rest[at..].starts_with(wanted) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// All files, but those of the volume.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a directory").flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let is_mount = entry.file_name().as_encoded_bytes().starts_with(b"mnt");
        match () {
            () if kind.is_dir() && !is_mount => collect(&entry.path(), files),
            () if kind.is_file() => files.push(entry.path()),
            () => {}
        }
    }
}
