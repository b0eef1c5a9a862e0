//! Owns the command line: what can be asked and how it is written.

use crate::config::ConfigCommand;
use crate::nouns::Noun;
use crate::nouns::check::Format;
use crate::reach::{GLOBAL, Reach};
use clap::{Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Exit status:
  0  done
  1  refused or failed; the reason is on standard error
  2  wrong usage
  3  the node cannot be reached, or its certificate is not trusted
  4  not confirmed: nothing was changed
That of `nasctl check` is what monitoring systems expect: see `nasctl check --help`.

Environment:
  GOTGAN_SOCKET       the management socket, unless --socket or --dir is given
  GOTGAN_SERVER       as --server, unless --socket or --dir is given
  GOTGAN_FINGERPRINT  as --fingerprint, unless --ca-file is given
  GOTGAN_TOKEN        the API token for --server, unless --token-file is given
  LC_ALL, LC_MESSAGES, LANG
                      in a Korean locale, what a node refuses, how the cluster does, and
                      what happened and was done is said in Korean";

/// Manage a Gotgan storage cluster through one of its nodes.
#[derive(Debug, Parser)]
#[command(name = "nasctl", version, after_help = AFTER_HELP, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub reach: Reach,
    /// Print the reply as JSON, and refusals as JSON on standard error
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(flatten)]
    Noun(Noun),
    /// The cluster's configuration as a file: write it, compare it, make a cluster like it
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print what makes a shell complete commands, options, and the names of what is there
    ///
    /// For bash: `source <(nasctl completion bash)` in ~/.bashrc; for zsh the same in ~/.zshrc; for fish
    /// `nasctl completion fish | source` in ~/.config/fish/config.fish. Names come from the node that the line is about;
    /// there are none while it does not answer.
    Completion { shell: Shell },
    /// Print the manual page
    Man {
        /// Write a page per command into this directory instead
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
}

impl Command {
    /// Of a check: how its output is read.
    pub fn check_format(&self) -> Option<Format> {
        match self {
            Command::Noun(Noun::Check(check)) => Some(check.format),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
