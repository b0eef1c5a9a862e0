//! git on the FUSE mounts: this project's own repository is cloned, changed from two nodes at once, packed, checked
//! by git itself and built.

use harness::cluster::{Cluster, pause};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// Commits by each of two nodes that share a repository.
const COMMITS: usize = 40;
/// Tries of one commit while the other node holds one of git's lock files.
const TRIES: usize = 200;
const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gitconfig");
/// A crate of this workspace with few dependencies, all of which the tests themselves were built with.
const BUILT: &str = "nasd-base";

/// The repository that this file is in; or, where the sources came without one, a new one of all of them.
fn source(work: &Path) -> PathBuf {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("tests/applications is two deep");
    if root.join(".git").exists() {
        return root.to_path_buf();
    }
    let made = work.join("sources.git");
    let (git_dir, work_tree) =
        (format!("--git-dir={}", made.display()), format!("--work-tree={}", root.display()));
    git(work, &["init", "--quiet", "--bare", "sources.git"]);
    git(root, &[&git_dir, &work_tree, "add", "."]);
    git(root, &[&git_dir, &work_tree, "commit", "--quiet", "--message", "All sources"]);
    made
}

fn run(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(dir).env("GIT_CONFIG_GLOBAL", SETTINGS);
    command.env("GIT_CONFIG_NOSYSTEM", "1").output().expect("git starts")
}

fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = run(dir, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?} in {}: {said}", dir.display());
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Everything that git can check: objects, their hashes, that all that is named exists, and that the working tree
/// is what the index says.
fn check(repository: &Path) {
    git(repository, &["fsck", "--full", "--strict", "--no-dangling"]);
    assert_eq!(git(repository, &["status", "--porcelain"]), "", "changed without anybody having done so");
}

/// As a script does that shares a repository: git refuses while somebody else holds a lock file.
fn git_when_free(dir: &Path, arguments: &[&str]) {
    for _ in 0..TRIES {
        let output = run(dir, arguments);
        if output.status.success() {
            return;
        }
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("lock"), "git {arguments:?} in {}: {said}", dir.display());
        pause(Duration::from_millis(20));
    }
    panic!("git {arguments:?} in {}: a lock file stayed", dir.display());
}

/// Commits to a branch of its own in a work tree of its own, all of one repository.
fn commit(tree: &Path, name: &str) {
    for number in 0..COMMITS {
        fs::write(tree.join(format!("{name}-{number}")), format!("{name} wrote this as number {number}\n"))
            .expect("write");
        git_when_free(tree, &["add", "."]);
        git_when_free(tree, &["commit", "--quiet", "--message", &format!("{name}: {number}")]);
    }
}

fn cargo(dir: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).args(["--package", BUILT, "--locked", "--offline"]).current_dir(dir);
    // What is written is the same, in a third of the time.
    command.args(["--config", "profile.dev.package.'*'.opt-level=0"]);
    command.env("CARGO_TARGET_DIR", dir.join("target"));
    let output = command.output().expect("cargo starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "cargo {arguments:?} in {}: {said}", dir.display());
    said + &String::from_utf8_lossy(&output.stdout)
}

#[test]
fn a_repository_is_whole_after_two_nodes_used_it() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let [one, two, three] =
        [0, 1, 2].map(|number| cluster.fuse(cluster.ready.nodes[number].id).join("repository"));
    let source = source(work.path());
    let mount = one.parent().expect("a mount");
    git(mount, &["clone", "--quiet", "--no-local", &source.to_string_lossy(), "repository"]);
    let head = git(&source, &["rev-parse", "HEAD"]);
    assert_eq!(git(&two, &["rev-parse", "HEAD"]), head);
    check(&three);

    // Work trees lie beside the repository, and name it by a path: each node sees its own.
    let trees = [(&one, "first"), (&two, "second")].map(|(repository, name)| {
        let tree = repository.with_file_name(name);
        git(repository, &["worktree", "add", "--quiet", "-b", name, &tree.to_string_lossy()]);
        (tree, name)
    });
    std::thread::scope(|scope| {
        for (tree, name) in &trees {
            scope.spawn(|| commit(tree, name));
        }
    });
    for (tree, name) in &trees {
        let count = git(&three, &["rev-list", "--count", &format!("{head}..{name}")]);
        assert_eq!(count, COMMITS.to_string(), "commits of {name}");
        check(tree);
    }

    git(&three, &["gc", "--quiet", "--aggressive", "--prune=now"]);
    for repository in [&one, &two, &three] {
        check(repository);
    }
    let objects = git(&two, &["count-objects", "--verbose"]);
    println!("after {} commits from two nodes and gc on a third:\n{objects}", 2 * COMMITS);
    assert!(objects.contains("count: 0\n") && objects.contains("garbage: 0"), "{objects}");
    cluster.stop();
}

#[test]
fn a_project_is_built_and_its_tests_run_where_they_were_built() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let mount = cluster.fuse(cluster.followers()[0].id);
    let project = mount.join("project");
    let source = format!("file://{}", source(work.path()).display());
    git(mount, &["clone", "--quiet", "--depth", "1", &source, "project"]);

    let said = cargo(&project, &["test", "--lib"]);
    assert!(said.contains(&format!("Compiling {BUILT}")) && said.contains("test result: ok"), "{said}");
    // Built again it is not, for what cargo compares is times of files.
    let said = cargo(&project, &["test", "--lib", "--no-run"]);
    assert!(!said.contains("Compiling"), "{said}");
    fs::File::options()
        .append(true)
        .open(project.join("nasd/base/src/lib.rs"))
        .expect("open")
        .set_modified(
            fs::metadata(project.join("target")).expect("built").modified().expect("a time")
                + Duration::from_secs(3600),
        )
        .expect("utimes");
    let said = cargo(&project, &["test", "--lib", "--no-run"]);
    assert!(said.contains(&format!("Compiling {BUILT}")), "{said}");
    cluster.stop();
}
