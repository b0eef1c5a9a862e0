//! How a machine becomes a member: a one-time token, one request over TLS, a certificate.
//!
//! ```text
//!  member: nasd_system::create_token ─▶ CreateToken       operator carries the token
//!  machine: join ── JoinRequest ─▶ member: nasd_system::JoinDesk ─▶ leader ─▶ node id
//!           files ◀── JoinGrant ── certificate, authority, secrets, members
//! ```
//!
//! The machine saves its key before it asks. If the answer is lost, it asks again with the same key and gets
//! the same node id and a new certificate.

use crate::authority::{Authority, KeyFingerprint, certificate_of, fingerprint};
use crate::identity::{Identity, IdentityError, load_or_create_key};
use crate::secrets::{ClusterSecrets, Secret};
use crate::tls::connect_to_join;
use crate::token::{JoinToken, TokenHash, secret_hash};
use crate::transport::Service;
use crate::transport::frame::{Frame, Kind, Limits};
use crate::transport::stream::{FrameReader, StreamError, write_frame};
use crate::wire::decode_all;
use bytes::Bytes;
use nasd_base::net::Stream;
use nasd_base::{Clock, NodeId};
use nasd_files::Folder;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The member answers after at most a minute.
const ANSWER_MAX: Duration = Duration::from_secs(70);
/// Attempts of a machine whose connection is lost.
const ATTEMPTS: u32 = 3;
const RETRY: Duration = Duration::from_secs(1);

/// The header of a [`Service::Join`] request. Append fields, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRequest {
    pub secret: Secret,
    /// SubjectPublicKeyInfo in DER.
    pub public_key: Vec<u8>,
    pub name: String,
    /// Where the other nodes will find this one.
    pub address: String,
}

impl JoinRequest {
    /// What the state knows of the token that the machine has.
    pub fn token(&self) -> TokenHash {
        secret_hash(&self.secret)
    }
}

/// The header of its reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinGrant {
    pub node: NodeId,
    pub certificate_pem: String,
    pub authority_pem: String,
    /// [`ClusterSecrets::encode`].
    pub secrets: Secret,
    pub members: Vec<(NodeId, String)>,
    /// What they are known by.
    pub member_keys: Vec<(NodeId, KeyFingerprint)>,
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
