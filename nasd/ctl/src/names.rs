//! Owns the names of what is there, for words that a shell completes: the node is asked for them.

use crate::reach::Reach;
use clap::{Command, FromArgMatches};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use nasd_api::{
    Client, ListAlerts, ListApiTokens, ListChannels, ListClients, ListDisks, ListExports, ListGroups,
    ListMounts, ListNodes, ListSessions, ListSilences, ListSnmpCommunities, ListSnmpUsers, ListSnmpViews,
    ListTasks, ListUsers, ListVolumes, Zone,
};
use std::ffi::OsString;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

/// Somebody waits with a finger on the tab key: without an answer within this there are no names.
const PATIENCE: Duration = Duration::from_millis(700);

/// How all commands are read; they are made of what is here.
pub static COMMAND: OnceLock<fn() -> Command> = OnceLock::new();

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
    alerts: ListAlerts, |alert| alert.id.to_string();
    silences: ListSilences, |silence| silence.id.to_string();
    channels: ListChannels, |channel| channel.name;
    tokens: ListApiTokens, |token| token.name;
    snmp_users: ListSnmpUsers, |user| user.name;
    snmp_communities: ListSnmpCommunities, |community| community.name;
    snmp_views: ListSnmpViews, |view| view.name;
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
    let reach = reach(COMMAND.get()?(), line)?;
    // Standard input is the shell's.
    if reach.token_file.as_deref() == Some(Path::new("-")) {
        return None;
    }
    let node = reach.node(|name| std::env::var_os(name)).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let asked = async { names(&node.client().await.ok()?).await };
    runtime.block_on(async { tokio::time::timeout(PATIENCE, asked).await.ok()? })
}

/// The command of a line that may have mistakes.
pub fn subcommand(line: impl Iterator<Item = OsString>) -> Option<String> {
    let matches = COMMAND.get()?().ignore_errors(true).try_get_matches_from(line).ok()?;
    matches.subcommand_name().map(str::to_owned)
}

/// Which node the unfinished line is about: its words come after `--`.
pub fn reach(command: Command, line: impl Iterator<Item = OsString>) -> Option<Reach> {
    let words = line.skip_while(|word| word != "--").skip(1);
    let matches = command.ignore_errors(true).try_get_matches_from(words).ok()?;
    Reach::from_arg_matches(&matches).ok()
}
