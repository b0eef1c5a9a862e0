//! Owns the answer to a message of version 2c: a word in clear says who asks.

use super::replies::{Source, reply};
use super::{ANSWER_BYTES_MAX, Agent, Shown};
use crate::wire::{CommunityMessage, Kind, community_message};
use std::net::SocketAddr;

/// What stands around the word and the bindings of an answer, in bytes, at most.
const FRAME_BYTES_MAX: usize = 48;

impl Agent {
    pub(super) fn answer_community(
        &self,
        shown: &Shown,
        from: SocketAddr,
        message: &CommunityMessage,
    ) -> Option<Vec<u8>> {
        let Some(community) = shown.allowed.community(&message.community) else {
            self.counts.communities.add();
            return None;
        };
        if !community.access.is_from(from.ip()) {
            self.counts.sources.add();
            return None;
        }
        if message.request.kind == Kind::Set {
            self.counts.community_uses.add();
        }
        let visible = shown.visible(&community.access)?;
        let room = ANSWER_BYTES_MAX.saturating_sub(FRAME_BYTES_MAX + message.community.len());
        let source = Source { tree: &shown.tree, visible, room };
        let Some(body) = reply(source, &message.request) else {
            self.counts.handlers.add();
            return None;
        };
        let answer = community_message(&message.community, &body);
        if answer.len() > ANSWER_BYTES_MAX {
            self.counts.silent.add();
            return None;
        }
        Some(answer)
    }
}
