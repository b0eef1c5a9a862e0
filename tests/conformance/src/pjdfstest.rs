//! Owns a run of pjdfstest: its configuration, and the verdict on each of its cases.

use crate::tools::PJDFSTEST;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Everything that Linux has on ext4. The rest of what pjdfstest knows is of FreeBSD: chflags, NFSv4 ACLs,
/// `st_birthtime` in `stat`. Users and groups are those that every Debian has.
const CONFIG: &str = r#"
[features]
posix_fallocate = {}
rename_ctime = {}
utime_now = {}
utimensat = {}

[settings]
naptime = 0.02
allow_remount = ALLOW_REMOUNT

[dummy_auth]
entries = [["nobody", "nogroup"], ["daemon", "daemon"]]
"#;

/// Cases that make the file system read-only and back. Others leave files open for writing, which stands in
/// the way on any file system, so these run in a process of their own.
const REMOUNTING: &str = "erofs";

/// `mount` as these cases call it would ask for a helper, and the one for FUSE takes a mount's source for a
/// program to run. Remounting needs none.
const MOUNT: &str = "#!/bin/sh\nexec /bin/mount --internal-only \"$@\"\n";

/// What pjdfstest puts between the directory that it is given and its files.
const TEMPORARY_NAMES_BYTES: usize = "/.tmpXXXXXX/.tmpXXXXXX".len();
/// Paths as long as can be are made of components of this length; it panics when that comes out even.
const COMPONENT_BYTES: usize = 127;
const PATH_BYTES_MAX: usize = 4095;

/// What became of one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    Skipped,
    Failed,
}

/// What one case said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub verdict: Verdict,
    /// Why it was skipped, or where it failed.
    pub detail: String,
}

/// All cases by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(pub BTreeMap<String, Case>);

impl Report {
    /// Runs all cases below `dir`, with `other` on another file system; `scratch` takes the configuration.
    pub fn of(dir: &Path, other: &Path, scratch: &Path) -> Report {
        let at = suite_dir(dir);
        std::fs::create_dir_all(&at).expect("mkdir");
        let mut report = Report::run(&at, other, scratch, false);
        let remounting = Report::run(&at, other, scratch, true);
        report.0.extend(remounting.0);
        report
    }

    fn run(at: &Path, other: &Path, scratch: &Path, remounting: bool) -> Report {
        let config = scratch.join("pjdfstest.toml");
        let text = CONFIG.replace("ALLOW_REMOUNT", &remounting.to_string());
        std::fs::write(&config, text).expect("a configuration file");
        let mut command = PJDFSTEST.command();
        command.arg("--configuration-file").arg(&config).arg("--path").arg(at);
        command.arg("--secondary-fs").arg(other).env("RUST_BACKTRACE", "0");
        if remounting {
            let path = std::env::var("PATH").unwrap_or_default();
            command.env("PATH", format!("{}:{path}", mount_without_helper(scratch).display()));
            command.arg(REMOUNTING);
        }
        let output = command.output().expect("pjdfstest starts");
        let said = String::from_utf8_lossy(&output.stdout);
        let report = Report::parse(&said);
        let total = said.lines().rev().find_map(|line| line.strip_suffix(" total")?.rsplit(' ').next());
        // A suite that died half-way says nothing bad about the rest.
        assert_eq!(
            total.and_then(|total| total.parse().ok()),
            Some(report.0.len()),
            "pjdfstest did not come to its end: {}\n{said}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        report
    }

    fn parse(said: &str) -> Report {
        let mut cases = BTreeMap::new();
        let mut last = None;
        for line in said.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let verdict = match words.as_slice() {
                [_, "ok"] => Some(Verdict::Passed),
                [_, "skipped"] => Some(Verdict::Skipped),
                [_, "FAILED"] => Some(Verdict::Failed),
                _ => None,
            };
            if let Some(verdict) = verdict.filter(|_| !line.starts_with(char::is_whitespace)) {
                last = Some(words[0].to_owned());
                cases.insert(words[0].to_owned(), Case { verdict, detail: String::new() });
            } else if let Some(case) = last.as_ref().and_then(|name| cases.get_mut(name)) {
                if line.is_empty() || line.starts_with("Summary") {
                    last = None;
                } else {
                    case.detail = [case.detail.as_str(), line.trim()].join(" ").trim().to_owned();
                }
            }
        }
        Report(cases)
    }

    /// The names with a verdict.
    pub fn with(&self, verdict: Verdict) -> Vec<&str> {
        let cases = self.0.iter().filter(|(_, case)| case.verdict == verdict);
        cases.map(|(name, _)| name.as_str()).collect()
    }

    /// The cases that passed in `reference` and did not pass here.
    pub fn worse_than(&self, reference: &Report) -> Vec<&str> {
        let passed = |name: &str| reference.0.get(name).is_some_and(|case| case.verdict == Verdict::Passed);
        let cases = self.0.iter().filter(|(name, case)| case.verdict != Verdict::Passed && passed(name));
        cases.map(|(name, _)| name.as_str()).collect()
    }

    /// Counts, then a line for each case that did not pass.
    pub fn summary(&self) -> String {
        let count = |verdict| self.with(verdict).len();
        let (passed, skipped, failed) =
            (count(Verdict::Passed), count(Verdict::Skipped), count(Verdict::Failed));
        let mut lines = format!("{passed} passed, {skipped} skipped, {failed} failed of {}", self.0.len());
        for (name, case) in self.0.iter().filter(|(_, case)| case.verdict != Verdict::Passed) {
            lines += &format!("\n  {:?}: {name}: {}", case.verdict, case.detail);
        }
        lines
    }
}

/// A directory below `dir` whose path has a length that pjdfstest can bear.
fn suite_dir(dir: &Path) -> PathBuf {
    let bears = |at: &PathBuf| {
        let rest = PATH_BYTES_MAX - at.as_os_str().len() - TEMPORARY_NAMES_BYTES;
        !rest.is_multiple_of(COMPONENT_BYTES)
    };
    ["suite", "suite-"].map(|name| dir.join(name)).into_iter().find(bears).expect("one of two lengths")
}

/// A directory with our `mount`.
fn mount_without_helper(scratch: &Path) -> PathBuf {
    let dir = scratch.join("mount-without-helper");
    let program = dir.join("mount");
    std::fs::create_dir_all(&dir).and_then(|()| std::fs::write(&program, MOUNT)).expect("a script");
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("chmod");
    dir
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\
chmod::changes_mode                                      ok
link::exdev_target                                       skipped
\tNo secondary file-system has been configured.
open::etxtbsy                                            FAILED
\tassertion failed
  left: 1

Summary: 1 failed, 1 skipped, 1 passed, 0 expected failures, 3 total
";

    #[test]
    fn verdicts_and_reasons_are_read() {
        let report = Report::parse(SAID);
        assert_eq!(report.with(Verdict::Passed), ["chmod::changes_mode"]);
        assert_eq!(report.0["link::exdev_target"].detail, "No secondary file-system has been configured.");
        assert_eq!(report.0["open::etxtbsy"].detail, "assertion failed left: 1");
        assert!(report.summary().starts_with("1 passed, 1 skipped, 1 failed of 3\n"));
    }

    #[test]
    fn the_suite_runs_where_the_longest_path_does_not_come_out_even() {
        let even = format!("/{}", "x".repeat(PATH_BYTES_MAX - TEMPORARY_NAMES_BYTES - 31 * 127 - 7));
        assert!(suite_dir(Path::new(&even)).ends_with("suite-"), "its path would be {} long", even.len() + 6);
        assert!(suite_dir(Path::new("/mnt")).ends_with("suite"));
    }

    #[test]
    fn a_case_is_worse_only_where_the_reference_passed() {
        let report = Report::parse(SAID);
        let all_well = Report::parse("open::etxtbsy ok\n");
        assert_eq!(report.worse_than(&all_well), ["open::etxtbsy"]);
        assert!(report.worse_than(&report).is_empty());
    }
}
