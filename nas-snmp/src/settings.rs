//! Owns how the agent learns who is allowed: from its node, over and over.

use crate::agent::{Agent, Engine};
use crate::allowed::{Access, Allowed, Community, User};
use crate::boots::Boots;
use crate::tree::Subtrees;
use crate::wire::{AuthKey, AuthProtocol, BadKey, Oid, PrivKey, PrivProtocol};
use nasd_api::{
    Client, ClientError, ErrorCode, Nothing, Patience, ReadSnmpAgent, ReportSnmp, SnmpAgent,
    SnmpAgentCommunity, SnmpAgentUser, SnmpAgentView, SnmpSource,
};
use nasd_base::clock::Clock;
use nasd_base::snmp::{self, Privacy};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// So long after a change at most it is in force.
const EVERY: Duration = Duration::from_secs(2);
const PATIENCE: Patience = Patience { reads: Duration::from_secs(3), changes: Duration::from_secs(3) };

/// What the node said last, and the engine that goes with it.
pub struct Settings<C> {
    client: Client,
    boots: Boots,
    clock: C,
    known: Option<SnmpAgent>,
    engine: Option<Engine>,
    /// The last trouble that was told of.
    trouble: Option<String>,
    /// What the node was told last of the messages that came.
    reported: Option<ReportSnmp>,
}

impl<C: Clock> Settings<C> {
    pub fn new(client: &Client, boots: Boots, clock: C) -> Settings<C> {
        Settings {
            client: client.within(PATIENCE),
            boots,
            clock,
            known: None,
            engine: None,
            trouble: None,
            reported: None,
        }
    }

    /// Keeps the agent up to date, for ever.
    pub async fn follow(mut self, agent: Arc<Agent>) {
        loop {
            let trouble = self.renew(&agent).await.err();
            if trouble != self.trouble {
                trouble.iter().for_each(|trouble| tracing::warn!("{trouble}"));
                self.trouble = trouble;
            }
            self.report(agent.counts.report()).await;
            sleep(EVERY).await;
        }
    }

    /// What the node does not take it is told the next time: counts only grow.
    async fn report(&mut self, counts: ReportSnmp) {
        if self.reported != Some(counts) && self.client.call::<ReportSnmp>(Nothing, &counts).await.is_ok() {
            self.reported = Some(counts);
        }
    }

    /// Asks the node once. While it does not answer, who was allowed is.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn renew(&mut self, agent: &Agent) -> Result<(), String> {
        let said = match self.client.ask::<ReadSnmpAgent>(Nothing).await {
            Ok(said) => said,
            Err(ClientError::Refused(refused)) if refused.code == ErrorCode::NoCluster => {
                (self.known, self.engine) = (None, None);
                agent.allow(Allowed::default(), None);
                return Ok(());
            }
            Err(error) => return Err(format!("cannot learn who may ask: {error}")),
        };
        if self.known.as_ref() == Some(&said) {
            return Ok(());
        }
        let allowed = allowed(&said).ok_or("nasd says of a user or community what this agent cannot use")?;
        if self.engine.as_ref().is_none_or(|engine| engine.id != allowed.engine_id) {
            self.engine = Some(self.boots.begin(&allowed.engine_id, self.clock.now(), Instant::now())?);
        }
        agent.allow(allowed, self.engine.clone());
        self.known = Some(said);
        Ok(())
    }
}

fn allowed(said: &SnmpAgent) -> Option<Allowed> {
    Some(Allowed {
        engine_id: bytes(&said.engine_id)?,
        users: said.users.iter().map(user).collect::<Option<_>>()?,
        communities: said.communities.iter().map(community).collect::<Option<_>>()?,
        views: said.views.iter().map(|view| (view.name.clone(), subtrees(view))).collect(),
        contact: said.contact.clone(),
        location: said.location.clone(),
    })
}

fn user(user: &SnmpAgentUser) -> Option<User> {
    let privacy = match user.privacy {
        Privacy::None => None,
        Privacy::Aes => Some(PrivProtocol::Aes128),
        Privacy::Aes256 => Some(PrivProtocol::Aes256Blumenthal),
    };
    let key = bytes(user.privacy_key.reveal())?;
    let privacy = privacy.map(|protocol| PrivKey::localized(protocol, &key)).transpose();
    Some(User {
        name: user.name.clone(),
        auth: auth(user).ok()?,
        privacy: privacy.ok()?,
        access: access(&user.view, &user.sources),
    })
}

fn auth(user: &SnmpAgentUser) -> Result<AuthKey, BadKey> {
    let protocol = match user.auth {
        snmp::AuthProtocol::Sha1 => AuthProtocol::Sha1,
        snmp::AuthProtocol::Sha224 => AuthProtocol::Sha224,
        snmp::AuthProtocol::Sha256 => AuthProtocol::Sha256,
        snmp::AuthProtocol::Sha384 => AuthProtocol::Sha384,
        snmp::AuthProtocol::Sha512 => AuthProtocol::Sha512,
    };
    AuthKey::localized(protocol, &bytes(user.auth_key.reveal()).ok_or(BadKey)?)
}

fn community(community: &SnmpAgentCommunity) -> Option<Community> {
    Some(Community {
        digest: bytes(community.blake3.reveal())?.try_into().ok()?,
        access: access(&community.view, &community.sources),
    })
}

fn access(view: &str, sources: &[SnmpSource]) -> Access {
    Access { view: view.to_owned(), sources: sources.iter().map(|source| source.0).collect() }
}

fn subtrees(view: &SnmpAgentView) -> Subtrees {
    let oids = |oids: &[snmp::Oid]| oids.iter().map(|oid| Oid::from_slice(oid.arcs())).collect();
    Subtrees { included: oids(&view.included), excluded: oids(&view.excluded) }
}

/// Of hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    pairs.collect()
}
