//! Owns notifications of version 3.
//!
//! A trap is of the sender's engine. An inform is of the receiver's, which has to be asked for first, with its clock
//! (RFC 3414 4).

use super::{Line, Sender, Target, Undelivered};
use crate::agent::Engine;
use crate::allowed::User;
use crate::wire::{
    AuthKey, AuthProtocol, Body, Header, Incoming, Kind, Level, PrivKey, PrivProtocol, Signer, V3Message,
    v3_message,
};
use bytes::Bytes;
use nasd_api::Secret;
use std::fmt;
use tokio::time::Instant;

/// A user at the receiver.
#[derive(Clone)]
pub struct Credentials {
    pub user: String,
    pub auth: (AuthProtocol, Secret),
    /// Without it everybody on the way can read what is told.
    pub privacy: Option<(PrivProtocol, Secret)>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Keys for one engine.
struct Keys {
    auth: AuthKey,
    privacy: Option<PrivKey>,
}

impl Keys {
    fn level(&self) -> Level {
        if self.privacy.is_some() { Level::Private } else { Level::Authentic }
    }
}

impl Credentials {
    /// Milliseconds of work: not on a thread that others wait for.
    async fn keys(&self, engine: &[u8]) -> Result<Keys, Undelivered> {
        let (user, engine) = (self.clone(), engine.to_vec());
        let made = tokio::task::spawn_blocking(move || {
            let (auth, passphrase) = &user.auth;
            let privacy = user.privacy.as_ref().map(|(protocol, passphrase)| {
                PrivKey::of_passphrase(*protocol, *auth, passphrase.reveal(), &engine)
            });
            let auth = AuthKey::of_passphrase(*auth, passphrase.reveal(), &engine).ok()?;
            Some(Keys { auth, privacy: privacy.transpose().ok()? })
        });
        made.await.ok().flatten().ok_or(Undelivered::Credentials)
    }
}

/// The receiver's engine.
#[derive(Clone)]
struct Receiver {
    id: Vec<u8>,
    boots: u32,
    time: u32,
    heard: Instant,
}

impl Receiver {
    fn of(message: &V3Message) -> Receiver {
        Receiver {
            id: message.engine_id.to_vec(),
            boots: message.boots,
            time: message.time,
            heard: Instant::now(),
        }
    }
}

/// What came back of an inform.
enum Answer {
    Has,
    Refuses,
    /// Its clock is another one.
    OfAnotherTime(Receiver),
    /// It says that something is wrong with the user, unsigned.
    Unknown,
}

impl Sender {
    pub(super) async fn trap_user(
        &self,
        line: &Line,
        user: &Credentials,
        engine: Option<&Engine>,
        bindings: Vec<u8>,
    ) -> Result<(), Undelivered> {
        let engine = engine.ok_or(Undelivered::NoEngine)?;
        let keys = user.keys(&engine.id).await?;
        self.trap(line, &user.user, &keys, engine, bindings).await
    }

    pub(super) async fn trap_known(
        &self,
        line: &Line,
        user: &User,
        engine: Option<&Engine>,
        bindings: Vec<u8>,
    ) -> Result<(), Undelivered> {
        let engine = engine.ok_or(Undelivered::NoEngine)?;
        let keys = Keys { auth: user.auth.clone(), privacy: user.privacy.clone() };
        self.trap(line, &user.name, &keys, engine, bindings).await
    }

    async fn trap(
        &self,
        line: &Line,
        user: &str,
        keys: &Keys,
        engine: &Engine,
        bindings: Vec<u8>,
    ) -> Result<(), Undelivered> {
        let clock = (engine.boots, engine.time(Instant::now()));
        let message = self.signed(user, keys, &engine.id, clock, &Body::trap(self.number(), bindings));
        line.send(&message.ok_or(Undelivered::Credentials)?).await
    }

    pub(super) async fn inform_user(
        &self,
        line: &Line,
        target: &Target,
        user: &Credentials,
        bindings: Vec<u8>,
    ) -> Result<(), Undelivered> {
        let mut tries = 0..target.tries;
        let mut receiver = self.receiver(line, target, &mut tries).await?;
        let keys = user.keys(&receiver.id).await?;
        let id = self.number();
        let body = Body::inform(id, bindings);
        let mut told = false;
        for _ in tries {
            let clock = (receiver.boots, receiver.time + receiver.heard.elapsed().as_secs() as u32);
            let message = self.signed(&user.user, &keys, &receiver.id, clock, &body);
            let message = message.ok_or(Undelivered::Credentials)?;
            let answer = line
                .ask(&message, target.patience, |datagram| keys.answer_to(id, &receiver.id, datagram))
                .await?;
            match answer {
                Some(Answer::Has) => return Ok(()),
                Some(Answer::Refuses) => return Err(Undelivered::Refused(line.address)),
                Some(Answer::OfAnotherTime(fresh)) => receiver = fresh,
                Some(Answer::Unknown) => told = true,
                None => {}
            }
        }
        Err(if told { Undelivered::Credentials } else { Undelivered::Silent(line.address) })
    }

    /// Asks which engine the receiver is.
    async fn receiver(
        &self,
        line: &Line,
        target: &Target,
        tries: &mut std::ops::Range<u32>,
    ) -> Result<Receiver, Undelivered> {
        for _ in tries {
            let header = Header {
                id: self.number(),
                level: Level::Nothing,
                reportable: true,
                engine_id: &[],
                boots: 0,
                time: 0,
                user: &[],
                context: &[],
            };
            let signer = Signer { auth: None, privacy: None, salt: &self.salt };
            let message = v3_message(&header, signer, &Body::get(self.number(), Vec::new()));
            let message = message.ok_or(Undelivered::Credentials)?;
            let said = line.ask(&message, target.patience, |datagram| match Incoming::read(datagram) {
                Ok(Incoming::V3(message)) if message.id == header.id && !message.engine_id.is_empty() => {
                    Some(Receiver::of(&message))
                }
                _ => None,
            });
            if let Some(receiver) = said.await? {
                return Ok(receiver);
            }
        }
        Err(Undelivered::Silent(line.address))
    }

    fn signed(
        &self,
        user: &str,
        keys: &Keys,
        engine_id: &[u8],
        (boots, time): (u32, u32),
        body: &Body,
    ) -> Option<Vec<u8>> {
        let header = Header {
            id: self.number(),
            level: keys.level(),
            reportable: body.is_answered(),
            engine_id,
            boots,
            time,
            user: user.as_bytes(),
            context: &[],
        };
        let signer = Signer { auth: Some(&keys.auth), privacy: keys.privacy.as_ref(), salt: &self.salt };
        v3_message(&header, signer, body)
    }
}

impl Keys {
    /// What a datagram says to the inform with this number.
    fn answer_to(&self, id: i32, engine: &[u8], datagram: Bytes) -> Option<Answer> {
        let Ok(Incoming::V3(message)) = Incoming::read(datagram) else { return None };
        if message.engine_id != engine {
            return None;
        }
        if message.level == Level::Nothing {
            let said = message.opened(message.plain()).ok()?;
            return (said.request.kind == Kind::Report).then_some(Answer::Unknown);
        }
        if !self.auth.signed(&message) {
            return None;
        }
        let plain = match (message.level, &self.privacy) {
            (Level::Private, Some(key)) => key.decrypted(&message)?,
            _ => message.plain(),
        };
        match message.opened(plain).ok()?.request {
            said if matches!(said.kind, Kind::Report) => Some(Answer::OfAnotherTime(Receiver::of(&message))),
            said if said.id != id => None,
            said => match said.kind {
                Kind::Response { is_good: true } => Some(Answer::Has),
                Kind::Response { is_good: false } => Some(Answer::Refuses),
                _ => None,
            },
        }
    }
}
