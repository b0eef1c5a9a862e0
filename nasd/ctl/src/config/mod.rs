//! Owns `nasctl config`: the cluster's configuration as a file, the difference, and making the cluster like it.
//!
//! [`file`] reads and writes the text, [`plan`] decides what to do without doing anything, [`apply`] does it. Each noun
//! has its [`section`] of the file in its folder; [`list`] makes one of all.

mod apply;
mod file;
pub mod list;
pub mod passwords;
pub mod plan;
mod read;
pub mod section;
#[cfg(test)]
pub mod testing;
mod views;

use crate::failure::Failure;
use crate::nouns::Config;
use crate::reach::Node;
use crate::{output, terminal};
use clap::{Args, Subcommand, ValueHint};
use nasd_files::{Folder, Mode};
use passwords::Passwords;
use plan::{Plan, plan};
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Largest file that is read, in bytes: thousands of exports with hundreds of rules.
const FILE_BYTES_MAX: u64 = 16 << 20;

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Write the cluster's configuration as TOML
    #[command(long_about = what_it_holds())]
    Export {
        /// Where to [default: standard output]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
    },
    /// Show what `apply` would do
    ///
    /// `+` is made, `~` is changed, `-` is only in the cluster, `!` is a difference that nasctl cannot remove. The
    /// exit status is 0 when the cluster is as the file says, and 1 when it is not (or when this failed; the reason
    /// is on standard error then).
    Diff {
        /// As `nasctl config export` writes it; `-` is standard input
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Make the cluster as a file says
    ///
    /// Shows what it is going to do and asks. What somebody else changed meanwhile is not overwritten: nasctl stops
    /// and says what was done and what was not; doing it again goes on from there. What only the cluster has is left
    /// alone. Volumes are never destroyed. Users that are made get random passwords, which are printed at the end.
    Apply(ApplyArgs),
}

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// As `nasctl config export` writes it; `-` is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Also delete what is not in the file; volumes are never destroyed
    #[arg(long)]
    prune: bool,
    /// Write the passwords of new users into this new file, which only its owner can read, instead of printing them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    passwords_file: Option<PathBuf>,
}

fn what_it_holds() -> String {
    let mut held = Config::held();
    let last = held.pop().unwrap_or_default();
    let others = held.join(", ");
    format!(
        "Write the cluster's configuration as TOML\n\nIt holds {others} and {last}. It holds no files, no passwords and no other \
         secrets, and nothing about nodes."
    )
}

pub async fn run(at: &Node, command: ConfigCommand, json: bool) -> Result<(), Failure> {
    match command {
        ConfigCommand::Export { output } => export(at, output.as_deref(), json).await,
        ConfigCommand::Diff { file } => diff(at, &file, json).await,
        ConfigCommand::Apply(arguments) => apply(at, arguments, json).await,
    }
}

async fn export(at: &Node, to: Option<&Path>, json: bool) -> Result<(), Failure> {
    let config = read::cluster(at, &at.client().await?).await?.config();
    let text = if json { output::json(&config.shown())? } else { config.write() };
    let Some(path) = to else { return output::print(&text) };
    write(path, text.as_bytes())
        .map_err(|error| Failure::local(format!("cannot write {}", path.display()), error))?;
    let counts = config.counts().into_iter().map(|(kind, count)| format!("{count} {kind}(s)"));
    let counts = counts.collect::<Vec<_>>().join(", ");
    let wrote = if counts.is_empty() { "the configuration" } else { &counts };
    output::done(json, &format!("Wrote {wrote} to {}.", path.display()))
}

/// A file is replaced in one step, so that a full disk or a power cut leaves the earlier one; anything else, a pipe for
/// instance, is written to.
fn write(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let there = std::fs::metadata(path).ok();
    if there.as_ref().is_some_and(|meta| !meta.is_file()) {
        return std::fs::write(path, text);
    }
    let mode = there.as_ref().map_or(0o666, |meta| meta.permissions().mode() & 0o777);
    let path = if there.is_some() { path.canonicalize()? } else { path.to_path_buf() };
    let (Some(dir), Some(name)) = (path.parent(), path.file_name().and_then(OsStr::to_str)) else {
        return std::fs::write(path, text);
    };
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    Folder::new(dir).replace(name, text, Mode::Bits(mode))
}

async fn diff(at: &Node, file: &Path, json: bool) -> Result<(), Failure> {
    let file = parse(file)?;
    let plan = plan(&file, &read::cluster(at, &at.client().await?).await?);
    output::reply(json, &views::plan_json(&plan), |_| views::plan(&plan))?;
    if plan.is_empty() { Ok(()) } else { Err(Failure::Silent) }
}

async fn apply(at: &Node, arguments: ApplyArgs, json: bool) -> Result<(), Failure> {
    if json && !arguments.yes {
        return Err(Failure::Usage("--json shows no plan to agree to: this needs --yes".into()));
    }
    let file = parse(&arguments.file)?;
    let node = at.client().await?;
    let cluster = read::cluster(at, &node).await?;
    let mut plan = plan(&file, &cluster);
    if arguments.prune {
        plan = plan.pruning(cluster.asking.as_deref());
    }
    if !json {
        output::print(&views::plan(&plan))?;
    }
    if !plan.steps.is_empty() && !arguments.yes {
        let question = "Type yes to do this: ";
        if !terminal::types(question, "yes", "nothing was changed")? {
            return Err(Failure::Declined("nothing was changed: the answer was not yes".into()));
        }
    }
    let makes_passwords = plan.steps.iter().any(|step| step.change().needs_password());
    let passwords_file = arguments.passwords_file.as_deref().filter(|_| makes_passwords);
    let mut passwords = Passwords::begin(passwords_file)?;
    let (done, failure) = apply::carry_out(&node, &plan.steps, &mut passwords).await;
    report(&plan, done, &passwords, json)?;
    match failure {
        Some(failure) => Err(failure),
        None if !plan.impossible.is_empty() => Err(Failure::Local(
            "differences that nasctl cannot remove are left: see the lines with `!`".into(),
        )),
        None => Ok(()),
    }
}

fn report(plan: &Plan, done: usize, passwords: &Passwords, json: bool) -> Result<(), Failure> {
    let outcome = views::Outcome { plan, done, passwords: passwords.shown() };
    if json {
        return output::print(&output::json(&outcome.as_json())?);
    }
    output::print(&outcome.as_text())
}

/// The file, or standard input for `-`.
fn parse(path: &Path) -> Result<Config, Failure> {
    let unreadable = |error| Failure::local(format!("cannot read {}", path.display()), error);
    let mut text = String::new();
    let read = match path == Path::new("-") {
        true => std::io::stdin().take(FILE_BYTES_MAX + 1).read_to_string(&mut text),
        false => {
            std::fs::File::open(path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text))
        }
    };
    read.map_err(unreadable)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(Failure::Usage(format!("{} is too large to be a configuration", path.display())));
    }
    Config::parse(&text).map_err(|why| Failure::Usage(format!("{}: {why}", path.display())))
}
