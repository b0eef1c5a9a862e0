//! Owns the client of the management interface over a unix socket.

use crate::{
    ApiError, AuditRecord, AuditVerdict, ClusterCreate, ClusterJoin, ClusterStatus, Counters, CreateExport,
    CreateToken, CreateUser, CreateVolume, Export, Limits, List, MountInfo, MountRequest, NodeInfo, PREFIX,
    SetupToken, Token, User, VolumeInfo,
};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixStream;

/// Largest reply that is read, in bytes: thousands of volumes.
const REPLY_BYTES_MAX: usize = 16 << 20;
/// Longest a call may take: a little more than the server allows itself, so that its answer gets through.
const CALL_TIMEOUT: Duration = Duration::from_secs(130);

/// How often and how far apart a busy server is asked for a connection: for 10 s.
const CONNECT_TRIES: u32 = 500;
const CONNECT_PAUSE: Duration = Duration::from_millis(20);

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there.
    #[error("nasd is not running, or not with this --dir: no answer at {path} ({source})")]
    Unreachable { path: PathBuf, source: io::Error },
    /// The server said no.
    #[error(transparent)]
    Refused(#[from] ApiError),
    /// The connection broke, or what came is not this interface.
    #[error("the answer from {path} cannot be used: {reason}")]
    Broken { path: PathBuf, reason: String },
    /// No connection or no answer within the limit; whether the request happened is not known.
    #[error("nasd at {path} is too busy or hangs: no answer in time")]
    TimedOut { path: PathBuf },
}

/// Asks one node. Cheap to clone; every call has a connection of its own.
#[derive(Clone, Debug)]
pub struct Client {
    socket: PathBuf,
}

impl Client {
    /// A client of the daemon at `socket`.
    ///
    /// # Errors
    /// `Unreachable` when nobody listens there.
    pub async fn connect(socket: &Path) -> Result<Client, ClientError> {
        let client = Client { socket: socket.to_owned() };
        client.stream().await?;
        Ok(client)
    }

    pub async fn cluster_status(&self) -> Result<ClusterStatus, ClientError> {
        self.get("/cluster").await
    }

    pub async fn create_cluster(&self, request: &ClusterCreate) -> Result<ClusterStatus, ClientError> {
        self.post("/cluster", request).await
    }

    pub async fn join_cluster(&self, request: &ClusterJoin) -> Result<ClusterStatus, ClientError> {
        self.post("/cluster/join", request).await
    }

    pub async fn create_token(&self, request: &CreateToken) -> Result<Token, ClientError> {
        self.post("/tokens", request).await
    }

    pub async fn create_setup_token(&self) -> Result<SetupToken, ClientError> {
        self.post("/setup-tokens", &()).await
    }

    pub async fn users(&self) -> Result<Vec<User>, ClientError> {
        self.list("/users").await
    }

    pub async fn create_user(&self, request: &CreateUser) -> Result<User, ClientError> {
        self.post("/users", request).await
    }

    pub async fn delete_user(&self, name: &str) -> Result<(), ClientError> {
        self.delete(&format!("/users/{}", percent_encoded(name.as_bytes()))).await
    }

    pub async fn audit(&self) -> Result<Vec<AuditRecord>, ClientError> {
        self.list("/audit").await
    }

    pub async fn verify_audit(&self) -> Result<AuditVerdict, ClientError> {
        self.get("/audit/verification").await
    }

    pub async fn nodes(&self) -> Result<Vec<NodeInfo>, ClientError> {
        self.list("/nodes").await
    }

    pub async fn volumes(&self) -> Result<Vec<VolumeInfo>, ClientError> {
        self.list("/volumes").await
    }

    pub async fn create_volume(&self, request: &CreateVolume) -> Result<VolumeInfo, ClientError> {
        self.post("/volumes", request).await
    }

    pub async fn set_limits(&self, name: &str, limits: &Limits) -> Result<VolumeInfo, ClientError> {
        let route = format!("/volumes/{}/limits", percent_encoded(name.as_bytes()));
        let body = serde_json::to_vec(limits).map_err(|error| self.broken(error))?;
        self.decode(&self.exchange(Method::PUT, &route, Some(body)).await?)
    }

    pub async fn delete_volume(&self, name: &str) -> Result<(), ClientError> {
        self.delete(&format!("/volumes/{}", percent_encoded(name.as_bytes()))).await
    }

    pub async fn exports(&self) -> Result<Vec<Export>, ClientError> {
        self.list("/exports").await
    }

    pub async fn create_export(&self, request: &CreateExport) -> Result<Export, ClientError> {
        self.post("/exports", request).await
    }

    pub async fn delete_export(&self, path: &str) -> Result<(), ClientError> {
        self.delete(&format!("/exports?path={}", percent_encoded(path.as_bytes()))).await
    }

    pub async fn mounts(&self) -> Result<Vec<MountInfo>, ClientError> {
        self.list("/mounts").await
    }

    pub async fn mount(&self, request: &MountRequest) -> Result<MountInfo, ClientError> {
        self.post("/mounts", request).await
    }

    /// `at` is a path in UTF-8, as the interface has it.
    pub async fn unmount(&self, at: &str) -> Result<(), ClientError> {
        self.delete(&format!("/mounts?at={}", percent_encoded(at.as_bytes()))).await
    }

    pub async fn counters(&self) -> Result<Counters, ClientError> {
        self.get("/counters").await
    }

    async fn get<T: DeserializeOwned>(&self, route: &str) -> Result<T, ClientError> {
        self.decode(&self.exchange(Method::GET, route, None).await?)
    }

    async fn list<T: DeserializeOwned>(&self, route: &str) -> Result<Vec<T>, ClientError> {
        self.get::<List<T>>(route).await.map(|list| list.items)
    }

    async fn post<T: DeserializeOwned>(&self, route: &str, body: &impl Serialize) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(|error| self.broken(error))?;
        self.decode(&self.exchange(Method::POST, route, Some(body)).await?)
    }

    async fn delete(&self, route: &str) -> Result<(), ClientError> {
        self.exchange(Method::DELETE, route, None).await.map(|_| ())
    }

    fn decode<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(body).map_err(|error| self.broken(error))
    }

    fn broken(&self, reason: impl ToString) -> ClientError {
        ClientError::Broken { path: self.socket.clone(), reason: reason.to_string() }
    }

    async fn stream(&self) -> Result<UnixStream, ClientError> {
        let unreachable = |source| ClientError::Unreachable { path: self.socket.clone(), source };
        for _ in 0..CONNECT_TRIES {
            match UnixStream::connect(&self.socket).await {
                // The backlog is full: somebody is there, and busy.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    tokio::time::sleep(CONNECT_PAUSE).await
                }
                connected => return connected.map_err(unreachable),
            }
        }
        Err(ClientError::TimedOut { path: self.socket.clone() })
    }

    async fn exchange(
        &self,
        method: Method,
        route: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Bytes, ClientError> {
        let call = self.exchange_untimed(method, route, body);
        match tokio::time::timeout(CALL_TIMEOUT, call).await {
            Ok(answer) => answer,
            Err(_) => Err(ClientError::TimedOut { path: self.socket.clone() }),
        }
    }

    async fn exchange_untimed(
        &self,
        method: Method,
        route: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Bytes, ClientError> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{PREFIX}{route}"))
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .map_err(|error| self.broken(error))?;
        let io = TokioIo::new(self.stream().await?);
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(io).await.map_err(|error| self.broken(error))?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|error| self.broken(error))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), REPLY_BYTES_MAX).collect().await;
            let body = body.map_err(|error| self.broken(error))?.to_bytes();
            Ok::<_, ClientError>((status, body))
        };
        // The connection is driven here, not in a task: nothing outlives the call.
        let mut exchange = std::pin::pin!(exchange);
        let (status, body) = tokio::select! {
            answer = exchange.as_mut() => answer?,
            _ = connection => exchange.await?,
        };
        self.judge(status, body)
    }

    fn judge(&self, status: StatusCode, body: Bytes) -> Result<Bytes, ClientError> {
        if status.is_success() {
            return Ok(body);
        }
        match serde_json::from_slice::<ApiError>(&body) {
            Ok(error) => Err(ClientError::Refused(error)),
            Err(_) => Err(self.broken(format!("HTTP {status} without a reason"))),
        }
    }
}

/// Escapes all but the characters that mean themselves everywhere in a URL (RFC 3986 §2.3).
fn percent_encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
