//! What a command does to join tokens: pure.

use super::{Token, TokenCommand, TokenEffect, TokenError, TokenHash};
use crate::noun::At;
use crate::nouns::node::{Machine, NODES_MAX, NodeError, NodeState};
use crate::nouns::{Decide, Decision, SystemError, SystemReply, SystemView, done};
use nasd_base::{NodeId, Timestamp};
use std::time::Duration;

/// Tokens on record, used and expired ones included.
const TOKENS_MAX: usize = 256;
pub const TOKEN_SECONDS_MAX: u32 = 24 * 3600;
/// A token is forgotten this long after it expired; until then, using it gets the precise refusal.
const TOKEN_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

impl Decide for TokenCommand {
    fn decide(&self, view: &SystemView, at: &At<'_>) -> Decision {
        match self {
            TokenCommand::Create { token, valid_seconds } => create(view, at.now, *token, *valid_seconds),
            TokenCommand::Redeem { token, name, address, key } => {
                redeem(view, at, token, &Machine { name, address, key })
            }
        }
    }
}

fn create(view: &SystemView, now: Timestamp, hash: TokenHash, valid_seconds: u32) -> Decision {
    if !(1..=TOKEN_SECONDS_MAX).contains(&valid_seconds) {
        return Err(TokenError::BadTokenLifetime.into());
    }
    if view.tokens.contains_key(&hash) {
        return Err(TokenError::TokenExists.into());
    }
    let forgotten = view.tokens.values().filter(|token| token.expires.plus(TOKEN_KEPT) < now);
    let mut effects: Vec<_> = forgotten.map(|token| TokenEffect::NoToken(token.hash)).collect();
    let kept = view.tokens.len() - effects.len();
    if kept >= TOKENS_MAX {
        return Err(TokenError::TooManyTokens(kept).into());
    }
    let expires = now.plus(Duration::from_secs(u64::from(valid_seconds)));
    let expires = Timestamp::from_nanos(expires.as_nanos());
    let token = Token { hash, expires, used_by: None };
    effects.push(TokenEffect::Token(token));
    done(effects)
}

/// A node whose certificate never arrived asks again with the same key: it gets the same id. Once it is
/// active it has its certificate, so whoever then comes with its key has lost its disk, and an id must not
/// be used by two lives of a node.
fn redeem(view: &SystemView, at: &At<'_>, hash: &TokenHash, machine: &Machine<'_>) -> Decision {
    let token = view.tokens.get(hash).ok_or(TokenError::TokenUnknown)?;
    let holder = view.nodes.values().find(|node| node.key == *machine.key);
    let again = holder.filter(|node| node.state == NodeState::Joining);
    match token.used_by {
        Some(used_by) if again.is_none_or(|node| node.id != used_by) => {
            return Err(TokenError::TokenUsed(used_by).into());
        }
        None if at.now >= token.expires => return Err(TokenError::TokenExpired.into()),
        _ => {}
    }
    if let (Some(holder), None) = (holder, again) {
        return Err(NodeError::KeyTaken(holder.id).into());
    }
    machine.check(view, again.map(|node| node.id))?;
    if again.is_none() && view.members().count() >= NODES_MAX {
        return Err(SystemError::Full("nodes".to_owned()));
    }
    let id = again.map_or(NodeId(at.index), |node| node.id);
    let node = machine.register(id, NodeState::Joining, again.map_or(at.now, |node| node.joined));
    let token = Token { used_by: Some(id), ..token.clone() };
    Ok((SystemReply::Registered(node.clone()), vec![node.into(), TokenEffect::Token(token).into()]))
}
