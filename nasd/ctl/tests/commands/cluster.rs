//! A cluster: made, joined, looked at; tasks, disks, clients, events, mounts.

use crate::process::{cluster, nasctl, node, run};
use memory_management::{Memory, TOKEN};
use std::io::{BufRead, BufReader};
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
fn what_is_wrong_with_a_disk_is_said_in_the_language_of_the_locale() {
    let memory = Memory::in_cluster();
    memory.fail_disk("cannot flush segment-7: Input/output error (os error 5)");
    let node = node(memory);
    let english = "It has failed: cannot flush segment-7: Input/output error (os error 5). Replace the disk";
    assert!(node.gives(&["disk", "list"]).contains(english));
    let show = ["disk", "show", "stor-a", "/var/lib/gotgan/chunks"];
    let said = node.says_in_korean(&show);
    assert!(said.out.contains("고장: segment-7 플러시 실패: 입출력 오류. 디스크를 교체하고"), "{}", said.out);
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
fn who_is_slow_is_shown_once_where_there_is_no_terminal() {
    let node = cluster();
    node.gives(&["volume", "create", "demo"]);
    let said = node.gives(&["top"]);
    for words in [
        "The last 60 s: 21.7/s, 87 KiB/s, 1.0 ms each. log flush 70%, queue 20%, other 10%",
        "192.0.2.7  20.0/s      80 KiB/s   1.0 ms  log flush 70%, queue 20%, other 10%  demo",
        "/home/ko   demo    15.0/s      60 KiB/s  1.0 ms",
        "commit   2300.0 ms  2027-01-15 08:00:00Z  192.0.2.7  demo    /home/ko/<b>.txt  1-2f4a   log flush 96%, other 4%",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let files = node.gives(&["top", "--files", "--once", "--volume", "demo"]);
    assert!(files.contains("/home/ko/other") && !files.contains("192.0.2.7"), "{files}");
    let json = node.json(&["top", "--once", "--by", "ops", "--span", "5min"]);
    assert_eq!((&json["by"], &json["seconds"]), (&"operations".into(), &300.into()));
    assert_eq!(json["clients"][0]["client"], "192.0.2.7");
    assert_eq!(node.says(&["top", "--volume", "other"]).status, 1);
    assert_eq!(node.says(&["top", "--by", "size"]).status, 2);
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
fn settings_are_shown_and_changed_one_by_one() {
    let node = cluster();
    node.gives(&["settings", "set", "--name", "storehouse", "--session-lifetime", "600"]);
    let expected = "SETTING           VALUE\n\
                    name              storehouse\n\
                    session-idle      30 min\n\
                    session-lifetime  600 min\n\
                    time-zone         UTC\n\
                    console           -\n";
    assert_eq!(node.gives(&["settings", "show"]), expected);
    let idle = node.says(&["settings", "set", "--session-idle", "601"]);
    assert!(idle.status == 1 && idle.err.contains("session_idle_minutes is more than"), "{}", idle.err);
    for wrong in [&["settings", "set"][..], &["settings", "set", "--session-idle", "4"]] {
        assert_eq!(node.says(wrong).status, 2);
    }
    assert_eq!(node.gives(&["settings", "show"]), expected, "nothing of it changed");
    node.gives(&["settings", "set", "--time-zone", "Asia/Seoul"]);
    node.gives(&["settings", "set", "--console", "https://nas.example.com"]);
    node.gives(&["settings", "set", "--session-idle", "20"]);
    assert_eq!(
        node.json(&["settings", "show"])["console"],
        "https://nas.example.com",
        "what is not said stays"
    );
    assert_eq!(node.json(&["settings", "show"])["time_zone"], "Asia/Seoul", "what is not said stays");
    let odd = node.says(&["settings", "set", "--time-zone", "Seoul"]);
    assert!(odd.status == 2 && odd.err.contains("for instance Asia/Seoul"), "{}", odd.err);
}
