//! Owns the answer to a message of version 3: keys say who asks (RFC 3414 3.2, RFC 3412 7.2).

use super::replies::{Source, reply};
use super::{ANSWER_BYTES_MAX, Agent, Engine, Shown};
use crate::allowed::User;
use crate::tables::usm_stats;
use crate::wire::{
    Body, Header, Level, Oid, Request, Scoped, Signer, V3Message, Value, push_binding, v3_message,
};
use std::net::SocketAddr;
use tokio::time::Instant;

/// What stands around the names and the bindings of an answer, in bytes, at most: the longest digest among it.
const FRAME_BYTES_MAX: usize = 176;

/// Of one message: whom it reached, and when.
struct Turn<'a> {
    shown: &'a Shown,
    engine: &'a Engine,
    now: Instant,
    message: &'a V3Message,
}

impl Agent {
    pub(super) fn answer_v3(
        &self,
        shown: &Shown,
        now: Instant,
        from: SocketAddr,
        message: &V3Message,
    ) -> Option<Vec<u8>> {
        let engine = shown.engine.as_ref()?;
        let turn = Turn { shown, engine, now, message };
        if message.engine_id != engine.id {
            self.counts.engines.add();
            return if shown.allowed.expects_users_from(from.ip()) { self.introduce(&turn) } else { None };
        }
        let user = self.believed(&turn, from)?;
        if !engine.is_timely(now, message.boots, message.time) {
            self.counts.times.add();
            return self.report(&turn, Some(user), usm_stats::NOT_IN_TIME_WINDOWS, self.counts.times.get());
        }
        if !self.seen.lock().is_new(now, from, message.seal()) {
            self.counts.replays.add();
            return None;
        }
        let scoped = self.opened(message, user)?;
        if scoped.engine_id != engine.id || !scoped.context.is_empty() {
            self.counts.contexts.add();
            return None;
        }
        self.reply_v3(&turn, user, &scoped.request)
    }

    /// Who does not know the engine's id is told.
    fn introduce(&self, turn: &Turn<'_>) -> Option<Vec<u8>> {
        self.report(turn, None, usm_stats::UNKNOWN_ENGINE_IDS, self.counts.engines.get())
    }

    /// The user who signed the message.
    fn believed<'a>(&self, turn: &Turn<'a>, from: SocketAddr) -> Option<&'a User> {
        let message = turn.message;
        let Some(user) = turn.shown.allowed.user(&message.user) else {
            self.counts.users.add();
            return None;
        };
        if !user.access.is_from(from.ip()) {
            self.counts.sources.add();
            return None;
        }
        if !user.takes(message.level) {
            self.counts.levels.add();
            return None;
        }
        if !user.auth.signed(message) {
            self.counts.digests.add();
            return None;
        }
        Some(user)
    }

    fn opened(&self, message: &V3Message, user: &User) -> Option<Scoped> {
        let plain = match (message.level, &user.privacy) {
            (Level::Private, Some(key)) => key.decrypted(message),
            _ => Some(message.plain()),
        };
        let Some(plain) = plain else {
            self.counts.decryptions.add();
            return None;
        };
        message.opened(plain).map_err(|bad| self.count_bad(bad)).ok()
    }

    fn reply_v3(&self, turn: &Turn<'_>, user: &User, request: &Request) -> Option<Vec<u8>> {
        let visible = turn.shown.visible(&user.access)?;
        let size_max = ANSWER_BYTES_MAX.min(turn.message.size_max);
        let names = 2 * turn.engine.id.len() + user.name.len();
        let room = size_max.saturating_sub(FRAME_BYTES_MAX + names);
        let source = Source { tree: &turn.shown.tree, visible, room };
        let Some(body) = reply(source, request) else {
            self.counts.handlers.add();
            return None;
        };
        let answer = self.sealed(turn, Some(user), turn.message.level, &body)?;
        if answer.len() > size_max {
            self.counts.silent.add();
            return None;
        }
        Some(answer)
    }

    /// Says what is wrong with a message, by the counter of such messages; to somebody known, signed.
    fn report(&self, turn: &Turn<'_>, user: Option<&User>, counter: &[u32], count: u32) -> Option<Vec<u8>> {
        if !turn.message.reportable {
            return None;
        }
        let mut bindings = Vec::new();
        push_binding(&mut bindings, &Oid::from_slice(counter), Value::Counter32(count));
        let level = if user.is_some() { Level::Authentic } else { Level::Nothing };
        // What the message asks cannot be read before it is believed: its own number is 0 then.
        self.sealed(turn, user, level, &Body::report(0, bindings))
    }

    fn sealed(&self, turn: &Turn<'_>, user: Option<&User>, level: Level, body: &Body) -> Option<Vec<u8>> {
        let header = Header {
            id: turn.message.id,
            level,
            reportable: false,
            engine_id: &turn.engine.id,
            boots: turn.engine.boots,
            time: turn.engine.time(turn.now),
            user: user.map_or(&[], |user| user.name.as_bytes()),
            context: &[],
        };
        let signer = Signer {
            auth: user.map(|user| &user.auth),
            privacy: user.and_then(|user| user.privacy.as_ref()),
            salt: &self.salt,
        };
        v3_message(&header, signer, body)
    }
}
