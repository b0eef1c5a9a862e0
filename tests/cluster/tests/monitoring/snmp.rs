//! What managers get of a running cluster: net-snmp's own tools, with the MIB that is shipped.

use crate::canaries::{AUTH, COMMUNITY, PRIVACY, file};
use harness::cluster::{Cluster, Node, wait_until};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Whoever is let in at one node is known at all of them.
const KNOWN_WITHIN: Duration = Duration::from_secs(10);
/// Pictures are up to some seconds old, and nasctl asks later.
const AGREED_WITHIN: Duration = Duration::from_secs(20);
const NAME: &str = ".1.3.6.1.2.1.1.5.0";
const WORD: [&str; 3] = ["-v2c", "-c", COMMUNITY];
/// Where the MIBs are.
pub const SMI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../nas-snmp");

/// Everything that is ours, by its name and index.
type Figures = BTreeMap<String, String>;

/// A user of version 3, with this passphrase for signing.
fn user(auth: &str) -> [&str; 13] {
    ["-v3", "-l", "authPriv", "-u", "watch", "-a", "SHA-256", "-A", auth, "-x", "AES", "-X", PRIVACY]
}

/// Somebody with net-snmp's tools.
struct Manager(TempDir);

impl Manager {
    fn says(&self, node: &Node, tool: &str, who: &[&str], what: &[&str]) -> Vec<String> {
        let output = Command::new(tool)
            .env("SNMPCONFPATH", "/nonexistent")
            .env("SNMP_PERSISTENT_DIR", self.0.path())
            .env("MIBS", "")
            .args(who)
            .args(["-t1", "-r0"])
            .args(&what[..what.len() - 1])
            .arg(node.snmp.as_deref().expect("nas-snmp is built"))
            .args(what.last())
            .output()
            .expect("Debian's package snmp is installed");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).expect("UTF-8");
        text.lines().filter(|line| !line.starts_with("Created directory")).map(str::to_owned).collect()
    }

    fn is_answered(&self, node: &Node, who: &[&str]) -> bool {
        let said = self.says(node, "snmpget", who, &["-On", NAME]);
        let is_answer = said.iter().any(|line| line.starts_with(NAME));
        assert!(is_answer || said.iter().any(|line| line.contains("Timeout")), "{said:?}");
        is_answer
    }

    /// All that is ours, with the names of our MIB and of net-snmp's own.
    fn walk(&self, node: &Node, who: &[&str]) -> Figures {
        let dirs = format!("{SMI}/tests/mibs:{SMI}/mibs:/usr/share/snmp/mibs");
        let mibs = "GOTGAN-MIB:UCD-SNMP-MIB:UCD-DISKIO-MIB";
        let lines = self.says(node, "snmpbulkwalk", who, &["-M", &dirs, "-m", mibs, "-OQsU", ".1.3.6.1.4.1"]);
        let unknown: Vec<&String> = lines.iter().filter(|line| line.contains("enterprises")).collect();
        assert!(unknown.is_empty(), "{unknown:#?}");
        let pairs = lines.iter().filter_map(|line| line.split_once(" = "));
        pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
    }
}

pub fn nobody_is_answered_before_somebody_is_allowed(cluster: &Cluster, secrets: &Path) {
    let manager = Manager(tempfile::tempdir().expect("a directory"));
    for node in &cluster.ready.nodes {
        assert!(!manager.is_answered(node, &user(AUTH)) && !manager.is_answered(node, &WORD), "{}", node.id);
    }
    let [auth, privacy, word] = [AUTH, PRIVACY, COMMUNITY].map(|canary| file(secrets, canary));
    let [one, two] = [cluster.ready.nodes[0].id, cluster.ready.nodes[1].id];
    let proof = ["--auth-file", &auth, "--priv-file", &privacy];
    cluster.nasctl(one, &[&["snmp", "user", "create", "watch", "--from", "127.0.0.1"][..], &proof].concat());
    cluster.nasctl(
        two,
        &["snmp", "community", "create", "old", "--from", "127.0.0.1", "--community-file", &word],
    );
    for node in &cluster.ready.nodes {
        for who in [&user(AUTH)[..], &WORD] {
            wait_until("every node knows who was allowed", KNOWN_WITHIN, || manager.is_answered(node, who));
        }
        assert!(!manager.is_answered(node, &user("another passphrase")), "a wrong key gets nothing");
        assert!(!manager.is_answered(node, &["-v2c", "-c", "another-word"]), "a wrong word gets nothing");
    }
}

/// Rows of nodes and volumes say what nasctl says.
pub fn every_node_says_what_nasctl_says(cluster: &Cluster) {
    let manager = Manager(tempfile::tempdir().expect("a directory"));
    for node in &cluster.ready.nodes {
        for who in [&user(AUTH)[..], &WORD] {
            let mut differences = Vec::new();
            wait_until("SNMP and nasctl say the same", AGREED_WITHIN, || {
                let figures = manager.walk(node, who);
                assert!(figures.len() > 100, "{figures:#?}");
                let status = cluster.nasctl(node.id, &["--json", "cluster", "status"]);
                let status: Value = serde_json::from_str(&status).expect("JSON");
                let expected = rows(&status);
                assert!(expected.len() >= 3 * 4 + 5, "{status:#}");
                let differs = |(name, value): &(String, String)| figures.get(name) != Some(value);
                let of = |(name, value)| format!("{name}: {value}, not {:?}", figures.get(&name));
                differences = expected.into_iter().filter(differs).map(of).collect();
                if !differences.is_empty() {
                    eprintln!("node {}: {differences:?}", node.id);
                }
                differences.is_empty()
            });
        }
    }
}

fn rows(status: &Value) -> Vec<(String, String)> {
    let mut rows = vec![("gotganClusterLeader.0".to_owned(), text(&status["leader"]))];
    for (table, prefix, columns) in [
        (
            "nodes",
            "gotganNode",
            [("Name", "name"), ("State", "state"), ("Reachable", "reachable"), ("NfsAddress", "nfs_address")],
        ),
        (
            "volumes",
            "gotganVolume",
            [("Name", "name"), ("Leader", "leader"), ("UsedBytes", "used_bytes"), ("Files", "files")],
        ),
    ] {
        for row in status[table].as_array().expect("rows") {
            let said = |(column, field)| (format!("{prefix}{column}.{}", row["id"]), text(&row[field]));
            rows.extend(columns.map(said));
        }
    }
    rows
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
