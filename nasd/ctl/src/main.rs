//! nasctl: manages a Gotgan node from the command line, through its management interface and nothing else.
//!
//! Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 the node cannot be reached.

mod args;
mod commands;
mod extras;
mod failure;
mod output;
mod secret_input;
mod table;
mod views;

use args::{Cli, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.json;
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell(json);
            failure.exit_code()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Completion { shell } => extras::completion(shell),
        Command::Man { out } => extras::man(out.as_deref()),
        command => {
            let socket = args::socket(cli.socket, cli.dir, std::env::var_os(args::SOCKET_VARIABLE));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| Failure::local("cannot start", error))?;
            runtime.block_on(commands::run(&socket, command, cli.json))
        }
    }
}
