//! Volumes and who may mount them.

use crate::process::{Node, cluster, node};
use memory_management::Memory;
use nasd_api::RefusingRule;

#[test]
fn volumes_are_listed_in_a_table() {
    let node = cluster();
    assert_eq!(node.gives(&["volume", "list"]), "There are no volumes.\n");
    node.gives(&["volume", "create", "demo", "--replicas", "3"]);
    let expected = "VOLUME  HEALTH   LEADER  TERM  COMMITTED  REPLICAS  USED     FREE     LIMITS\n\
                    demo    healthy  stor-a  2     12         stor-a    4.0 KiB  1.0 TiB  -\n";
    assert_eq!(node.gives(&["volume", "list"]), expected);
}

#[test]
fn a_list_is_sorted_and_filtered_by_the_node() {
    let node = cluster();
    for (name, limit) in [("media", "3G"), ("backup", "2G"), ("mail", "1G")] {
        node.gives(&["volume", "create", name, "--limit-bytes", limit]);
    }
    let names = |arguments: &[&str]| -> Vec<String> {
        let listed = node.gives(&[&["volume", "list"], arguments].concat());
        listed.lines().skip(1).map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&[]), ["backup", "mail", "media"]);
    assert_eq!(names(&["--sort", "limit", "--descending"]), ["media", "backup", "mail"]);
    assert_eq!(names(&["--filter", "m", "--sort", "limit"]), ["mail", "media"]);
    assert_eq!(names(&["--filter", "-name:mail"]), ["backup", "media"]);
    assert_eq!(node.gives(&["volume", "list", "--filter", "zz"]), "Nothing matches.\n");
    let wrong = node.says(&["volume", "list", "--sort", "colour"]);
    assert_eq!(wrong.status, 1);
    assert!(wrong.err.contains("colour") && wrong.err.contains("name, health, used, limit"), "{}", wrong.err);
}

#[test]
fn a_volume_is_given_limits_and_others_and_none() {
    let node = cluster();
    let limits = |node: &Node| node.json(&["volume", "list"])[0]["limits"].clone();
    node.gives(&["volume", "create", "demo", "--limit-bytes", "10G", "--limit-files", "1000"]);
    assert_eq!(limits(&node), serde_json::json!({ "bytes": 10u64 << 30, "files": 1000 }));
    let table = node.gives(&["volume", "set", "demo", "--limit-bytes", "512K"]);
    assert!(table.contains("512 KiB, 1000 files"), "{table}");
    node.gives(&["volume", "set", "demo", "--limit-bytes", "none", "--limit-files", "7"]);
    assert_eq!(limits(&node), serde_json::json!({ "files": 7 }));
    node.gives(&["volume", "set", "demo", "--limit-files", "none"]);
    assert_eq!(limits(&node), serde_json::json!({}));
    for bad in [&["volume", "set", "demo"][..], &["volume", "set", "demo", "--limit-bytes", "0"]] {
        assert_eq!(node.says(bad).status, 2, "{bad:?}");
    }
    assert_eq!(node.says(&["volume", "set", "other", "--limit-files", "1"]).status, 1);
}

#[test]
fn a_volume_says_what_it_is_for() {
    let node = cluster();
    let said = |node: &Node| node.json(&["volume", "show", "demo"])["description"].clone();
    node.gives(&["volume", "create", "demo", "--description", "Films\nask Minjun"]);
    assert_eq!(said(&node), "Films\nask Minjun");
    assert!(node.gives(&["volume", "show", "demo"]).contains("Films ask Minjun"));
    node.gives(&["volume", "set", "demo", "--description", "영화"]);
    assert_eq!(said(&node), "영화");
    node.gives(&["volume", "set", "demo", "--description", ""]);
    assert_eq!(said(&node), serde_json::Value::Null);
    let refused = node.says_in_korean(&["volume", "set", "demo", "--description", "a\nb\nc"]);
    assert!(
        refused.status == 1 && refused.err.contains("설명은 제어 문자 없이 2줄, 200자 이하입니다"),
        "{}",
        refused.err
    );
}

#[test]
fn who_may_write_into_a_volume_is_said_when_it_is_made_and_later() {
    let node = cluster();
    let root = |name: &str| node.json(&["volume", "show", name])["root"].clone();
    let dir = |uid: u32, gid: u32, mode: &str| serde_json::json!({ "uid": uid, "gid": gid, "mode": mode });
    node.gives(&["volume", "create", "open"]);
    assert_eq!(root("open"), dir(0, 0, "1777"));
    node.gives(&["volume", "create", "owned", "--owner", "1000:100"]);
    assert_eq!(root("owned"), dir(1000, 100, "2770"));
    node.gives(&["volume", "set", "owned", "--mode", "755"]);
    assert_eq!(root("owned"), dir(1000, 100, "755"));
    assert!(node.gives(&["volume", "show", "owned"]).contains("1000:100, mode 755"));
    for odd in [&["--owner", "kim"][..], &["--mode", "rwx"], &[]] {
        let said = node.says(&[&["volume", "set", "owned"], odd].concat());
        assert_eq!(said.status, 2, "{}", said.err);
    }
}

#[test]
fn deleting_a_volume_shows_what_is_lost_and_needs_a_yes() {
    let node = cluster();
    node.gives(&["volume", "create", "demo"]);
    node.gives(&["export", "create", "/demo", "--volume", "demo", "--client", "192.0.2.7"]);
    let asked = node.says(&["volume", "delete", "demo"]);
    assert_eq!(asked.status, 2);
    assert!(asked.err.contains("holds 4.0 KiB of data"), "{}", asked.err);
    assert!(asked.err.contains("export /demo uses it (1 client rule(s))"), "{}", asked.err);
    assert!(asked.err.contains("--yes"), "{}", asked.err);
    assert_eq!(node.says(&["volume", "delete", "demo", "--yes"]).status, 1, "the export is in the way");
    node.gives(&["export", "delete", "/demo"]);
    node.gives(&["volume", "delete", "demo", "--yes"]);
    assert_eq!(node.gives(&["volume", "list"]), "There are no volumes.\n");
    assert_eq!(node.says(&["volume", "delete", "demo", "--yes"]).status, 1);
}

#[test]
fn an_export_without_clients_is_closed_and_says_so() {
    let node = cluster();
    node.gives(&["volume", "create", "demo"]);
    let made = node.gives(&["export", "create", "/demo", "--volume", "demo"]);
    assert!(made.contains("Nobody can mount it"), "{made}");
    assert!(node.gives(&["export", "list"]).contains("/demo   demo    nobody\n"));
}

#[test]
fn client_rules_are_taken_in_their_order() {
    let node = cluster();
    node.gives(&["volume", "create", "demo"]);
    let (first, second) = ("192.0.2.7:no_root_squash:insecure", "2001:db8::/32:ro:all_squash");
    node.gives(&["export", "create", "/demo", "--volume", "demo", "--client", first, "--client", second]);
    let expected = "EXPORT  VOLUME  CLIENTS\n\
                    /demo   demo    192.0.2.7/32:rw:no_root_squash:insecure\n                \
                    2001:db8::/32:ro:all_squash\n";
    assert_eq!(node.gives(&["export", "list"]), expected);
    let wrong = node.says(&["export", "create", "/x", "--volume", "demo", "--client", "192.0.2.0/40"]);
    assert_eq!(wrong.status, 2);
    assert!(wrong.err.contains("192.0.2.0/24"), "says how to write one: {}", wrong.err);
}

#[test]
fn exports_are_listed_as_one_client_mounts_them() {
    let node = cluster();
    node.gives(&["volume", "create", "demo"]);
    node.gives(&["volume", "create", "other"]);
    let rules = ["--client", "10.0.0.7:ro", "--client", "10.0.0.0/8"];
    node.gives(&[&["export", "create", "/demo", "--volume", "demo"][..], &rules].concat());
    node.gives(&["export", "create", "/twice", "--volume", "demo", "--client", "10.0.0.7"]);
    node.gives(&["export", "create", "/other", "--volume", "other", "--client", "2001:db8::/32"]);
    let expected = "EXPORT  VOLUME  MAY MOUNT UNDER\n\
                    /demo   demo    10.0.0.7/32:ro:root_squash\n\
                    /other  other   refused: no rule holds it\n\
                    /twice  demo    10.0.0.7/32:ro:root_squash (of /demo)\n";
    for client in ["10.0.0.7", "::ffff:10.0.0.7"] {
        assert_eq!(node.gives(&["export", "list", "--for-client", client]), expected);
    }
    let json = node.json(&["export", "list", "--for-client", "2001:db8::1"]);
    assert_eq!(json[0], serde_json::json!({ "export": "/demo", "volume": "demo", "may_mount": false }));
    assert_eq!((&json[1]["may_mount"], &json[1]["rule_of"]), (&true.into(), &"/other".into()));
    let odd = node.says(&["export", "list", "--for-client", "10.0.0.0/8"]);
    assert!(odd.status == 2 && odd.err.contains("write it as 192.0.2.7"), "{}", odd.err);
}

#[test]
fn who_may_mount_is_replaced_without_a_gap() {
    let node = cluster();
    node.gives(&["volume", "create", "demo"]);
    node.gives(&["export", "create", "/demo", "--volume", "demo", "--client", "192.0.2.7"]);
    let set =
        node.gives(&["export", "set", "/demo", "--client", "192.0.2.0/24:ro", "--client", "2001:db8::/32"]);
    assert_eq!(
        set,
        "Set the client rules of /demo.\n  192.0.2.0/24:ro:root_squash\n  2001:db8::/32:rw:root_squash\n"
    );
    let set = node.gives(&["export", "set", "/demo", "--nobody"]);
    assert!(set.contains("Nobody can mount it"), "{set}");
    assert_eq!(node.json(&["export", "list"])[0]["clients"], serde_json::json!([]));
    assert_eq!(node.says(&["export", "set", "/other", "--nobody"]).status, 1);
    for wrong in
        [&["export", "set", "/demo"][..], &["export", "set", "/demo", "--nobody", "--client", "192.0.2.7"]]
    {
        assert_eq!(node.says(wrong).status, 2);
    }
}

#[test]
fn whom_the_rules_refused_is_listed_and_found() {
    let memory = Memory::in_cluster();
    memory.refuse_mount("192.0.2.7", "/demo", Some("demo"), RefusingRule::NoRule);
    memory.refuse_mount("192.0.2.8", "/demo", Some("demo"), RefusingRule::ReadOnly);
    let node = node(memory);
    let all = node.gives(&["export", "refused"]);
    let rows: Vec<&str> = all.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(rows, ["192.0.2.8", "192.0.2.7"], "the latest first");
    let one = node.gives(&["export", "refused", "--client", "192.0.2.7", "--export", "/demo"]);
    assert!(one.contains("/demo      no rule holds it  1000  1") && one.lines().count() == 2, "{one}");
    assert_eq!(node.gives(&["export", "refused", "--volume", "other"]), "Nobody was refused of late.\n");
    assert_eq!(node.json(&["export", "refused"])[0]["rule"], "read_only");
}
