//! What goes wrong before anything is asked, languages, help, completion and manual pages.

use crate::process::{cluster, nasctl, node, run};
use memory_management::Memory;
use std::path::Path;
use std::process::Stdio;

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

/// A reader copies what the README shows: recovery once named commands that there were not.
#[test]
fn every_line_of_the_readme_is_one_that_nasctl_knows() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap().replace("\\\n", " ");
    let lines: Vec<&str> = readme.lines().filter(|line| line.starts_with("nasctl ")).collect();
    assert!(lines.len() >= 15, "{lines:?}");
    for line in lines {
        let command = line.split(" #").next().unwrap().split(" > ").next().unwrap();
        let mut words: Vec<&str> = command.split_whitespace().skip(1).collect();
        // Where help is asked for, what is unknown is refused and what is missing is not.
        words.push("--help");
        assert!(run_alone(&words).contains("Usage: "), "{line}");
    }
}

fn run_alone(arguments: &[&str]) -> String {
    let mut command = nasctl();
    command.current_dir(Path::new("/")).args(arguments);
    let said = run(command, "");
    assert_eq!(said.status, 0, "{arguments:?}: {}", said.err);
    said.out
}
