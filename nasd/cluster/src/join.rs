//! How a machine becomes a member: a one-time token, one request over TLS, a certificate.
//!
//! ```text
//!  member: create_token ─▶ CreateToken       operator carries the token
//!  machine: join ── JoinRequest ─▶ member: JoinDesk ─▶ RedeemToken (leader) ─▶ node id
//!           files ◀── JoinGrant ── certificate, authority, secrets, members
//! ```
//!
//! The machine saves its key before it asks. If the answer is lost, it asks again with the same key and gets
//! the same node id and a new certificate.

use crate::authority::{
    Authority, AuthorityError, CurrentAuthority, certificate_of, check_public_key, fingerprint,
    key_fingerprint,
};
use crate::identity::{Identity, IdentityError, load_or_create_key};
use crate::secrets::{ClusterSecrets, Secret};
use crate::system::{
    By, KeyFingerprint, NodeInfo, NodeState, System, SystemCommand, SystemError, SystemReply, SystemView,
    TokenCommand, TokenHash, decode_all, token_id,
};
use crate::tls::connect_to_join;
use crate::token::{JoinToken, secret_hash};
use crate::transport::frame::{Frame, Kind, Limits};
use crate::transport::stream::{FrameReader, StreamError, write_frame};
use crate::transport::{Refusal, Service};
use bytes::Bytes;
use nasd_base::door::{Door, DoorLimits};
use nasd_base::net::Stream;
use nasd_base::{Clock, Entropy, NodeId};
use nasd_files::Folder;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long a token is valid unless the operator says otherwise.
pub const TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// A token made a moment ago on the leader may not have reached this member.
const TOKEN_WAIT_MAX: Duration = Duration::from_secs(2);
/// The member answers after at most a minute.
const ANSWER_MAX: Duration = Duration::from_secs(70);
/// Attempts of a machine whose connection is lost.
const ATTEMPTS: u32 = 3;
const RETRY: Duration = Duration::from_secs(1);

/// The header of a [`Service::Join`] request. Append fields, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct JoinRequest {
    secret: Secret,
    /// SubjectPublicKeyInfo in DER.
    public_key: Vec<u8>,
    name: String,
    /// Where the other nodes will find this one.
    address: String,
}

/// The header of its reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct JoinGrant {
    node: NodeId,
    certificate_pem: String,
    authority_pem: String,
    /// [`ClusterSecrets::encode`].
    secrets: Secret,
    members: Vec<(NodeId, String)>,
    /// What they are known by.
    member_keys: Vec<(NodeId, KeyFingerprint)>,
}

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
        let token = secret_hash(&request.secret);
        self.await_token(&token).await?;
        let node = self.register(token, &request).await.map_err(|error| Refusal(error.to_string()))?;
        let grant = self.grant(&node, &request.public_key).map_err(|error| Refusal(error.to_string()))?;
        tracing::info!(node = %node.id, name = node.name, address = node.address, "a node joins the cluster");
        Ok((postcard::to_stdvec(&grant).expect("grants always encode").into(), Bytes::new()))
    }

    /// Strangers' guesses are refused here, before they could fill the system group's log.
    async fn await_token(&self, token: &TokenHash) -> Result<(), Refusal> {
        let id = token_id(token);
        let known = |view: &Arc<SystemView>| view.tokens.iter().any(|token| token.id == id);
        if known(&self.system.view()) {
            return Ok(());
        }
        let unknown = || Refusal(SystemError::TokenUnknown.to_string());
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
        let members =
            view.nodes.iter().filter(|other| other.id != node.id && other.state != NodeState::Removed);
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

/// What a machine is after it joined.
#[derive(Debug)]
pub struct Joined {
    /// Not saved yet: what else the machine must know when it starts as a member comes first.
    pub identity: Identity,
    /// The other nodes and where they are.
    pub members: Vec<(NodeId, String)>,
    /// The members' keys, which no handshake goes without.
    pub member_keys: Vec<(NodeId, KeyFingerprint)>,
}

/// Why a machine could not join.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    #[error("this machine is node {0} of a cluster already")]
    AlreadyMember(NodeId),
    #[error("no member of the cluster answered at {address}: {reason}")]
    Unreachable { address: String, reason: String },
    /// The cluster's own words.
    #[error("the cluster refused: {0}")]
    Refused(String),
    #[error("the cluster's answer does not fit this machine: {0}")]
    BadGrant(String),
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// Joins a cluster: asks the member that the token names. The machine is a node once the caller has saved the identity
/// in `directory`. `address` is where the other nodes will find this one (`host:port`). May be repeated after any error
/// but `AlreadyMember`.
pub async fn join(
    directory: &Folder,
    token: &JoinToken,
    name: &str,
    address: &str,
    clock: Arc<dyn Clock>,
) -> Result<Joined, JoinError> {
    if let Some(identity) = Identity::load(directory.path())? {
        return Err(JoinError::AlreadyMember(identity.node));
    }
    let key = load_or_create_key(directory)?;
    let request = JoinRequest {
        secret: token.secret.clone(),
        public_key: key.public_key(),
        name: name.to_owned(),
        address: address.to_owned(),
    };
    let grant = ask(token, &request, clock).await?;
    let bad = |why: String| JoinError::BadGrant(why);
    let authority = certificate_of(&grant.authority_pem).map_err(|error| bad(error.to_string()))?;
    if fingerprint(&authority) != token.authority {
        return Err(bad("its authority is not the one in the token".to_owned()));
    }
    let secrets = ClusterSecrets::decode(grant.secrets.expose())
        .ok_or_else(|| bad("its secrets are damaged".into()))?;
    let authority =
        Authority::from_parts(grant.authority_pem, secrets).map_err(|error| bad(error.to_string()))?;
    let identity = Identity::new(Arc::new(authority), grant.certificate_pem, key)
        .map_err(|error| bad(error.to_string()))?;
    if identity.node != grant.node {
        return Err(bad("its certificate names another node".to_owned()));
    }
    Ok(Joined { identity, members: grant.members, member_keys: grant.member_keys })
}

async fn ask(
    token: &JoinToken,
    request: &JoinRequest,
    clock: Arc<dyn Clock>,
) -> Result<JoinGrant, JoinError> {
    let mut attempt = 1;
    loop {
        let reason = match ask_once(token, request, clock.clone()).await {
            Ok(answer) => return answer.map_err(JoinError::Refused),
            Err(error) => error.to_string(),
        };
        if attempt == ATTEMPTS {
            return Err(JoinError::Unreachable { address: token.address.clone(), reason });
        }
        attempt += 1;
        sleep(RETRY).await;
    }
}

type JoinAnswer = Result<JoinGrant, String>;

async fn ask_once(
    token: &JoinToken,
    request: &JoinRequest,
    clock: Arc<dyn Clock>,
) -> Result<JoinAnswer, StreamError> {
    let stream = connect_to_join(&token.address, token.authority, clock).await?;
    timeout(ANSWER_MAX, exchange(stream, request)).await.map_err(|_| StreamError::Silent(ANSWER_MAX))?
}

/// One request and its answer over a stream to a member.
async fn exchange(mut stream: Box<dyn Stream>, request: &JoinRequest) -> Result<JoinAnswer, StreamError> {
    let header = postcard::to_stdvec(request).expect("requests always encode").into();
    let frame =
        Frame { kind: Kind::Request, service: Service::Join as u8, call: 1, header, body: Bytes::new() };
    write_frame(&mut stream, &frame).await?;
    let mut reader = FrameReader::patient(&mut stream, Limits::MEMBER, ANSWER_MAX);
    let prefix = reader.prefix().await?;
    let (header, _) = reader.payload(&prefix).await?;
    match prefix.kind {
        Kind::Reply => decode_all(&header).map(Ok).ok_or(StreamError::Unexpected("reply of another version")),
        Kind::Refusal => Ok(Err(String::from_utf8_lossy(&header).into_owned())),
        Kind::Request | Kind::Beat => Err(StreamError::Unexpected("frame that is no answer")),
    }
}

#[cfg(test)]
mod tests;
