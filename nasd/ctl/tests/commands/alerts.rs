//! Alerts, and where word of them goes.

use crate::process::{cluster, node};
use memory_management::Memory;
use nasd_base::alert::{AlertKind, Severity};

#[test]
fn an_alert_is_listed_acknowledged_and_silenced() {
    let memory = Memory::in_cluster();
    memory.add_alert(AlertKind::NodeDown, Severity::Critical, (3, "stor-c"));
    let node = node(memory);
    let list = node.gives(&["alert", "list"]);
    assert!(
        list.contains("1      critical  raised  2027-01-15 08:00:00Z  stor-c  stor-c does not answer."),
        "{list}"
    );
    let shown = node.gives(&["alert", "show", "1"]);
    assert!(
        shown.starts_with("Node down: stor-c does not answer.\nSee whether the node has power"),
        "{shown}"
    );
    let after = node.gives(&["alert", "acknowledge", "1", "--note", "on my way"]);
    assert!(after.contains("root, 2027-01-15 08:00:00Z: on my way"), "{after}");
    assert_eq!(node.says(&["alert", "silence", "--for", "1h"]).status, 2, "of what?");
    assert_eq!(node.says(&["alert", "silence", "--kind", "node_down", "--for", "31d"]).status, 2);
    let silence =
        node.gives(&["alert", "silence", "--object", "node/stor-c", "--for", "12h", "--why", "move"]);
    assert!(silence.contains("2027-01-15 20:00:00Z  root  move"), "{silence}");
    node.gives(&["alert", "end-silence", "1"]);
    assert_eq!(node.gives(&["alert", "silences"]), "Nothing is silenced.\n");
    assert_eq!(node.gives(&["alert", "past"]), "Nothing was wrong, as far as is remembered.\n");
}

#[test]
fn a_channel_keeps_its_secret_to_itself() {
    let node = cluster();
    let file = node.dir.path().join("secret");
    std::fs::write(&file, "hunter2\n").unwrap();
    let (file, server) = (file.to_str().unwrap(), "mail.example.com:465");
    let email = [
        "email",
        "--server",
        server,
        "--user",
        "nas",
        "--from",
        "nas@example.com",
        "--to",
        "amy@example.com",
    ];
    let create =
        [&["channel", "create", "mail", "--secret-file", file, "--least", "critical"][..], &email].concat();
    let made = node.gives(&create);
    assert!(made.contains("mail     email  amy@example.com  critical  yes  -"), "{made}");
    node.gives(&["channel", "set", "mail", "--quiet", "22:00-07:00", "--off"]);
    let shown = node.gives(&["channel", "show", "mail"]);
    assert!(shown.contains("22:00-07:00") && shown.contains("secret         set"), "{shown}");
    assert!(!node.gives(&["channel", "show", "mail", "--json"]).contains("hunter2"));
    assert_eq!(node.says(&["channel", "set", "mail", "--quiet", "25:00-07:00"]).status, 2);
    node.gives(&["channel", "test", "mail"]);
    assert!(node.gives(&["channel", "deliveries"]).contains("test   waiting"));
    node.gives(&["channel", "delete", "mail", "--yes"]);
    assert!(node.gives(&["channel", "list"]).starts_with("There are no channels"));
}
