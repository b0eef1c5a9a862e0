//! nasctl as a process, against a management socket served by a cluster in memory.

use memory_management::{Memory, TOKEN};
use nasd_api::{Client, router, serve_unix};
use std::future::pending;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

struct Node {
    dir: TempDir,
    _runtime: Runtime,
}

struct Said {
    status: i32,
    out: String,
    err: String,
}

fn node(memory: Memory) -> Node {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("nasd.sock");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let path = socket.clone();
    runtime.spawn(async move { serve_unix(&path, router(Arc::new(memory)), pending()).await });
    runtime.block_on(async {
        while Client::connect(&socket).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    Node { dir, _runtime: runtime }
}

fn cluster() -> Node {
    node(Memory::in_cluster())
}

fn run(mut command: Command, input: &str) -> Said {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    // A command that does not read its input may be gone already.
    let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
    let output = process.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

fn nasctl() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nasctl"));
    command.env_remove("GOTGAN_SOCKET");
    command
}

impl Node {
    fn socket(&self) -> PathBuf {
        self.dir.path().join("nasd.sock")
    }

    fn says(&self, arguments: &[&str]) -> Said {
        self.says_to(arguments, "")
    }

    fn says_to(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = nasctl();
        command.arg("--dir").arg(self.dir.path()).args(arguments);
        run(command, input)
    }

    /// The standard output of a command that must succeed.
    fn gives(&self, arguments: &[&str]) -> String {
        let said = self.says(arguments);
        assert_eq!(said.status, 0, "{arguments:?}: {}", said.err);
        said.out
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.gives(&[&["--json"], arguments].concat())).unwrap()
    }
}

#[test]
fn a_cluster_is_created_and_shown() {
    let node = node(Memory::default());
    let before = node.says(&["cluster", "status"]);
    assert_eq!(before.status, 1);
    assert!(before.err.contains("hint: create one with `nasctl cluster create`"), "{}", before.err);
    node.gives(&["cluster", "create", "--name", "home"]);
    let status = node.gives(&["cluster", "status"]);
    assert!(status.starts_with("cluster home (0123456789abcdef), as node 1 sees it\n"), "{status}");
    assert!(status.contains("degraded: one node only"), "{status}");
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
    let expected = "VOLUME  HEALTH   LEADER  TERM  COMMITTED  REPLICAS  USED     SIZE     LIMITS\n\
                    demo    healthy  node 1  2     12         1         4.0 KiB  1.0 TiB  -\n";
    assert_eq!(node.gives(&["volume", "list"]), expected);
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
    let (first, second) = ("192.0.2.7:no_root_squash", "2001:db8::/32:ro:all_squash");
    node.gives(&["export", "create", "/demo", "--volume", "demo", "--client", first, "--client", second]);
    let expected = "EXPORT  VOLUME  CLIENTS\n\
                    /demo   demo    192.0.2.7/32:rw:no_root_squash\n                \
                    2001:db8::/32:ro:all_squash\n";
    assert_eq!(node.gives(&["export", "list"]), expected);
    let wrong = node.says(&["export", "create", "/x", "--volume", "demo", "--client", "192.0.2.0/40"]);
    assert_eq!(wrong.status, 2);
    assert!(wrong.err.contains("192.0.2.0/24"), "says how to write one: {}", wrong.err);
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
fn the_environment_names_the_socket() {
    let node = cluster();
    let mut command = nasctl();
    command.env("GOTGAN_SOCKET", node.socket()).args(["node", "list"]);
    assert_eq!(run(command, "").status, 0);
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
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run_alone(&["completion", shell]);
        assert!(script.contains("token-file") && script.contains("unmount"), "{shell}");
    }
}

#[test]
fn manual_pages_are_made_for_every_command() {
    assert!(run_alone(&["man"]).contains(".TH nasctl 1"));
    let dir = tempfile::tempdir().unwrap();
    run_alone(&["man", "--out", dir.path().join("man1").to_str().unwrap()]);
    for page in ["nasctl.1", "nasctl-cluster-join.1", "nasctl-export-create.1", "nasctl-unmount.1"] {
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
