//! `nasctl config` as a process: what a cluster is told to be, as a file and back.

mod process;

use memory_management::Memory;

use process::{Node, cluster, node};
use std::os::unix::fs::PermissionsExt;

/// A cluster with something of everything.
fn furnished() -> Node {
    let node = cluster();
    node.gives(&["volume", "create", "demo", "--limit-bytes", "1G"]);
    node.gives(&["volume", "create", "media"]);
    let rules = ["--client", "192.0.2.7:no_root_squash", "--client", "192.0.2.0/24:ro"];
    node.gives(&[&["export", "create", "/demo", "--volume", "demo"][..], &rules].concat());
    node.gives(&["export", "create", "/media", "--volume", "media"]);
    for (name, role, owned) in
        [("amy", "administrator", &[][..]), ("bob", "share_owner", &["--owns", "media"])]
    {
        let create = [&["user", "create", name, "--role", role][..], owned].concat();
        assert_eq!(node.says_to(&create, "one two three\n").status, 0);
    }
    node.gives(&["user", "set", "bob", "--disable"]);
    node.gives(&["group", "create", "night", "--role", "operator", "--member", "amy"]);
    node.gives(&["settings", "set", "--session-idle", "60"]);
    node
}

fn write(node: &Node, text: &str) -> String {
    let path = node.path("cluster.toml");
    std::fs::write(&path, text).unwrap();
    path
}

const EXPORTED: &str = r#"version = 1

[settings]
name = "home"
session_idle_minutes = 60
session_minutes = 720

[snmp]
contact = ""
location = ""

[[volume]]
name = "demo"
replicas = 1
limit_bytes = 1073741824

[[volume]]
name = "media"
replicas = 1

[[export]]
path = "/demo"
volume = "demo"
clients = [
    "192.0.2.7/32:rw:no_root_squash",
    "192.0.2.0/24:ro:root_squash",
]

[[export]]
path = "/media"
volume = "media"
clients = []

[[user]]
name = "amy"
role = "administrator"

[[user]]
name = "bob"
role = "share_owner"
owned = ["media"]
disabled = true

[[group]]
name = "night"
role = "operator"
members = ["amy"]
"#;

#[test]
fn a_cluster_is_rebuilt_from_its_export() {
    let old = furnished();
    let exported = old.gives(&["config", "export"]);
    assert!(exported.starts_with("# What a Gotgan cluster is told to be"), "{exported}");
    assert!(exported.ends_with(EXPORTED), "{exported}");
    let new = cluster();
    let path = write(&new, &exported);
    assert_eq!(new.says(&["config", "diff", &path]).status, 1);
    let applied = new.gives(&["config", "apply", &path, "--yes"]);
    assert!(applied.contains("Done: 8 change(s)."), "{applied}");
    assert_eq!(new.gives(&["config", "export"]), exported);
    assert_eq!(new.gives(&["config", "diff", &path]), "The cluster is as the file says.\n");
    assert_eq!(
        new.gives(&["config", "apply", &path]),
        "The cluster is as the file says.\n",
        "nothing to ask about"
    );
}

#[test]
fn an_export_goes_through_a_pipe_and_into_a_file() {
    let (old, new) = (furnished(), cluster());
    let exported = old.gives(&["config", "export"]);
    let path = new.path("out.toml");
    let said = new.gives(&["config", "export", "--output", &path]);
    assert!(said.starts_with("Wrote the configuration to "), "{said}");
    assert_eq!(new.says_to(&["config", "apply", "-", "--yes"], &exported).status, 0);
    let said = new.gives(&["config", "export", "--output", &path]);
    assert!(said.starts_with("Wrote 2 volume(s), 2 export(s), 2 user(s), 1 group(s) to "), "{said}");
    assert_eq!(std::fs::read_to_string(path).unwrap(), exported);
    assert_eq!(new.json(&["config", "export"])["export"][0]["path"], "/demo");
}

#[test]
fn a_plan_says_what_is_made_changed_and_only_here() {
    let node = furnished();
    let file = EXPORTED
        .replace("limit_bytes = 1073741824", "limit_files = 7")
        .replace("192.0.2.0/24:ro", "192.0.2.0/24:rw")
        .replace("/media", "/films")
        .replace("\"amy\"\nrole = \"administrator\"", "\"amy\"\nrole = \"auditor\"")
        .replace("bob", "cho")
        .replace("name = \"media\"\nreplicas = 1", "name = \"media\"\nreplicas = 3")
        .replace("session_minutes = 720", "session_minutes = 600")
        .replace("members = [\"amy\"]", "members = [\"amy\", \"cho\"]");
    let path = write(&node, &file);
    let said = node.says(&["config", "diff", &path]);
    let expected = "\
~ settings home: session_minutes 720 → 600
~ volume demo: limit_bytes 1073741824 → none; limit_files none → 7
+ user cho: role share_owner; owned media; disabled yes
~ user amy: role administrator → auditor
+ export /films: volume media
~ export /demo: clients 192.0.2.7/32:rw:no_root_squash, 192.0.2.0/24:ro:root_squash → \
192.0.2.7/32:rw:no_root_squash, 192.0.2.0/24:rw:root_squash
~ group night: members amy → amy, cho
- user bob: only in the cluster; left alone without --prune
- export /media: only in the cluster; left alone without --prune
! volume media: replicas 1 → 3; this cannot be changed; left alone
";
    assert_eq!((said.status, said.out.as_str(), said.err.as_str()), (1, expected, ""));
    let json = node.says(&["--json", "config", "diff", &path]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        json["steps"][3]["changes"][0],
        serde_json::json!({ "field": "role", "from": "administrator", "to": "auditor" })
    );
    assert_eq!(json["impossible"][0]["name"], "media");
    let applied = node.says(&["config", "apply", &path, "--yes"]);
    assert_eq!(applied.status, 1, "one difference is left");
    assert!(applied.out.contains("Done: 7 change(s).") && applied.err.contains("`!`"), "{}", applied.err);
    let left = node.says(&["config", "diff", &path]).out;
    assert!(left.lines().all(|line| line.starts_with(['-', '!'])), "{left}");
}

#[test]
fn pruning_deletes_exports_users_and_groups_and_never_a_volume() {
    let node = furnished();
    let path = write(&node, "version = 1\n[[volume]]\nname = \"demo\"\nlimit_bytes = 1073741824\n");
    let kept = node.gives(&["config", "apply", &path, "--yes"]);
    assert!(kept.contains("- export /demo: only in the cluster; left alone without --prune"), "{kept}");
    assert_eq!(node.json(&["export", "list"]).as_array().unwrap().len(), 2);
    let pruned = node.gives(&["config", "apply", &path, "--yes", "--prune"]);
    assert!(pruned.contains("- export /demo\n") && pruned.contains("Done: 5 change(s)."), "{pruned}");
    assert!(
        pruned.contains("- volume media: only in the cluster; left alone: this never destroys"),
        "{pruned}"
    );
    assert_eq!(node.json(&["volume", "list"]).as_array().unwrap().len(), 2);
    assert_eq!(node.json(&["export", "list"]), serde_json::json!([]));
    assert_eq!(node.json(&["user", "list"]), serde_json::json!([]));
    assert_eq!(node.json(&["group", "list"]), serde_json::json!([]));
}

#[test]
fn new_users_get_passwords_that_are_told_once() {
    let node = cluster();
    let path = write(&node, "version = 1\n[[user]]\nname = \"amy\"\nrole = \"operator\"\n");
    let said = node.gives(&["config", "apply", &path, "--yes"]);
    let password = said.lines().find_map(|line| line.strip_prefix("amy       ")).unwrap();
    assert!(said.contains("Each user should set another one"), "{said}");
    let token = ["token", "create", "t", "--scope", "read_status", "--user", "amy"];
    assert_eq!(node.says_to(&token, password).status, 0);
    let again = node.gives(&["config", "apply", &path, "--yes"]);
    assert!(!again.contains("PASSWORD"), "{again}");
}

#[test]
fn passwords_go_into_a_new_file_of_ones_own() {
    let node = cluster();
    let path = write(&node, "version = 1\n[[user]]\nname = \"amy\"\nrole = \"operator\"\n");
    let secrets = node.path("passwords");
    let apply = ["config", "apply", &path, "--yes", "--passwords-file", &secrets];
    std::fs::write(&secrets, "precious").unwrap();
    let refused = node.says(&apply);
    assert!(refused.status == 1 && refused.err.contains("nothing was changed"), "{}", refused.err);
    assert_eq!(node.json(&["user", "list"]), serde_json::json!([]));
    std::fs::remove_file(&secrets).unwrap();
    let said = node.gives(&apply);
    let text = std::fs::read_to_string(&secrets).unwrap();
    let password = text.trim_end().strip_prefix("amy\t").unwrap();
    assert!(!said.contains(password) && said.contains("The new users' passwords are in"), "{said}");
    assert_eq!(std::fs::metadata(&secrets).unwrap().permissions().mode() & 0o777, 0o600);
    let token = ["token", "create", "t", "--scope", "read_status", "--user", "amy"];
    assert_eq!(node.says_to(&token, password).status, 0);
}

#[test]
fn a_file_without_passwords_is_not_left_behind() {
    let node = furnished();
    let file = EXPORTED.replace("limit_bytes = 1073741824", "limit_files = 7").replace("bob", "cho");
    let path = write(&node, &file);
    let secrets = node.path("passwords");
    let mut session = node.at_terminal(&["config", "apply", &path, "--passwords-file", &secrets]);
    session.asks("Type yes to do this: ");
    node.gives(&["volume", "set", "demo", "--limit-bytes", "2G"]);
    session.types("yes\n");
    let (said, _) = session.ends();
    assert!(said.status == 1 && said.err.contains("stopped at volume demo"), "{}", said.err);
    assert!(!std::path::Path::new(&secrets).exists());
    node.gives(&["config", "apply", &path, "--yes", "--passwords-file", &secrets]);
    assert!(std::fs::read_to_string(&secrets).unwrap().starts_with("cho\t"));
}

#[test]
fn somebody_is_asked_before_anything_happens() {
    let node = cluster();
    let path = write(&node, "version = 1\n[[volume]]\nname = \"demo\"\n");
    let nobody = node.says(&["config", "apply", &path]);
    assert!(nobody.status == 2 && nobody.err.contains("--yes"), "{}", nobody.err);
    for (answer, status) in [("no\n", 4), ("\n", 4), ("yes\n", 0)] {
        let mut session = node.at_terminal(&["config", "apply", &path]);
        session.asks("Type yes to do this: ");
        assert_eq!(node.json(&["volume", "list"]), serde_json::json!([]));
        session.types(answer);
        assert_eq!(session.ends().0.status, status, "{answer}");
    }
    assert_eq!(node.json(&["volume", "list"])[0]["name"], "demo");
}

/// Whoever applied a file while somebody else changed the same volume, user or export would undo their change
/// without having seen it.
#[test]
fn what_somebody_else_changed_meanwhile_is_not_overwritten() {
    let others: [(&[&str], &str, &str); 5] = [
        (&["volume", "set", "demo", "--limit-bytes", "2G"], "stopped at volume demo", "Done: nothing"),
        (&["user", "set", "amy", "--disable"], "stopped at user amy", "change volume demo"),
        (&["export", "delete", "/demo"], "stopped at export /demo", "change user amy"),
        (&["export", "create", "/films", "--volume", "demo"], "stopped at export /films", "change user amy"),
        (&["user", "delete", "bob", "--yes"], "stopped at user bob", "change export /demo"),
    ];
    for (other, stopped, done) in others {
        let node = furnished();
        let file = EXPORTED
            .replace("limit_bytes = 1073741824", "limit_files = 7")
            .replace("192.0.2.0/24:ro", "192.0.2.0/24:rw")
            .replace("role = \"administrator\"", "role = \"auditor\"")
            .replace("path = \"/media\"", "path = \"/films\"");
        let path = write(&node, file.split("[[user]]\nname = \"bob\"").next().unwrap());
        let mut session = node.at_terminal(&["config", "apply", &path, "--prune"]);
        session.asks("Type yes to do this: ");
        node.gives(other);
        let before = node.gives(&["config", "export"]);
        session.types("yes\n");
        let (said, _) = session.ends();
        assert_eq!(said.status, 1, "{other:?}: {}", said.out);
        assert!(said.err.contains(stopped) && said.err.contains("somebody else changed it"), "{}", said.err);
        let report = said.out.split_once("Done:").map(|(_, report)| format!("Done:{report}")).unwrap();
        assert!(report.contains(done) && report.contains("NOT done:"), "{other:?}: {report}");
        if done == "Done: nothing" {
            assert_eq!(node.gives(&["config", "export"]), before);
        }
        node.gives(&["config", "apply", &path, "--prune", "--yes"]);
        assert_eq!(node.gives(&["config", "diff", &path]), "The cluster is as the file says.\n");
    }
}

#[test]
fn an_export_is_moved_to_another_volume() {
    let node = furnished();
    let path = write(&node, &EXPORTED.replace("volume = \"demo\"", "volume = \"media\""));
    let said = node.gives(&["config", "apply", &path, "--yes"]);
    assert_eq!(said, "~ export /demo: volume demo → media\nDone: 1 change(s).\n");
    assert_eq!(node.json(&["export", "list"])[0]["volume"], "media");
}

#[test]
fn the_outcome_is_there_in_json_too() {
    let node = furnished();
    let file = format!("{EXPORTED}\n[[user]]\nname = \"cho\"\nrole = \"auditor\"\n");
    let path = write(&node, &file);
    let asked = node.says(&["--json", "config", "apply", &path]);
    assert!(asked.status == 2 && asked.err.contains("--yes"), "{}", asked.err);
    let outcome = node.json(&["config", "apply", &path, "--yes"]);
    assert_eq!((&outcome["done"][0]["kind"], &outcome["done"][0]["name"]), (&"user".into(), &"cho".into()));
    assert_eq!(outcome["not_done"], serde_json::json!([]));
    assert_eq!(outcome["passwords"]["cho"].as_str().unwrap().len(), 20);
}

#[test]
fn a_file_that_cannot_be_read_changes_nothing() {
    let node = cluster();
    for (text, why) in [
        ("version = 1\n[[volume]]\nname = \"demo\"\ncopies = 3\n", "line 4"),
        ("", "version"),
        ("[", "line 1"),
    ] {
        let path = write(&node, text);
        for command in [&["config", "diff", &path][..], &["config", "apply", &path, "--yes"]] {
            let said = node.says(command);
            assert!(said.status == 2 && said.err.contains(why), "{}", said.err);
        }
    }
    assert_eq!(node.says(&["config", "diff", "/nowhere.toml"]).status, 1);
    assert_eq!(node.json(&["volume", "list"]), serde_json::json!([]));
}

#[test]
fn a_node_in_no_cluster_has_no_configuration() {
    let said = node(Memory::default()).says(&["config", "export"]);
    assert!(said.status == 1 && said.err.contains("belongs to no cluster"), "{}", said.err);
}
