//! nasctl: manages a Gotgan node from the command line, through its management interface and nothing else.
//!
//! Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 the node cannot be reached or trusted, 4 not confirmed. That
//! of `nasctl check` is its own: see [`nouns::check`].

mod args;
mod asked;
mod completion;
mod config;
mod extras;
mod failure;
mod language;
mod listing;
mod names;
mod nouns;
mod output;
mod reach;
mod secret_input;
mod table;
mod terminal;
mod when;

use args::{Cli, Command};
use asked::Asked;
use clap::Parser;
use failure::Failure;
use nouns::check;
use reach::{Node, Reach};
use std::process::ExitCode;

fn main() -> ExitCode {
    completion::answer();
    let Cli { reach, json, command } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error),
    };
    let check = command.check_format();
    let (remote, ran) = run(reach, command, json);
    match (ran, check) {
        (Ok(()), _) => ExitCode::SUCCESS,
        (Err(failure @ Failure::Checked(_)), _) => failure.exit_code(),
        (Err(failure), Some(format)) => check::cannot_begin(&failure, format, json).exit_code(),
        (Err(failure), None) => {
            failure.tell(json, remote, language::here());
            failure.exit_code()
        }
    }
}

/// To monitoring, wrong usage is that nothing is known, and in a line on standard output.
fn not_understood(error: &clap::Error) -> ExitCode {
    let is_check = error.use_stderr() && names::subcommand(std::env::args_os()).as_deref() == Some("check");
    if is_check {
        let why =
            error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        return check::cannot_begin(&Failure::Usage(why), check::Format::Nagios, false).exit_code();
    }
    error.exit()
}

/// How it went, and whether it was on another machine.
fn run(reach: Reach, command: Command, json: bool) -> (bool, Result<(), Failure>) {
    let place = match &command {
        Command::Noun(noun) => noun.place(reach),
        _ => reach,
    };
    match command {
        Command::Completion { shell } => (false, completion::script(shell)),
        Command::Man { out } => (false, extras::man(out.as_deref())),
        Command::Noun(noun) => ask(place, async |node| noun.run(node, json).await),
        Command::Config(command) => ask(place, async |node| config::run(node, command, json).await),
    }
}

fn ask(reach: Reach, what: impl AsyncFnOnce(&Node) -> Result<(), Failure>) -> (bool, Result<(), Failure>) {
    let node = match reach.node(|name| std::env::var_os(name)) {
        Ok(node) => node,
        Err(failure) => return (false, Err(failure)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::local("cannot start", error));
    (node.is_remote(), runtime.and_then(|runtime| runtime.block_on(what(&node))))
}
