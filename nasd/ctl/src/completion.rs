//! Owns what shells complete: commands, options, and the names of what is there, which the node is asked for.

use crate::args::Cli;
use crate::failure::Failure;
use crate::output;
use crate::reach::Reach;
use clap::{CommandFactory, FromArgMatches};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};
use nasd_api::{
    Client, ListApiTokens, ListClients, ListDisks, ListExports, ListGroups, ListMounts, ListNodes,
    ListSessions, ListTasks, ListUsers, ListVolumes, Zone,
};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// A shell that wants words completed sets it to its name.
const VARIABLE: &str = "NASCTL_COMPLETE";
/// Somebody waits with a finger on the tab key: without an answer within this there are no names.
const PATIENCE: Duration = Duration::from_millis(700);

/// Answers the shell and ends the process, if it is one that asks.
pub fn answer() {
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

macro_rules! names {
    ($($things:ident: $operation:ident, $name:expr;)*) => {
        $(pub fn $things() -> ArgValueCandidates {
            candidates(async |node| {
                let all = node.all::<$operation>().await.ok()?;
                Some(all.into_iter().map($name).collect())
            })
        })*
    };
}

names! {
    nodes: ListNodes, |node| node.name;
    volumes: ListVolumes, |volume| volume.name;
    exports: ListExports, |export| export.path;
    disks: ListDisks, |disk| disk.path;
    clients: ListClients, |client| client.client;
    tasks: ListTasks, |task| task.id.to_string();
    users: ListUsers, |user| user.name;
    groups: ListGroups, |group| group.name;
    sessions: ListSessions, |session| session.id;
    tokens: ListApiTokens, |token| token.name;
    mounts: ListMounts, |mount| mount.at.display().to_string();
}

/// These no node has to be asked for.
pub fn time_zones() -> ArgValueCandidates {
    ArgValueCandidates::new(|| Zone::names().into_iter().map(CompletionCandidate::new).collect())
}

/// Nothing, and no message, when the node does not say it soon.
fn candidates(
    names: impl AsyncFn(&Client) -> Option<Vec<String>> + Send + Sync + 'static,
) -> ArgValueCandidates {
    ArgValueCandidates::new(move || {
        let names = ask(std::env::args_os(), &names).unwrap_or_default();
        names.into_iter().map(CompletionCandidate::new).collect()
    })
}

fn ask(
    line: impl Iterator<Item = OsString>,
    names: impl AsyncFn(&Client) -> Option<Vec<String>>,
) -> Option<Vec<String>> {
    let reach = reach(line)?;
    // Standard input is the shell's.
    if reach.token_file.as_deref() == Some(Path::new("-")) {
        return None;
    }
    let node = reach.node(|name| std::env::var_os(name)).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let asked = async { names(&node.client().await.ok()?).await };
    runtime.block_on(async { tokio::time::timeout(PATIENCE, asked).await.ok()? })
}

/// Which node the unfinished line is about: its words come after `--`.
fn reach(line: impl Iterator<Item = OsString>) -> Option<Reach> {
    let words = line.skip_while(|word| word != "--").skip(1);
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(words).ok()?;
    Reach::from_arg_matches(&matches).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, Command, ValueHint};

    /// Arguments that name something that is not there yet, or a number.
    const NEW: [&str; 5] = [
        "volume create <NAME>",
        "export create <PATH>",
        "user create <NAME>",
        "group create <NAME>",
        "token create <NAME>",
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
        let of = |words: &[&str]| reach(words.iter().map(Into::into)).unwrap();
        let line = ["nasctl", "--", "nasctl", "--dir", "/d", "volume", "show", ""];
        assert_eq!(of(&line).dir.as_deref(), Some(Path::new("/d")));
        let line = ["nasctl", "--", "nasctl", "volume", "delete", "--server", "one:1", "de"];
        assert_eq!(of(&line).server.as_deref(), Some("one:1"));
    }
}
