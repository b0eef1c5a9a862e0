//! `nas-backup`: reads and writes backup repositories on any machine, with no cluster.

mod archive;
mod commands;
mod report;

use clap::Parser;
use commands::Command;
use report::Done;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Lists, restores and checks backups of Gotgan, and makes them of this machine's directories.
///
/// A repository is in restic's format: a stock restic reads it, too. Whoever has the repository and its passphrase has
/// all that was backed up, and needs nothing else.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit status: 0 done; 1 not done; 2 wrong usage; 3 done in part, which was said."
)]
struct Cli {
    /// The directory that holds the repository.
    #[arg(long, short, value_name = "DIR")]
    repository: PathBuf,
    /// A file whose first line is the passphrase.
    #[arg(long, value_name = "FILE")]
    passphrase_file: PathBuf,
    /// Answer in JSON, on one line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let Cli { repository, passphrase_file, json, command } = Cli::parse();
    raise_descriptors();
    let done =
        passphrase(&passphrase_file).and_then(|passphrase| command.run(&repository, &passphrase, json));
    match done {
        Ok(Done::Wholly) => ExitCode::SUCCESS,
        Ok(Done::InPart) => ExitCode::from(3),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn passphrase(file: &Path) -> Result<Vec<u8>, String> {
    let text = std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(format!("{} has no passphrase in its first line", file.display()));
    }
    Ok(line.to_vec())
}

/// A deep tree needs one for each level.
fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_the_readme_are_taken() {
        let readme = include_str!("../../../README.md");
        let lines: Vec<&str> = readme.lines().filter(|line| line.starts_with("nas-backup ")).collect();
        assert!(lines.len() >= 5, "{lines:?}");
        for line in lines {
            if let Err(error) = Cli::try_parse_from(line.split(' ')) {
                panic!("{line}: {error}");
            }
        }
    }
}
