//! nasctl: manages a Gotgan node from the command line, through its management interface and nothing else.
//!
//! Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 the node cannot be reached or trusted.

mod api_token;
mod args;
mod audit;
mod certificate;
mod client;
mod commands;
mod config;
mod disk;
mod events;
mod extras;
mod failure;
mod group;
mod language;
mod output;
mod performance;
mod reach;
mod secret_input;
mod session;
mod settings;
mod table;
mod task;
mod terminal;
mod user;
mod views;
mod when;

use args::{Cli, Command};
use clap::Parser;
use failure::Failure;
use reach::{Node, Reach};
use std::process::ExitCode;

fn main() -> ExitCode {
    let Cli { reach, json, command } = Cli::parse();
    let (remote, ran) = run(reach, command, json);
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell(json, remote, language::chosen(|name| std::env::var_os(name)));
            failure.exit_code()
        }
    }
}

/// How it went, and whether it was on another machine.
fn run(reach: Reach, command: Command, json: bool) -> (bool, Result<(), Failure>) {
    match command {
        Command::Completion { shell } => (false, extras::completion(shell)),
        Command::Man { out } => (false, extras::man(out.as_deref())),
        command => match command.place(reach).node(|name| std::env::var_os(name)) {
            Ok(node) => (node.is_remote(), ask(&node, command, json)),
            Err(failure) => (false, Err(failure)),
        },
    }
}

fn ask(node: &Node, command: Command, json: bool) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::local("cannot start", error))?;
    runtime.block_on(commands::run(node, command, json))
}
