//! What `nasd` says to an operator who got something wrong. (It also makes cargo build the program for the
//! end-to-end tests.)

use std::net::TcpListener;
use std::process::{Command, Output};

fn nasd(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nasd")).args(arguments).output().expect("nasd starts")
}

#[test]
fn help_names_the_commands_and_bad_usage_exits_with_2() {
    let help = nasd(&["--help"]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(help.status.success() && text.contains("run") && text.contains("demo"), "{text}");
    assert_eq!(nasd(&["serve"]).status.code(), Some(2));
}

#[test]
fn a_broken_configuration_is_named_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("nasd.toml"), "nfs_listen = 2049\n").unwrap();
    let output = nasd(&["run", "--dir", dir.path().to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("nasd.toml") && said.contains("nfs_listen"), "{said}");
}

#[test]
fn a_second_daemon_on_one_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let lock = std::fs::File::create(dir.path().join("lock")).unwrap();
    lock.lock().unwrap();
    let output = nasd(&["run", "--dir", path]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("another nasd runs"), "{said}");
}

#[test]
fn a_second_demo_on_one_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let lock = std::fs::File::create(dir.path().join("lock")).unwrap();
    lock.lock().unwrap();
    let output = nasd(&["demo", "--dir", dir.path().to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("--dir"), "{said}");
}

#[test]
fn a_demo_port_in_use_is_not_chosen() {
    let taken = TcpListener::bind("127.0.0.1:20491");
    let dir = tempfile::tempdir().unwrap();
    // The demo is stopped right after it has chosen: what it chose is in its directory.
    let mut demo = Command::new(env!("CARGO_BIN_EXE_nasd"))
        .args(["demo", "--json", "--dir"])
        .arg(dir.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let chosen = dir.path().join("ports.json");
    while !chosen.exists() && matches!(demo.try_wait(), Ok(None)) {
        std::thread::yield_now();
    }
    let _ = demo.kill();
    let _ = demo.wait();
    let text = std::fs::read_to_string(chosen).unwrap();
    assert!(!text.contains("20491"), "{text}");
    drop(taken);
}

/// A demo that was killed while a node of it started left the node running, with its ports taken: the node
/// asked to end with a parent that was gone already.
#[test]
fn a_node_whose_demo_is_gone_does_not_start() {
    let dir = tempfile::tempdir().unwrap();
    let not_my_parent = "1";
    let output = nasd(&["run", "--exit-with-parent", not_my_parent, "--dir", dir.path().to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("process 1, which started this one"), "{said}");
}
