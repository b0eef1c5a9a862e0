//! A small NFSv3 and MOUNT client over any byte stream, for the test harness and the simulation.
//!
//! [`Client::over`] fails its calls when the stream ends (a soft mount). [`Client::hard`] connects again and
//! repeats what was not answered, with the same xids, for as long as it takes: what a kernel's hard mount
//! does, so that a test sees what a user would see. Calls may overlap; clones share the connection.

mod link;
mod mount;
mod procedures;

pub use link::Connector;

use bytes::Bytes;
use link::{Handle, ServerLink};
use nasd_base::Entropy;
use nasd_nfs::mount::types::MountStatus;
use nasd_nfs::rpc::{RpcCredential, RpcError};
use nasd_nfs::v3::types::Status;
use nasd_nfs::v3::{self, Answer, Procedure, decode_answer};
use nasd_nfs::xdr::{Encoder, Malformed, Xdr};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    #[error("the connection ended before the reply came")]
    Disconnected,
    #[error("the server refused the call: {0}")]
    Rpc(#[from] RpcError),
    #[error("the reply makes no sense: {0}")]
    Malformed(#[from] Malformed),
    #[error("mount refused: {0}")]
    Mount(#[from] MountStatus),
    #[error("NFS status {0}")]
    Nfs(#[from] Status),
}

impl ClientError {
    /// The NFS status, when that is the reason.
    pub fn status(&self) -> Option<Status> {
        match self {
            ClientError::Nfs(status) => Some(*status),
            _ => None,
        }
    }
}

/// What the client's methods return.
pub type ClientResult<T> = Result<T, ClientError>;

/// A connected client with one user's credential.
#[derive(Clone)]
pub struct Client {
    handle: Arc<Handle>,
    credential: RpcCredential,
}

impl Client {
    /// Speaks over one stream; when it ends, calls fail with [`ClientError::Disconnected`].
    ///
    /// `entropy` picks the first xid. Two clients of one address that start with the same one would be taken
    /// for one client that repeats itself.
    pub fn over<S>(stream: S, credential: RpcCredential, entropy: &dyn Entropy) -> Client
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let link = Arc::new(ServerLink::new(entropy.next_u64() as u32, None));
        let task = tokio::spawn(Arc::clone(&link).run_once(stream));
        Client { handle: Arc::new(Handle::new(link, task)), credential }
    }

    /// Connects by TCP; otherwise as [`Client::over`].
    pub async fn connect(
        address: SocketAddr,
        credential: RpcCredential,
        entropy: &dyn Entropy,
    ) -> io::Result<Client> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Client::over(stream, credential, entropy))
    }

    /// Connects through `connector` now and whenever the connection ends, and repeats unanswered calls. A
    /// call without reply for `patience` makes it give the connection up and connect again.
    pub fn hard(
        connector: impl Connector,
        credential: RpcCredential,
        patience: Duration,
        entropy: &dyn Entropy,
    ) -> Client {
        let link = Arc::new(ServerLink::new(entropy.next_u64() as u32, Some(patience)));
        let task = tokio::spawn(Arc::clone(&link).run_always(connector));
        Client { handle: Arc::new(Handle::new(link, task)), credential }
    }

    /// The same connection as another user.
    pub fn with_credential(&self, credential: RpcCredential) -> Client {
        Client { handle: Arc::clone(&self.handle), credential }
    }

    /// Makes one RPC and returns its undecoded results.
    pub async fn rpc(
        &self,
        program: u32,
        version: u32,
        procedure: u32,
        args: Encoder,
    ) -> ClientResult<Bytes> {
        self.handle.link().call((program, version, procedure), &self.credential, args).await
    }

    /// Calls an NFS procedure. The inner result is the server's answer with its attributes.
    pub async fn call<P: Procedure>(&self, args: P::Args) -> ClientResult<Answer<P>> {
        let mut encoded = Encoder::new();
        args.encode(&mut encoded);
        let results = self.rpc(v3::PROGRAM, v3::VERSION, P::NUMBER, encoded).await?;
        Ok(decode_answer::<P>(results)?)
    }

    /// As [`Client::call`], without the attributes of failures.
    pub(crate) async fn done<P: Procedure>(&self, args: P::Args) -> ClientResult<P::Done> {
        self.call::<P>(args).await?.map_err(|failure| failure.status.into())
    }
}
