//! A member's side of joining: it makes tokens, and lets machines in that bring one.

use super::{TokenCommand, TokenError, TokenHash};
use crate::by::By;
use crate::nouns::node::NodeInfo;
use crate::nouns::{SystemCommand, SystemError, SystemReply, SystemView};
use crate::service::System;
use bytes::Bytes;
use nasd_base::door::{Door, DoorLimits};
use nasd_base::{Clock, Entropy};
use nasd_cluster::authority::{Authority, AuthorityError, check_public_key, key_fingerprint};
use nasd_cluster::join::{JoinGrant, JoinRequest};
use nasd_cluster::transport::Refusal;
use nasd_cluster::{CurrentAuthority, JoinToken, decode_all};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long a token is valid unless the operator says otherwise.
pub const TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// A token made a moment ago on the leader may not have reached this member.
const TOKEN_WAIT_MAX: Duration = Duration::from_secs(2);

/// Makes a token that lets one node join through the member at `address` (`host:port`).
///
/// # Errors
/// As [`System::propose`].
pub async fn create_token(
    system: &System,
    by: &By,
    authority: &Authority,
    address: String,
    lifetime: Duration,
    entropy: &dyn Entropy,
) -> Result<JoinToken, SystemError> {
    let token = JoinToken::create(authority.fingerprint(), address, entropy);
    let valid_seconds = u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX);
    system
        .propose(by, SystemCommand::Token(TokenCommand::Create { token: token.hash(), valid_seconds }))
        .await?;
    Ok(token)
}

/// Requests with a token that is not known here yet, which wait for it. The next makes the one leave that waited longest.
const WAITING: DoorLimits =
    DoorLimits { strangers_max: 8, strangers_per_host_max: 8, known_max: 0, known_per_host_max: 0 };

/// A member's side of joining.
pub struct JoinDesk {
    system: System,
    authority: Arc<CurrentAuthority>,
    clock: Arc<dyn Clock>,
    waiting: Door,
}

impl JoinDesk {
    pub fn new(system: System, authority: Arc<CurrentAuthority>, clock: Arc<dyn Clock>) -> JoinDesk {
        JoinDesk { system, authority, clock, waiting: Door::new("join token", WAITING) }
    }

    /// The receiving end of [`Service::Join`]: header in, header out.
    pub async fn serve_join(&self, header: Bytes) -> Result<(Bytes, Bytes), Refusal> {
        let request: JoinRequest = decode_all(&header).ok_or_else(|| {
            Refusal(
                "the request to join could not be read; do both machines run the same version?".to_owned(),
            )
        })?;
        check_public_key(&request.public_key).map_err(|error| Refusal(error.to_string()))?;
        let token = request.token();
        self.await_token(&token).await?;
        let node = self.register(token, &request).await.map_err(|error| Refusal(error.to_string()))?;
        let grant = self.grant(&node, &request.public_key).map_err(|error| Refusal(error.to_string()))?;
        tracing::info!(node = %node.id, name = node.name, address = node.address, "a node joins the cluster");
        Ok((postcard::to_stdvec(&grant).expect("grants always encode").into(), Bytes::new()))
    }

    /// Strangers' guesses are refused here, before they could fill the system group's log.
    async fn await_token(&self, token: &TokenHash) -> Result<(), Refusal> {
        let known = |view: &Arc<SystemView>| view.tokens.contains_key(token);
        if known(&self.system.view()) {
            return Ok(());
        }
        let unknown = || Refusal(TokenError::TokenUnknown.to_string());
        let place = self.waiting.enter(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).ok_or_else(unknown)?;
        let mut views = self.system.watch();
        tokio::select! {
            biased;
            () = place.displaced() => Err(unknown()),
            heard = timeout(TOKEN_WAIT_MAX, views.wait_for(known)) => match heard {
                Ok(Ok(_)) => Ok(()),
                _ => Err(unknown()),
            },
        }
    }

    async fn register(&self, token: TokenHash, request: &JoinRequest) -> Result<NodeInfo, SystemError> {
        let key = key_fingerprint(&request.public_key);
        let (name, address) = (request.name.clone(), request.address.clone());
        match self
            .system
            .propose(&By::NODE, SystemCommand::Token(TokenCommand::Redeem { token, name, address, key }))
            .await?
        {
            SystemReply::Registered(node) => Ok(node),
            _ => Err(SystemError::BadCommand),
        }
    }

    fn grant(&self, node: &NodeInfo, public_key: &[u8]) -> Result<JoinGrant, AuthorityError> {
        let (view, authority) = (self.system.view(), self.authority.get());
        let members = view.members().filter(|other| other.id != node.id);
        Ok(JoinGrant {
            node: node.id,
            certificate_pem: authority.issue(node.id, public_key, self.clock.now())?,
            authority_pem: authority.certificate_pem().to_owned(),
            secrets: authority.secrets().encode(),
            members: members.map(|member| (member.id, member.address.clone())).collect(),
            member_keys: view.member_keys(),
        })
    }
}
