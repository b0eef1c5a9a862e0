//! What an entry of the log does to the state: pure, so that every replica decides the same.

use super::audit::{AuditEffect, Deed, is_strangers, record};
use super::command::{Entry, Proposal};
use super::noun::{At, Described};
use super::nouns::{Decide, Decision, SystemCommand, SystemError, SystemView};
use crate::{ClusterCommand, ClusterError};
use nasd_base::Timestamp;

/// Decides the entry at `index` of the log. With it come the rows of the audit log, which are written for refusals too.
pub fn decide(view: &SystemView, index: u64, entry: &Entry) -> (Decision, Vec<AuditEffect>) {
    // As the tables hold times; whatever bytes came in.
    let now = Timestamp::from_nanos(entry.now.as_nanos());
    let decision = decide_proposal(view, index, now, &entry.proposal);
    let recorded = entry.proposal.actor.as_ref().filter(|_| view.cluster.id.is_some()).map(|actor| {
        let command = &entry.proposal.command;
        let outcome = match &decision {
            Err(refusal) => format!("refused: {refusal}"),
            Ok(_) => command.outcome(),
        };
        let (action, is_strangers) = (command.describe(), is_strangers(actor));
        record(&view.audit, now, Deed { actor, action, outcome, is_strangers })
    });
    (decision, recorded.unwrap_or_default())
}

fn decide_proposal(view: &SystemView, index: u64, now: Timestamp, proposal: &Proposal) -> Decision {
    let Proposal { command, actor, owned_only, seen, .. } = proposal;
    let founds = matches!(command, SystemCommand::Cluster(ClusterCommand::Create { .. }));
    if view.cluster.id.is_none() && !founds {
        return Err(ClusterError::NotFounded.into());
    }
    if seen.is_some() && command.tag(view)? != *seen {
        return Err(SystemError::Changed);
    }
    let owner = owned_only.then(|| actor.as_ref().map_or("", |actor| &actor.name));
    command.decide(view, &At { index, now, owner })
}
