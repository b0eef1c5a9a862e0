//! Owns the client of the management interface: what each call asks for, and as whom.

mod carrier;
mod console;
mod events;
mod session;
mod who;

use carrier::Carrier;
pub use carrier::Trust;
pub use events::EventReader;
pub use who::Who;

use crate::gate::{AUTOMATIC_HEADER, IDEMPOTENCY_HEADER, SESSION_COOKIE, STALE_HEADER};
use crate::operation::{At, Body as _, Nothing, Operation, Reply};
use crate::paging::{Items, Page};
use crate::routes::metrics::METRICS;
use crate::{ApiError, ErrorCode, LogIn, MetricsFormat, PREFIX, Secret, Whoami, refused};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{HeaderMap, Method, Request, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Largest reply that is read, in bytes: thousands of volumes.
const REPLY_BYTES_MAX: usize = 16 << 20;
/// Longest a call may take: a little more than the server allows itself, so that its answer gets through.
const CALL_TIMEOUT: Duration = Duration::from_secs(130);

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there.
    #[error("{words}")]
    Unreachable { words: String },
    /// Somebody listens there, with a certificate that is not believed.
    #[error("the certificate of {at} is not trusted: {reason}")]
    Untrusted {
        at: String,
        /// SHA-256 of what was shown, in hexadecimal.
        fingerprint: String,
        reason: String,
    },
    /// The server said no.
    #[error(transparent)]
    Refused(#[from] ApiError),
    /// The connection broke, or what came is not this interface.
    #[error("the answer from {at} cannot be used: {reason}")]
    Broken { at: String, reason: String },
    /// No connection or no answer within the limit; whether the request happened is not known.
    #[error("nasd at {at} is too busy or hangs: no answer in time")]
    TimedOut { at: String },
}

impl ClientError {
    /// As a refusal, with words in every language.
    pub fn refusal(&self) -> ApiError {
        match self {
            ClientError::Refused(error) => error.clone(),
            ClientError::Unreachable { words } => refused::unreachable(words),
            ClientError::Untrusted { at, fingerprint, reason } => refused::untrusted(at, fingerprint, reason),
            ClientError::Broken { at, reason } => refused::answer_unusable(at, reason),
            ClientError::TimedOut { at } => refused::node_silent(at),
        }
    }

    /// Nobody answered who could have: the same call may succeed later.
    pub fn is_silence(&self) -> bool {
        match self {
            ClientError::Refused(error) => {
                matches!(error.code, ErrorCode::Unavailable | ErrorCode::TimedOut)
            }
            ClientError::Unreachable { .. } | ClientError::Broken { .. } | ClientError::TimedOut { .. } => {
                true
            }
            ClientError::Untrusted { .. } => false,
        }
    }
}

/// Asks one node. Cheap to clone; every call has a connection of its own.
#[derive(Clone, Debug)]
pub struct Client {
    carrier: Arc<Carrier>,
    who: Who,
    automatic: bool,
    patience: Patience,
}

/// How long answers are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub reads: Duration,
    /// Changes wait for a majority.
    pub changes: Duration,
}

impl Patience {
    const LONGEST: Patience = Patience { reads: CALL_TIMEOUT, changes: CALL_TIMEOUT };
}

/// What a call came back with.
struct Answer {
    headers: HeaderMap,
    body: Bytes,
}

/// A reply, and whether the node knows of no majority: it may be old then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh<T> {
    pub value: T,
    pub stale: bool,
}

/// What a client gets as the answer of an operation.
pub type Answered<O> = <<O as Operation>::Reply as Reply>::Read;

impl Client {
    /// A client of the daemon whose socket this is, as root of its node.
    pub fn local(socket: &Path) -> Client {
        Client::reaching(Carrier::unix(socket), Who::Root)
    }

    /// A client of the daemon whose console's socket this is, as nobody.
    pub fn console(socket: &Path) -> Client {
        Client::local(socket)
    }

    /// As [`Client::local`], once it is seen that somebody listens there.
    ///
    /// # Errors
    /// `Unreachable` when nobody does.
    pub async fn connect(socket: &Path) -> Result<Client, ClientError> {
        let client = Client::local(socket);
        client.carrier.open().await?;
        Ok(client)
    }

    /// A client of the node at `authority` (`host` or `host:port`) through HTTPS, with an API token.
    ///
    /// # Errors
    /// `Unreachable`, with the reason, for an address or a trust that cannot be used.
    pub fn remote(authority: &str, trust: &Trust, token: Secret) -> Result<Client, ClientError> {
        Ok(Client::reaching(Carrier::https(authority, trust)?, Who::ApiToken(token)))
    }

    fn reaching(carrier: Carrier, who: Who) -> Client {
        Client { carrier: Arc::new(carrier), who, automatic: false, patience: Patience::LONGEST }
    }

    /// The same node, asked as somebody else. Only a local client can speak for others.
    pub fn acting(&self, who: Who) -> Client {
        Client { who, automatic: false, ..self.clone() }
    }

    /// The same, asked while nobody may be there: it does not keep a session from ending.
    pub fn automatically(&self) -> Client {
        Client { automatic: true, ..self.clone() }
    }

    /// The same, asked by somebody who waits no longer than this.
    pub fn within(&self, patience: Patience) -> Client {
        Client { patience, ..self.clone() }
    }

    /// Adds as whom it is asked.
    fn sign(&self, request: hyper::http::request::Builder) -> hyper::http::request::Builder {
        let request = self.who.sign(request);
        if self.automatic { request.header(AUTOMATIC_HEADER, "1") } else { request }
    }

    /// Begins a session; gives the secret that goes into the browser's cookie.
    pub async fn log_in(&self, request: &LogIn) -> Result<(Secret, Whoami), ClientError> {
        let answer = self.post("/login", request).await?;
        let cookies =
            answer.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut values = cookies.filter_map(|cookie| {
            let (name, value) = cookie.split(';').next()?.split_once('=')?;
            (name == SESSION_COOKIE).then_some(value)
        });
        let session = values.next().map(Secret::new).ok_or_else(|| self.broken("it began no session"))?;
        Ok((session, self.decode(&answer.body)?))
    }

    /// Asks for an operation that takes no body.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn ask<O: Operation<Body = Nothing>>(&self, at: O::At) -> Result<Answered<O>, ClientError> {
        self.carry::<O>(at, &Nothing, None).await.map(|fresh| fresh.value)
    }

    /// As [`Client::ask`], and says whether the answer may be old.
    pub async fn ask_fresh<O: Operation<Body = Nothing>>(
        &self,
        at: O::At,
    ) -> Result<Fresh<Answered<O>>, ClientError> {
        self.carry::<O>(at, &Nothing, None).await
    }

    /// Asks for an operation.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn call<O: Operation>(&self, at: O::At, body: &O::Body) -> Result<Answered<O>, ClientError> {
        self.carry::<O>(at, body, None).await.map(|fresh| fresh.value)
    }

    /// As [`Client::call`]; with an `etag`, only if what it changes still has that.
    pub async fn call_if<O: Operation>(
        &self,
        at: O::At,
        body: &O::Body,
        etag: Option<&str>,
    ) -> Result<Answered<O>, ClientError> {
        let quoted = etag.map(|etag| format!("\"{etag}\""));
        let header = quoted.as_deref().map(|etag| (header::IF_MATCH.as_str(), etag));
        self.carry::<O>(at, body, header).await.map(|fresh| fresh.value)
    }

    /// As [`Client::call`]; a repetition with the same key does not happen twice.
    pub async fn call_once<O: Operation>(
        &self,
        at: O::At,
        body: &O::Body,
        key: &str,
    ) -> Result<Answered<O>, ClientError> {
        self.carry::<O>(at, body, Some((IDEMPOTENCY_HEADER, key))).await.map(|fresh| fresh.value)
    }

    /// All that an operation lists.
    pub async fn all<O>(&self) -> Result<Vec<<Answered<O> as Items>::Item>, ClientError>
    where
        O: Operation<Body = Nothing, Reply: Reply<Read: Items>, At = Page<<Answered<O> as Items>::Item>>,
    {
        self.call::<O>(Page::default(), &Nothing).await.map(|all| all.list().items)
    }

    async fn carry<O: Operation>(
        &self,
        at: O::At,
        body: &O::Body,
        header: Option<(&str, &str)>,
    ) -> Result<Fresh<Answered<O>>, ClientError> {
        let body = body.to_json().map_err(|error| self.broken(error))?;
        let answer = self.exchange(O::SHAPE.method, &at.route(O::SHAPE.path), Some(body), header).await?;
        let value = O::Reply::read(&answer.body).map_err(|error| self.broken(error))?;
        Ok(Fresh { value, stale: answer.headers.contains_key(STALE_HEADER) })
    }

    /// What the node measures, in a text that Prometheus reads.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn metrics(&self, format: MetricsFormat) -> Result<String, ClientError> {
        let accept = Some((header::ACCEPT.as_str(), format.content_type()));
        let answer = self.exchange(Method::GET, METRICS, None, accept).await?;
        String::from_utf8(answer.body.into()).map_err(|error| self.broken(error))
    }

    async fn get<T: DeserializeOwned>(&self, route: &str) -> Result<Fresh<T>, ClientError> {
        let answer = self.exchange(Method::GET, route, None, None).await?;
        let stale = answer.headers.contains_key(STALE_HEADER);
        Ok(Fresh { value: self.decode(&answer.body)?, stale })
    }

    async fn post(&self, route: &str, body: &impl Serialize) -> Result<Answer, ClientError> {
        self.exchange(Method::POST, route, Some(self.encode(body)?), None).await
    }

    fn encode(&self, body: &impl Serialize) -> Result<Vec<u8>, ClientError> {
        serde_json::to_vec(body).map_err(|error| self.broken(error))
    }

    fn decode<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(body).map_err(|error| self.broken(error))
    }

    fn broken(&self, reason: impl ToString) -> ClientError {
        ClientError::Broken { at: self.carrier.to_string(), reason: reason.to_string() }
    }

    async fn exchange(
        &self,
        method: Method,
        route: &str,
        body: Option<Vec<u8>>,
        header: Option<(&str, &str)>,
    ) -> Result<Answer, ClientError> {
        let limit = if method.is_safe() { self.patience.reads } else { self.patience.changes };
        let call = self.exchange_untimed(method, route, body, header);
        match tokio::time::timeout(limit, call).await {
            Ok(answer) => answer,
            Err(_) => Err(ClientError::TimedOut { at: self.carrier.to_string() }),
        }
    }

    async fn exchange_untimed(
        &self,
        method: Method,
        route: &str,
        body: Option<Vec<u8>>,
        header: Option<(&str, &str)>,
    ) -> Result<Answer, ClientError> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{PREFIX}{route}"))
            .header(header::HOST, self.carrier.host())
            .header(header::CONTENT_TYPE, "application/json");
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let request = self.sign(request).body(Full::new(Bytes::from(body.unwrap_or_default())));
        let request = request.map_err(|error| self.broken(error))?;
        let io = self.carrier.open().await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(io).await.map_err(|error| self.broken(error))?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|error| self.broken(error))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, REPLY_BYTES_MAX).collect().await;
            let body = body.map_err(|error| self.broken(error))?.to_bytes();
            Ok::<_, ClientError>((parts, body))
        };
        // The connection is driven here, not in a task: nothing outlives the call.
        let mut exchange = std::pin::pin!(exchange);
        let (parts, body) = tokio::select! {
            answer = exchange.as_mut() => answer?,
            _ = connection => exchange.await?,
        };
        self.judge(parts.status, parts.headers, body)
    }

    fn judge(&self, status: StatusCode, headers: HeaderMap, body: Bytes) -> Result<Answer, ClientError> {
        if status.is_success() {
            return Ok(Answer { headers, body });
        }
        match serde_json::from_slice::<ApiError>(&body) {
            Ok(error) => Err(ClientError::Refused(error)),
            Err(_) => Err(self.broken(format!("HTTP {status} without a reason"))),
        }
    }
}
