//! Owns how shells ask what a word can become: commands, options, and the names of what is there.

use crate::args::Cli;
use crate::failure::Failure;
use crate::{names, output};
use clap::CommandFactory;
use clap_complete::env::{CompleteEnv, Shells};

/// A shell that wants words completed sets it to its name.
const VARIABLE: &str = "NASCTL_COMPLETE";

/// Answers the shell and ends the process, if it is one that asks.
pub fn answer() {
    let _ = names::COMMAND.set(Cli::command);
    CompleteEnv::with_factory(Cli::command).var(VARIABLE).bin("nasctl").completer("nasctl").complete();
}

/// What makes a shell ask. It is the same for every version of nasctl's commands.
pub fn script(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    let (shells, name) = (Shells::builtins(), shell.to_string());
    let completer = shells.completer(&name).ok_or_else(|| Failure::Local(format!("{name} cannot ask")))?;
    let written = completer.write_registration(VARIABLE, "nasctl", "nasctl", "nasctl", &mut script);
    written.map_err(|error| Failure::local("cannot write the script", error))?;
    output::print(&String::from_utf8_lossy(&script))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, Command, ValueHint};
    use clap_complete::engine::ArgValueCandidates;
    use std::path::Path;

    /// Arguments that name something that is not there yet, or a number.
    const NEW: [&str; 9] = [
        "volume create <NAME>",
        "export create <PATH>",
        "user create <NAME>",
        "group create <NAME>",
        "token create <NAME>",
        "snmp user create <NAME>",
        "snmp community create <NAME>",
        "snmp view create <NAME>",
        "channel create <NAME>",
    ];

    fn unhelped(command: &Command, path: &str, found: &mut Vec<String>) {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            unhelped(inner, &format!("{path}{} ", inner.get_name()), found);
        }
        let helped = |arg: &&Arg| {
            arg.get::<ArgValueCandidates>().is_some()
                || !arg.get_possible_values().is_empty()
                || !matches!(arg.get_value_hint(), ValueHint::Unknown)
        };
        let without = command.get_positionals().filter(|arg| !helped(arg));
        found.extend(without.map(|arg| format!("{path}<{}>", arg.get_id().as_str().to_uppercase())));
    }

    #[test]
    fn whatever_has_a_name_is_completed() {
        let (mut found, mut command) = (Vec::new(), Cli::command());
        command.build();
        unhelped(&command, "", &mut found);
        found.retain(|argument| !NEW.contains(&argument.as_str()));
        assert!(found.is_empty(), "say how these are completed: {found:?}");
    }

    #[test]
    fn an_unfinished_line_says_which_node_is_asked() {
        let of = |words: &[&str]| names::reach(Cli::command(), words.iter().map(Into::into)).unwrap();
        let line = ["nasctl", "--", "nasctl", "--dir", "/d", "volume", "show", ""];
        assert_eq!(of(&line).dir.as_deref(), Some(Path::new("/d")));
        let line = ["nasctl", "--", "nasctl", "volume", "delete", "--server", "one:1", "de"];
        assert_eq!(of(&line).server.as_deref(), Some("one:1"));
    }
}
