//! nasctl as a process, against a management socket served by a cluster in memory.

mod process;

use memory_management::{CODE, Memory, TOKEN};
use nasd_api::{
    Client, ConfirmFactor, CurrentPassword, LogIn, Nothing, OfferFactor, RefusingRule, Secret, Who,
};
use nasd_base::alert::{AlertKind, Severity};

use process::{Node, cluster, nasctl, node, run};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

#[test]
fn a_cluster_is_created_and_shown() {
    let node = node(Memory::default());
    let before = node.says(&["cluster", "status"]);
    assert_eq!(before.status, 1);
    assert!(before.err.contains("hint: create one with `nasctl cluster create`"), "{}", before.err);
    node.gives(&["cluster", "create", "--name", "home"]);
    let status = node.gives(&["cluster", "status"]);
    assert!(status.starts_with("cluster home (0123456789abcdef), as stor-a sees it\n"), "{status}");
    assert!(status.contains("degraded: Your data is on one node only"), "{status}");
    assert!(status.contains("space: 0 B used, 1.0 TiB free (file data, one copy)\n"), "{status}");
    assert!(
        status.contains("NODE  NAME    ADDRESS         STATE   REACHABLE  NFS             VERSION\n"),
        "{status}"
    );
    assert!(
        status.contains("1     stor-a  192.0.2.1:7400  member  yes        192.0.2.1:2049  0.1.0\n"),
        "{status}"
    );
}

#[test]
fn a_token_goes_to_a_file_and_from_there_to_another_node() {
    let said = cluster().says(&["cluster", "token"]);
    assert_eq!(said.out, format!("{TOKEN}\n"), "nothing but the token");
    assert!(said.err.contains("once"), "{}", said.err);
    let joiner = node(Memory::default());
    let file = joiner.dir.path().join("token");
    std::fs::write(&file, said.out).unwrap();
    let joined = joiner.gives(&["cluster", "join", "--token-file", file.to_str().unwrap()]);
    assert!(joined.starts_with("cluster joined"), "{joined}");
}

#[test]
fn a_token_is_read_from_standard_input_and_refused_on_the_command_line() {
    let joiner = node(Memory::default());
    assert_eq!(joiner.says_to(&["cluster", "join"], "wrong\n").status, 1);
    assert_eq!(joiner.says_to(&["cluster", "join"], " \n").status, 2);
    assert_eq!(joiner.says(&["cluster", "join", TOKEN]).status, 2);
    assert_eq!(joiner.says_to(&["cluster", "join"], &format!("{TOKEN}\n")).status, 0);
}

#[test]
fn json_is_the_apis_own() {
    let node = cluster();
    node.gives(&["volume", "create", "demo"]);
    let status = node.json(&["cluster", "status"]);
    assert_eq!(status["volumes"][0]["name"], "demo");
    assert_eq!(status["health"], "degraded");
    assert_eq!(node.json(&["volume", "list"])[0]["total_bytes"], 1u64 << 40);
    assert_eq!(node.json(&["node", "list"])[0]["nfs_address"], "192.0.2.1:2049");
    assert_eq!(node.json(&["cluster", "token"])["token"], TOKEN);
    assert_eq!(node.json(&["counters"])["log_flushes"], 10);
    let refused = node.says(&["--json", "volume", "create", "demo"]);
    let error: serde_json::Value = serde_json::from_str(&refused.err).unwrap();
    assert_eq!((refused.status, &error["code"]), (1, &"already_exists".into()));
}

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
fn a_task_is_started_shown_and_cancelled() {
    let node = cluster();
    assert_eq!(node.gives(&["task", "list"]), "There are no tasks.\n");
    let begun = node.gives(&["task", "start", "verify-data"]);
    assert_eq!(begun, "Task 1 has begun; `nasctl task show 1` shows how far it is.\n");
    assert_eq!(node.says(&["task", "start", "verify-data"]).status, 1, "one is running");
    let expected = "TASK  KIND         STATE    PROGRESS                                            STARTED               BY\n\
                    1     verify-data  running  1.0 KiB of 4.0 KiB (25 %), 512 B/s, about 6 s left  2027-01-15 08:00:00Z  root\n";
    let listed = node.gives(&["task", "list"]);
    assert_eq!(listed, expected);
    let shown = node.gives(&["task", "show", "1"]);
    assert!(shown.starts_with(&listed), "{shown}");
    assert!(shown.contains("stor-a  running  1.0 KiB of 4.0 KiB (25 %)  512 B/s\n"), "{shown}");
    assert!(shown.ends_with("2027-01-15 08:00:00Z  stor-a begins to read 4.0 KiB.\n"), "{shown}");
    let korean = node.says_in_korean(&["task", "show", "1"]).out;
    assert!(korean.ends_with("stor-a 노드가 데이터를 읽기 시작합니다: 4.0 KiB.\n"), "{korean}");
    let mut following = nasctl();
    following.arg("--socket").arg(node.socket()).args(["task", "show", "1", "--follow"]);
    let mut following = following.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().ends_with("stor-a begins to read 4.0 KiB."));
    assert_eq!(lines.next().unwrap(), "1.0 KiB of 4.0 KiB (25 %), 512 B/s, about 6 s left");
    node.gives(&["task", "cancel", "1"]);
    assert_eq!(lines.next().unwrap(), "cancelled: It was cancelled before it was through.");
    assert_eq!(following.wait().unwrap().code(), Some(1), "it did not do what it was for");
    assert_eq!(node.json(&["task", "show", "1"])["state"], "cancelled");
    assert_eq!(node.says(&["task", "show", "7"]).status, 1);
    assert_eq!(node.says(&["task", "start", "defragment"]).status, 2);
}

#[test]
fn disks_and_connected_clients_are_listed() {
    let node = cluster();
    let disks = node.gives(&["disk", "list"]);
    assert!(disks.contains("1     stor-a  /var/lib/gotgan/chunks  working  4.0 KiB"), "{disks}");
    assert_eq!(node.gives(&["client", "list"]), "Nobody uses files, nor did within a day.\n");
    node.gives(&["mount", "demo", "/some/where"]);
    let clients = node.gives(&["client", "list"]);
    assert!(clients.contains("node1   FUSE      demo     node1  -      -   -    now\n"), "{clients}");
    assert_eq!(node.gives(&["client", "list", "--filter", "volume:other"]), "Nothing matches.\n");
    let shown = node.gives(&["client", "show", "node1"]);
    assert!(shown.contains("node1  /some/where\n") && shown.contains("Last seen:   now"), "{shown}");
    assert_eq!(node.gives(&["client", "show", "/some/where"]), shown);
    let nobody = node.says(&["client", "show", "192.0.2.7"]);
    assert!(nobody.status == 1 && nobody.err.contains("192.0.2.7 is no client"), "{}", nobody.err);
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

#[test]
fn performance_is_shown_from_its_end_with_what_it_leads_to() {
    let node = cluster();
    let said = node.gives(&["performance", "--last", "2"]);
    let expected = "\
FROM                  OPERATIONS  LATENCY  READ       WRITTEN   USED
2027-01-15 08:04:40Z  128.0/s     0.8 ms   977 KiB/s  53 MiB/s  112 KiB
2027-01-15 08:04:50Z  129.0/s     0.8 ms   977 KiB/s  55 MiB/s  116 KiB
If it goes on so, the space is used up at 2030-03-17 17:46:40Z.
";
    assert_eq!(said, expected);
    let day = node.json(&["performance", "--range", "day"]);
    assert_eq!((&day["range"], day["points"].as_array().unwrap().len()), (&"day".into(), 30));
    node.gives(&["volume", "create", "demo"]);
    let volume = node.gives(&["performance", "--volume", "demo", "--last", "1"]);
    assert!(volume.contains("129.0/s") && volume.ends_with("  -\n"), "{volume}");
    assert_eq!(node.says(&["performance", "--volume", "other"]).status, 1);
    assert!(node.says(&["performance", "--node", "other"]).err.contains("there is no node other"));
    let month = node.says(&["performance", "--node", "stor-a", "--range", "month"]);
    assert!(month.err.contains("the last day is kept"), "{}", month.err);
    let both = node.says(&["performance", "--node", "stor-a", "--volume", "demo"]);
    assert_eq!(both.status, 2);
    let decade = node.says(&["performance", "--range", "decade"]);
    assert!(decade.status == 2 && decade.err.contains("month"), "{}", decade.err);
}

#[test]
fn roles_say_what_they_may() {
    let said = cluster().gives(&["user", "roles"]);
    assert!(said.contains("auditor        read_status, read_identity, read_audit, own_account"), "{said}");
}

#[test]
fn one_of_each_is_shown() {
    let node = cluster();
    node.gives(&["volume", "create", "demo"]);
    node.gives(&[
        "export",
        "create",
        "/demo",
        "--volume",
        "demo",
        "--client",
        "10.0.0.7:ro",
        "--client",
        "10.0.0.0/8",
    ]);
    node.gives(&["export", "create", "/shut", "--volume", "demo"]);
    assert_eq!(
        node.gives(&["export", "show", "/demo"]),
        "EXPORT     /demo\nvolume     demo\nmay mount  10.0.0.7/32:ro:root_squash\n           10.0.0.0/8:rw:root_squash\n"
    );
    assert!(node.gives(&["export", "show", "/shut"]).contains("nobody: it has no client rule"));
    let create = ["user", "create", "amy", "--role", "operator"];
    assert_eq!(node.says_to(&create, "one two three\n").status, 0);
    node.gives(&["group", "create", "night", "--role", "auditor", "--member", "amy"]);
    let amy = node.gives(&["user", "show", "amy"]);
    assert!(
        amy.starts_with("USER           amy\nrole           operator\n") && amy.contains("change_storage"),
        "{amy}"
    );
    assert!(node.gives(&["group", "show", "night"]).contains("members  amy\n"));
    node.gives(&["mount", "demo", "/some/where"]);
    assert_eq!(node.json(&["mounts", "/some/where"])["volume"], "demo");
    assert!(node.gives(&["client", "show", "/some/where"]).contains("FUSE"));
    let shown = node.gives(&["node", "show", "stor-a"]);
    assert!(
        shown.starts_with("NODE         stor-a\n") && shown.contains("processor    AMD EPYC 3151\n"),
        "{shown}"
    );
    assert!(shown.contains("leads        demo\n") && shown.contains("up for       1 d\n"), "{shown}");
    assert!(shown.contains("clock        +0 ms against the leader's\n"), "{shown}");
    assert_eq!(node.json(&["node", "show", "1"])["machine"]["cores"], 8);
    let shown = node.gives(&["disk", "show", "stor-a", "/var/lib/gotgan/chunks"]);
    assert!(
        shown.contains("model            WDC WD40EFRX\n") && shown.contains("kind             rotating\n"),
        "{shown}"
    );
    assert!(
        shown.contains("SMART            not available: smartctl is not installed on this node.\n"),
        "{shown}"
    );
    let korean = node.says_in_korean(&["disk", "show", "1", "/var/lib/gotgan/chunks"]);
    assert!(korean.out.contains("smartctl이 설치되어 있지 않습니다"), "{}", korean.out);
    for gone in [
        &["export", "show", "/gone"][..],
        &["node", "show", "gone"],
        &["disk", "show", "stor-a", "/gone"],
        &["user", "show", "gone"],
        &["group", "show", "gone"],
        &["session", "show", "gone"],
        &["token", "show", "amy", "gone"],
        &["mounts", "/gone"],
        &["client", "show", "192.0.2.99"],
    ] {
        let said = node.says(gone);
        assert_eq!((said.status, said.out.as_str()), (1, ""), "{gone:?}");
        assert!(!said.err.is_empty());
    }
}

#[test]
fn what_is_no_address_is_named_with_an_example() {
    let node = cluster();
    let odd = node.says(&["cluster", "create", "--name", "x", "--advertise", "stor-a:99999"]);
    assert!(odd.status == 2 && odd.err.contains("`99999` in `stor-a:99999` is not a port"), "{}", odd.err);
    let odd = node.says(&["cluster", "create", "--name", "x", "--advertise", "stor-a"]);
    assert!(odd.status == 2 && odd.err.contains("for instance stor-a:7420"), "{}", odd.err);
}

#[test]
fn events_are_shown_and_followed_until_nobody_reads() {
    let node = cluster();
    let line = "2027-01-15 08:00:00Z  stor-a answers again.\n";
    assert_eq!(node.gives(&["events"]), line.repeat(2));
    assert_eq!(node.json(&["events"])[0]["seq"], 1, "oldest first");
    let mut command = nasctl();
    command.arg("--socket").arg(node.socket()).args(["--json", "events", "--follow"]);
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    // The node in memory ends its stream after two events; nasctl asks again, and takes it for one that started anew.
    for expected in [1, 2, 3, 4, 1] {
        let line: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(line["seq"], expected);
    }
    drop(lines);
    assert!(process.wait().unwrap().success());
}

#[test]
fn mounts_are_made_absolute_listed_and_undone() {
    let node = cluster();
    let mut command = nasctl();
    command.current_dir("/tmp").arg("--socket").arg(node.socket()).args([
        "mount",
        "demo",
        "some/where",
        "--read-only",
    ]);
    assert_eq!(run(command, "").out, "Mounted demo at /tmp/some/where.\n");
    let expected = "VOLUME  MOUNTED AT       ACCESS\ndemo    /tmp/some/where  read-only\n";
    assert_eq!(node.gives(&["mounts"]), expected);
    node.gives(&["unmount", "/tmp/some/where"]);
    assert_eq!(node.gives(&["mounts"]), "Nothing is mounted.\n");
    assert_eq!(node.says(&["unmount", "/tmp/some/where"]).status, 1);
}

#[test]
fn a_node_that_is_not_there_is_status_three() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = nasctl();
    command.arg("--dir").arg(dir.path()).args(["cluster", "status"]);
    let said = run(command, "");
    assert_eq!(said.status, 3);
    assert!(said.err.starts_with("nasctl: nasd is not running, or not with this --dir: "), "{}", said.err);
}

#[test]
fn a_refusal_is_in_the_language_of_the_locale() {
    let said = node(Memory::default()).says_in_korean(&["cluster", "status"]);
    assert_eq!(said.status, 1);
    assert!(
        said.err.starts_with("nasctl: 이 노드는 아직 클러스터에 속해 있지 않습니다\nhint: "),
        "{}",
        said.err
    );
    assert!(said.err.contains("`nasctl cluster join`으로 참여하십시오"), "{}", said.err);
    let node = cluster();
    node.gives(&["volume", "create", "demo"]);
    let taken = node.says_in_korean(&["volume", "create", "demo"]);
    assert_eq!((taken.status, taken.err.as_str()), (1, "nasctl: 볼륨 demo가 이미 있습니다\n"));
    let usage = node.says_in_korean(&["volume", "set", "demo", "--limit-files", "x"]).err;
    assert!(usage.contains("invalid value"), "{usage}");
    let json = node.says_in_korean(&["--json", "volume", "create", "demo"]);
    let error: serde_json::Value = serde_json::from_str(&json.err).unwrap();
    assert_eq!(
        error,
        serde_json::json!({
            "code": "already_exists", "reason": "volume_name_taken",
            "message": "there is a volume demo already", "values": { "it": "demo" },
        })
    );
}

#[test]
fn a_node_that_is_not_there_is_said_in_korean() {
    let node = cluster();
    std::fs::remove_file(node.socket()).unwrap();
    let said = node.says_in_korean(&["cluster", "status"]);
    assert_eq!(said.status, 3);
    assert!(
        said.err.starts_with("nasctl: 노드에 연결할 수 없습니다: nasd가 실행 중이 아니거나"),
        "{}",
        said.err
    );
    assert!(said.err.contains("hint: nasd는 자신의 --dir에서 기다립니다"), "{}", said.err);
}

#[test]
fn the_environment_names_the_socket() {
    let node = cluster();
    let mut command = nasctl();
    command.env("GOTGAN_SOCKET", node.socket()).args(["node", "list"]);
    assert_eq!(run(command, "").status, 0);
}

#[test]
fn users_are_made_changed_and_deleted() {
    let node = cluster();
    assert!(node.gives(&["user", "list"]).starts_with("There are no users."));
    let made = node
        .says_to(&["user", "create", "amy", "--role", "share_owner", "--owns", "demo"], "one two three\n");
    assert_eq!(made.status, 0, "{}", made.err);
    let expected = "USER  ROLE         STATE   SECOND FACTOR  GROUPS  OWNS  SINCE\n\
                    amy   share_owner  active  no             -       demo  2027-01-15 08:00:00Z\n";
    assert_eq!(node.gives(&["user", "list"]), expected);
    node.gives(&["user", "set", "amy", "--role", "operator", "--disable"]);
    let user = &node.json(&["user", "list"])[0];
    assert_eq!((&user["role"], &user["disabled"]), (&"operator".into(), &true.into()));
    assert_eq!(user["owned"], serde_json::json!([]));
    node.gives(&["user", "set", "amy", "--enable"]);
    let user = &node.json(&["user", "list"])[0];
    assert_eq!((&user["role"], &user["disabled"]), (&"operator".into(), &false.into()));
    node.gives(&["user", "unlock", "amy"]);
    node.gives(&["user", "remove-factor", "amy"]);
    let asked = node.says(&["user", "delete", "amy"]);
    assert!(
        asked.status == 2 && asked.err.contains("amy (operator) goes with 0 session(s)"),
        "{}",
        asked.err
    );
    node.gives(&["user", "delete", "amy", "--yes"]);
    for gone in [&["user", "unlock", "amy"][..], &["user", "set", "amy", "--enable"]] {
        assert_eq!(node.says(gone).status, 1);
    }
    for wrong in [&["user", "set", "amy"][..], &["user", "create", "amy", "--role", "king"]] {
        assert_eq!(node.says(wrong).status, 2);
    }
}

#[test]
fn groups_are_made_changed_and_deleted() {
    let node = cluster();
    assert!(node.gives(&["group", "list"]).starts_with("There are no groups."));
    for name in ["amy", "bob"] {
        let create = ["user", "create", name, "--role", "auditor"];
        assert_eq!(node.says_to(&create, "one two three\n").status, 0);
    }
    let create = ["group", "create", "night", "--role", "share_owner", "--owns", "demo", "--member"];
    let stranger = node.says(&[&create[..], &["cho"]].concat());
    assert!(stranger.status == 1 && stranger.err.contains("there is no user cho"), "{}", stranger.err);
    node.gives(&[&create[..], &["amy"]].concat());
    let expected = "GROUP  ROLE         MEMBERS  OWNS\n\
                    night  share_owner  amy      demo\n";
    assert_eq!(node.gives(&["group", "list"]), expected);
    assert_eq!(node.json(&["user", "list"])[0]["groups"], serde_json::json!(["night"]));
    node.gives(&["group", "set", "night", "--role", "operator", "--add", "bob", "--remove", "amy"]);
    let group = &node.json(&["group", "list"])[0];
    assert_eq!((&group["role"], &group["owned"]), (&"operator".into(), &serde_json::json!([])));
    assert_eq!(group["members"], serde_json::json!(["bob"]));
    let gone = node.says(&["group", "set", "night", "--remove", "amy"]);
    assert!(gone.status == 1 && gone.err.contains("amy is not in the group night"), "{}", gone.err);
    let asked = node.says(&["group", "delete", "night"]);
    assert!(asked.status == 2 && asked.err.contains("1 member(s) of night lose"), "{}", asked.err);
    node.gives(&["group", "delete", "night", "--yes"]);
    assert_eq!(node.json(&["user", "list"]).as_array().unwrap().len(), 2, "its members stay");
    assert_eq!(node.says(&["group", "set", "night", "--role", "auditor"]).status, 1);
    assert_eq!(node.says(&["group", "set", "night"]).status, 2);
}

#[test]
fn settings_are_shown_and_changed_one_by_one() {
    let node = cluster();
    node.gives(&["settings", "set", "--name", "storehouse", "--session-lifetime", "600"]);
    let expected = "SETTING           VALUE\n\
                    name              storehouse\n\
                    session-idle      30 min\n\
                    session-lifetime  600 min\n\
                    time-zone         UTC\n";
    assert_eq!(node.gives(&["settings", "show"]), expected);
    let idle = node.says(&["settings", "set", "--session-idle", "601"]);
    assert!(idle.status == 1 && idle.err.contains("session_idle_minutes is more than"), "{}", idle.err);
    for wrong in [&["settings", "set"][..], &["settings", "set", "--session-idle", "4"]] {
        assert_eq!(node.says(wrong).status, 2);
    }
    assert_eq!(node.gives(&["settings", "show"]), expected, "nothing of it changed");
    node.gives(&["settings", "set", "--time-zone", "Asia/Seoul"]);
    node.gives(&["settings", "set", "--session-idle", "20"]);
    assert_eq!(node.json(&["settings", "show"])["time_zone"], "Asia/Seoul", "what is not said stays");
    let odd = node.says(&["settings", "set", "--time-zone", "Seoul"]);
    assert!(odd.status == 2 && odd.err.contains("for instance Asia/Seoul"), "{}", odd.err);
}

#[test]
fn passwords_come_from_a_file_or_standard_input_and_never_from_the_command_line() {
    let node = cluster();
    let create = ["user", "create", "amy", "--role", "operator"];
    for (input, why) in [("", "empty"), ("\n", "empty"), ("one\ntwo\n", "one line")] {
        let said = node.says_to(&create, input);
        assert!(said.status == 2 && said.err.contains(why), "{}", said.err);
    }
    assert_eq!(node.says(&[&create[..], &["--password", "x"]].concat()).status, 2);
    let file = node.dir.path().join("password");
    std::fs::write(&file, " with space \n").unwrap();
    let file = file.to_str().unwrap();
    node.gives(&[&create[..], &["--password-file", file]].concat());
    let token = ["token", "create", "t", "--scope", "read_status", "--user", "amy"];
    assert_eq!(node.says_to(&token, "with space\n").status, 1, "space belongs to a password");
    node.gives(&[&token[..], &["--password-file", file]].concat());
    assert!(node.gives(&["token", "list"]).contains("amy   t"));
    assert_eq!(node.says_to(&["user", "password", "amy", "--keep-tokens"], "a second one\n").status, 0);
    assert!(node.gives(&["token", "list"]).contains("amy   t"));
    assert_eq!(node.says_to(&["user", "password", "amy"], "another one 12\n").status, 0);
    assert_eq!(node.gives(&["token", "list"]), "There are no API tokens.\n", "they end with the password");
    let token = ["token", "create", "t-2", "--scope", "read_status", "--user", "amy"];
    assert_eq!(node.says_to(&token, "another one 12").status, 0);
}

#[test]
fn a_password_that_is_typed_is_not_shown_and_typed_twice() {
    let node = cluster();
    let create = ["user", "create", "amy", "--role", "operator"];
    let mut session = node.at_terminal(&create);
    session.asks("New password of amy: ");
    session.types("one two three\n");
    session.asks("The same again: ");
    session.types("one two thre\u{7f}ee\n");
    let (said, shown) = session.ends();
    assert!(said.status == 0 && shown.is_empty(), "{}, {shown}", said.err);
    let mut session = node.at_terminal(&["user", "password", "amy"]);
    session.asks("New password of amy: ");
    session.types("one two three\n");
    session.asks("The same again: ");
    session.types("another\n");
    let (said, _) = session.ends();
    assert!(said.status == 2 && said.err.contains("differ"), "{}", said.err);
    let mut session = node.at_terminal(&["user", "password", "amy"]);
    session.asks("New password of amy: ");
    session.types("\u{3}");
    let (said, _) = session.ends();
    assert!(said.status == 4 && said.err.contains("cancelled"), "{}", said.err);
}

#[test]
fn a_token_is_made_by_logging_in_listed_and_revoked() {
    let node = cluster();
    node.says_to(&["user", "create", "amy", "--role", "operator"], "one two three\n");
    let create =
        ["token", "create", "laptop", "--scope", "read_status", "--scope", "change_exports", "--days", "30"];
    let root = node.says(&create);
    assert!(root.status == 2 && root.err.contains("--user"), "{}", root.err);
    let made = node.says_to(&[&create[..], &["--user", "amy"]].concat(), "one two three\n");
    assert_eq!(made.out, "token-amy-laptop\n", "nothing but the token: {}", made.err);
    assert!(made.err.contains("good until 2027-02-14 08:00:00Z"), "{}", made.err);
    let expected = "USER  TOKEN   SCOPES                      MADE                  GOOD UNTIL\n\
                    amy   laptop  read_status change_exports  2027-01-15 08:00:00Z  2027-02-14 08:00:00Z\n";
    assert_eq!(node.gives(&["token", "list"]), expected);
    node.gives(&["token", "revoke", "amy", "laptop"]);
    assert_eq!(node.gives(&["token", "list"]), "There are no API tokens.\n");
    assert_eq!(node.says(&["token", "revoke", "amy", "laptop"]).status, 1);
    for wrong in [&["token", "create", "x"][..], &["token", "create", "x", "--scope", "all"]] {
        assert_eq!(node.says(wrong).status, 2);
    }
}

/// Logs in as somebody else does, in a browser.
fn log_in(node: &Node, user: &str, password: &str) -> Client {
    let address = "192.0.2.9".parse().unwrap();
    let visitor = node.client().acting(Who::Visitor(address));
    let request = LogIn { user: user.into(), password: Secret::new(password), code: None };
    let (session, whoami) = node.runtime.block_on(visitor.log_in(&request)).unwrap();
    visitor.acting(Who::Session { address, session, csrf: whoami.csrf_token })
}

#[test]
fn sessions_are_listed_and_ended() {
    let node = cluster();
    assert_eq!(node.gives(&["session", "list"]), "Nobody is logged in.\n");
    node.says_to(&["user", "create", "amy", "--role", "operator"], "one two three\n");
    log_in(&node, "amy", "one two three");
    let sessions = node.gives(&["session", "list"]);
    assert!(sessions.contains("1        amy   192.0.2.9  2027-01-15 08:00:00Z"), "{sessions}");
    node.gives(&["session", "end", "1"]);
    assert_eq!(node.gives(&["session", "list"]), "Nobody is logged in.\n");
    assert_eq!(node.says(&["session", "end", "1"]).status, 1);
}

#[test]
fn a_second_factor_is_asked_for_when_there_is_one() {
    let node = cluster();
    node.says_to(&["user", "create", "amy", "--role", "operator"], "one two three\n");
    let amy = log_in(&node, "amy", "one two three");
    let proof = CurrentPassword { current: Some(Secret::new("one two three")) };
    node.runtime.block_on(amy.call::<OfferFactor>(Nothing, &proof)).unwrap();
    let code = ConfirmFactor { code: Secret::new(CODE) };
    node.runtime.block_on(amy.call::<ConfirmFactor>(Nothing, &code)).unwrap();
    let create = ["token", "create", "t", "--scope", "read_status", "--user", "amy"];
    let nobody = node.says_to(&create, "one two three\n");
    assert!(nobody.status == 2 && nobody.err.contains("at a terminal"), "{}", nobody.err);
    let right = format!("{CODE}\n");
    for (code, status) in [("654321\n", 1), (right.as_str(), 0)] {
        let mut session = node.at_terminal(&create);
        session.asks("Password of amy: ");
        session.types("one two three\n");
        session.asks("or a recovery code: ");
        session.types(code);
        assert_eq!(session.ends().0.status, status, "{code}");
    }
    node.gives(&["user", "remove-factor", "amy"]);
    let create = ["token", "create", "t-2", "--scope", "read_status", "--user", "amy"];
    assert_eq!(node.says_to(&create, "one two three\n").status, 0);
}

#[test]
fn the_audit_log_is_read_page_by_page_and_verified() {
    let node = cluster();
    for volume in ["demo", "media", "home"] {
        node.gives(&["volume", "create", volume]);
    }
    let page = node.json(&["audit", "list", "--limit", "2"]);
    let numbers: Vec<u64> =
        page.as_array().unwrap().iter().map(|record| record["seq"].as_u64().unwrap()).collect();
    let next = node.json(&["audit", "list", "--before", &numbers[1].to_string()]);
    assert!(next.as_array().unwrap().iter().all(|record| record["seq"].as_u64().unwrap() < numbers[1]));
    // What the node in memory records of an act is neither `done` nor `refused`.
    let fitting = [
        "audit",
        "list",
        "--user",
        "root",
        "--outcome",
        "failed",
        "--since",
        "2027-01-15",
        "--until",
        "2027-01-16",
    ];
    assert_eq!(node.json(&fitting).as_array().unwrap().len(), 3);
    for other in [
        ["--user", "amy"],
        ["--outcome", "done"],
        ["--about", "cellar"],
        ["--until", "2027-01-15"],
        ["--since", "2027-01-16"],
    ] {
        assert_eq!(node.json(&[&["audit", "list"], &other[..]].concat()), serde_json::json!([]), "{other:?}");
    }
    let odd = node.says(&["audit", "list", "--since", "yesterday"]);
    assert!(odd.status == 2 && odd.err.contains("`yesterday` is not a time"), "{}", odd.err);
    let table = node.gives(&["audit", "list"]);
    assert!(table.starts_with("NUMBER  AT ") && table.contains("root"), "{table}");
    assert_eq!(node.gives(&["audit", "verify"]), "The log has no records yet.\n");
    assert_eq!(node.says(&["audit", "list", "--limit", "0"]).status, 2);
}

#[test]
fn wrong_usage_is_status_two() {
    let node = cluster();
    for arguments in [
        &["frobnicate"][..],
        &["volume", "create"],
        &["volume", "create", "demo", "--replicas", "0"],
        &["export", "create", "/demo"],
        &["--socket", "/x", "volume", "list"],
    ] {
        let said = node.says(arguments);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{arguments:?}");
    }
    // A name the node would refuse is its refusal, not ours.
    assert_eq!(node.says(&["volume", "create", "Not A Name"]).status, 1);
}

#[test]
fn help_and_version_need_no_node() {
    let help = run_alone(&["--help"]);
    assert!(help.contains("Exit status:") && help.contains("GOTGAN_SOCKET"), "{help}");
    assert!(run_alone(&["cluster", "join", "--help"]).contains("never from the command line"));
    assert!(run_alone(&["--version"]).starts_with("nasctl "));
}

#[test]
fn every_shell_can_ask_for_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run_alone(&["completion", shell]);
        assert!(script.contains("nasctl") && script.contains("NASCTL_COMPLETE"), "{shell}: {script}");
    }
}

/// What bash is told for the last of these words.
fn completed(words: &[&str]) -> Vec<String> {
    let mut command = nasctl();
    let last = words.len() - 1;
    command
        .env("NASCTL_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", last.to_string())
        .env("_CLAP_IFS", "\n");
    command.arg("--").args(words);
    let said = run(command, "");
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{words:?}");
    said.out.lines().map(str::to_owned).collect()
}

#[test]
fn names_are_completed_as_the_node_knows_them() {
    let node = cluster();
    for volume in ["demo", "deep", "media"] {
        node.gives(&["volume", "create", volume]);
    }
    node.gives(&["export", "create", "/demo", "--volume", "demo"]);
    let dir = node.path("");
    let of = |words: &[&str]| completed(&[&["nasctl", "--dir", &dir], words].concat());
    assert_eq!(of(&["volume", "show", "de"]), ["deep", "demo"]);
    assert_eq!(of(&["mount", "m"]), ["media"]);
    assert_eq!(of(&["export", "delete", "/"]), ["/demo"]);
    assert_eq!(of(&["export", "create", "/x", "--volume", "m"]), ["media"]);
    assert!(of(&["user", "create", "x", "--role", "share"]).contains(&"share_owner".to_owned()));
    assert!(of(&["volume", "del"]).contains(&"delete".to_owned()));
    assert_eq!(completed(&["nasctl", "--dir", "/nowhere", "volume", "show", "de"]), [""; 0]);
}

#[test]
fn manual_pages_are_made_for_every_command() {
    assert!(run_alone(&["man"]).contains(".TH nasctl 1"));
    let dir = tempfile::tempdir().unwrap();
    run_alone(&["man", "--out", dir.path().join("man1").to_str().unwrap()]);
    for page in [
        "nasctl.1",
        "nasctl-cluster-join.1",
        "nasctl-export-create.1",
        "nasctl-unmount.1",
        "nasctl-user-create.1",
    ] {
        let text = std::fs::read_to_string(dir.path().join("man1").join(page));
        assert!(text.unwrap_or_default().contains(".TH"), "{page}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let node = cluster();
    let mut command = nasctl();
    command.arg("--socket").arg(node.socket()).args(["cluster", "status"]);
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    drop(process.stdout.take());
    assert!(process.wait().unwrap().success());
}

fn run_alone(arguments: &[&str]) -> String {
    let mut command = nasctl();
    command.current_dir(Path::new("/")).args(arguments);
    let said = run(command, "");
    assert_eq!(said.status, 0, "{arguments:?}: {}", said.err);
    said.out
}

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
