//! What a command does to the state: pure, so that every replica decides the same.

use super::audit;
use super::audit::{Deed, record};
use super::cluster::ClusterCommand;
use super::command::{Entry, Proposal, SystemCommand, SystemError, SystemReply};
use super::tables::{Effect, Tables};
use super::{accounts, cluster, export, node, settings, task, token, volume};
use nasd_base::Timestamp;

/// An accepted command: its reply, and the rows that change.
pub type Decision = Result<(SystemReply, Vec<Effect>), SystemError>;

/// Where and when a command is decided, and for whom.
pub struct At<'a> {
    /// Of the entry in the log.
    pub index: u64,
    pub now: Timestamp,
    pub proposal: &'a Proposal,
}

/// Decides the entry at `index` of the log. With it come the rows of the audit log, which are written for refusals too.
pub fn decide(tables: &Tables, index: u64, entry: &Entry) -> (Decision, Vec<Effect>) {
    // As the tables hold times; whatever bytes came in.
    let now = Timestamp::from_nanos(entry.now.as_nanos());
    let decision = decide_command(tables, &At { index, now, proposal: &entry.proposal });
    let recorded = entry.proposal.actor.as_ref().filter(|_| tables.cluster.is_some()).map(|actor| {
        let command = &entry.proposal.command;
        let outcome = match &decision {
            Err(refusal) => format!("refused: {refusal}"),
            Ok(_) => super::audit::outcome(command),
        };
        let (action, is_strangers) = (audit::describe(command), audit::is_strangers(actor));
        record(&tables.repeats, tables.audit, now, Deed { actor, action, outcome, is_strangers })
    });
    (decision, recorded.into_iter().flatten().map(Effect::Audit).collect())
}

fn decide_command(tables: &Tables, at: &At<'_>) -> Decision {
    let Proposal { command, condition, .. } = at.proposal;
    let founds = matches!(command, SystemCommand::Cluster(ClusterCommand::Create { .. }));
    if tables.cluster.is_none() && !founds {
        return Err(SystemError::NotFounded);
    }
    if let Some(condition) = condition
        && tables.tag(&condition.resource)? != condition.tag
    {
        return Err(SystemError::Changed);
    }
    match command {
        SystemCommand::Cluster(command) => cluster::decide(tables, at, command),
        SystemCommand::Settings(command) => settings::decide(tables, at, command),
        SystemCommand::Node(command) => node::decide(tables, at, command),
        SystemCommand::Token(command) => token::decide(tables, at, command),
        SystemCommand::Volume(command) => volume::decide(tables, at, command),
        SystemCommand::Export(command) => export::decide(tables, at, command),
        SystemCommand::Account(command) => {
            let effects = accounts::decide(&tables.accounts, &tables.volumes, at.now, command)
                .map_err(SystemError::Account)?;
            done(effects.into_iter().map(Effect::Account).collect())
        }
        SystemCommand::Task(command) => task::decide(tables, at, command),
        SystemCommand::Note { .. } => done(Vec::new()),
    }
}

pub fn done(effects: Vec<Effect>) -> Decision {
    Ok((SystemReply::Done, effects))
}
