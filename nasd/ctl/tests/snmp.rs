//! `nasctl snmp` as a process: who may ask, and what.

mod process;

use process::{Node, cluster};

fn secret(node: &Node, name: &str, text: &str) -> String {
    let path = node.path(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_user_is_made_from_files_changed_shown_and_deleted() {
    let node = cluster();
    let (auth, privacy) = (secret(&node, "a", "canary to sign\n"), secret(&node, "p", "canary to encipher"));
    assert!(node.gives(&["snmp", "show"]).contains("Nothing is answered: nobody may ask."));
    let create = ["snmp", "user", "create", "librenms", "--auth-file", &auth, "--from", "192.0.2.7"];
    assert_eq!(node.says(&create).status, 2, "a passphrase for enciphering, or said to have none");
    let made = node.gives(&[&create[..], &["--priv-file", &privacy]].concat());
    let expected = "USER      AUTH     PRIV  VIEW  FROM\nlibrenms  SHA-256  AES   all   192.0.2.7/32\n";
    assert_eq!(made, expected);
    let set = ["snmp", "user", "set", "librenms"];
    assert_eq!(node.says(&set).status, 2, "nothing to change");
    node.gives(&[&set[..], &["--view", "system", "--from", "0.0.0.0/0", "--from", "::/0"]].concat());
    let files = ["--auth-file", &auth, "--auth-no-priv", "--auth", "SHA-512"];
    node.gives(&[&set[..], &files].concat());
    let shown = node.gives(&["snmp", "user", "show", "librenms"]);
    for said in ["SHA-512", "none", "system", "0.0.0.0/0, ::/0"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let json = node.gives(&["--json", "snmp", "user", "list"]);
    assert!(!json.contains("canary"), "{json}");
    assert!(!node.gives(&["snmp", "show"]).contains("Nothing is answered"));
    node.gives(&["snmp", "user", "delete", "librenms", "--yes"]);
    assert_eq!(node.says(&["snmp", "user", "show", "librenms"]).status, 1);
}

/// Arguments are in the list of processes, which every user of the machine can read.
#[test]
fn secrets_come_from_files_and_standard_input_and_never_from_arguments() {
    let node = cluster();
    let create = ["snmp", "community", "create", "old", "--from", "192.0.2.0/24"];
    assert_eq!(node.says(&[&create[..], &["--community", "canary-word"]].concat()).status, 2);
    let from_input = [&create[..], &["--community-file", "-"]].concat();
    assert_eq!(node.says_to(&from_input, "short\n").status, 1);
    let made = node.says_to(&from_input, "canary-word\n");
    assert_eq!((made.status, made.out.contains("canary")), (0, false), "{}", made.err);
    let both = ["--auth-file", "-", "--priv-file", "-", "--from", "::/0"];
    let said = node.says_to(&[&["snmp", "user", "create", "u"][..], &both].concat(), "canary to sign");
    assert!(said.status == 2 && said.err.contains("one of the two"), "{}", said.err);
    node.gives(&["snmp", "community", "set", "old", "--view", "system"]);
    assert!(node.gives(&["snmp", "community", "list"]).contains("old        system  192.0.2.0/24"));
    node.gives(&["snmp", "community", "delete", "old", "--yes"]);
}

#[test]
fn views_and_what_is_told_go_into_the_configuration_file_and_secrets_do_not() {
    let node = cluster();
    let tree = ["--include", ".1.3.6.1.2.1.2", "--exclude", "1.3.6.1.2.1.2.2.1.6"];
    node.gives(&[&["snmp", "view", "create", "net"][..], &tree].concat());
    assert_eq!(
        node.says(&["snmp", "view", "set", "all", "--include", "1.3"]).status,
        1,
        "it is always there"
    );
    let auth = secret(&node, "a", "canary to sign");
    let user = ["snmp", "user", "create", "u", "--auth-file", &auth, "--auth-no-priv", "--from", "::/0"];
    node.gives(&user);
    let shown = node.gives(&["snmp", "set", "--contact", "ops@example.org"]);
    assert!(shown.starts_with("contact   ops@example.org\nlocation  -\n"), "{shown}");
    let exported = node.gives(&["config", "export"]);
    assert!(exported.contains("[snmp]\ncontact = \"ops@example.org\"\n"), "{exported}");
    assert!(
        exported.contains("[[snmp_view]]\nname = \"net\"\nincluded = [\"1.3.6.1.2.1.2\"]\n"),
        "{exported}"
    );
    assert!(!exported.contains("::/0") && !exported.contains("canary"), "{exported}");
    let file = secret(&node, "cluster.toml", &exported.replace("1.3.6.1.2.1.2\"", "1.3.6.1.2.1.31\""));
    let said = node.gives(&["config", "apply", &file, "--yes"]);
    assert!(said.contains("~ snmp_view net: included 1.3.6.1.2.1.2 → 1.3.6.1.2.1.31"), "{said}");
    let bare = secret(&node, "bare.toml", "version = 1\n");
    let pruned = node.gives(&["config", "apply", &bare, "--yes", "--prune"]);
    assert!(pruned.contains("- snmp_view net\n"), "{pruned}");
    assert!(node.gives(&["snmp", "view", "list"]).starts_with("VIEW    SHOWS"));
}
