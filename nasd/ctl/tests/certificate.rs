//! `nasctl certificate` as a process, against a management socket served by a cluster in memory.

mod process;

use nasd_api::NodeCertificate;
use process::{Node, cluster};
use tempfile::TempDir;

/// A certificate of another host, with its key, in files.
fn other() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    NodeCertificate::open(dir.path(), &["nas.example".to_owned()]).unwrap();
    dir
}

fn set<'a>(chain: &'a str, key: &'a str) -> [&'a str; 6] {
    ["certificate", "set", "--chain", chain, "--key", key]
}

fn file(dir: &TempDir, name: &str) -> String {
    dir.path().join(name).to_str().unwrap().to_owned()
}

fn fingerprint(node: &Node) -> String {
    node.json(&["certificate", "show"])["fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn a_certificate_is_shown_replaced_and_given_up() {
    let (node, other) = (cluster(), other());
    let before = node.gives(&["certificate", "show"]);
    assert!(before.contains("for          stor-a\n"), "{before}");
    assert!(before.contains("issued by    itself (self-signed)\n"), "{before}");
    let said = node.gives(&set(&file(&other, "api.pem"), &file(&other, "api.key")));
    assert!(said.contains("for          nas.example\n"), "{said}");
    assert!(said.contains(&format!("--fingerprint {}", fingerprint(&node))), "{said}");
    let said = node.gives(&["certificate", "reset", "--yes"]);
    assert!(said.contains("for          stor-a\n") && !before.contains(&fingerprint(&node)), "{said}");
}

#[test]
fn what_cannot_be_used_is_refused_and_the_key_is_not_quoted() {
    let (node, first, second) = (cluster(), other(), other());
    let before = fingerprint(&node);
    let key = std::fs::read_to_string(file(&second, "api.key")).unwrap();
    let secret = &key.lines().nth(1).unwrap()[20..50];
    let long = file(&first, "long");
    std::fs::write(&long, "x".repeat(40 << 10)).unwrap();
    for (chain, key, status, words) in [
        (file(&first, "api.pem"), file(&second, "api.key"), 1, "does not belong to the first certificate"),
        (file(&second, "api.key"), file(&second, "api.key"), 1, "private key among the certificates"),
        (file(&first, "api.pem"), file(&second, "api.pem"), 1, "no private key in PEM"),
        (file(&first, "none"), file(&second, "api.key"), 1, "cannot read"),
        (long.clone(), file(&second, "api.key"), 2, "too long"),
        (file(&first, "api.pem"), long.clone(), 2, "too long"),
    ] {
        let said = node.says(&set(&chain, &key));
        assert!(said.status == status && said.err.contains(words), "{words}: {} {}", said.status, said.err);
        assert!(!said.err.contains(secret) && !said.out.contains(secret), "{words}");
    }
    assert_eq!(fingerprint(&node), before);
}

#[test]
fn the_help_has_a_hook_that_can_be_copied() {
    let help = cluster().gives(&["certificate", "set", "--help"]);
    let hook =
        "  exec nasctl certificate set \\\n    --chain \"$RENEWED_LINEAGE/fullchain.pem\" \\\n    --key";
    assert!(help.contains(hook), "{help}");
}

#[test]
fn going_back_asks_first() {
    let node = cluster();
    let before = fingerprint(&node);
    let said = node.says(&["certificate", "reset"]);
    assert!(said.status == 2 && said.err.contains("--yes"), "{}", said.err);
    let question = "Type `reset` to delete it and make a self-signed one: ";
    let mut asked = node.at_terminal(&["certificate", "reset"]);
    asked.asks(question);
    asked.types("yes\n");
    assert_eq!(asked.ends().0.status, 4, "not confirmed");
    assert_eq!(fingerprint(&node), before);
    let mut asked = node.at_terminal(&["certificate", "reset"]);
    asked.asks(question);
    asked.types("reset\n");
    let (said, _) = asked.ends();
    assert!(said.status == 0 && said.err.contains(&before), "shows what goes: {}", said.err);
    assert_ne!(fingerprint(&node), before);
}
