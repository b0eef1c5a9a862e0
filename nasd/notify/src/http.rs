//! Owns one POST to somebody else's server: no redirects, a bounded answer.

use crate::roots::{Roots, distrust};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

const NO_ANSWER: &str = "no answer";
/// Of an answer, read for what it says about a failure.
const ANSWER_BYTES_MAX: usize = 16 << 10;
const QUOTED_CHARS_MAX: usize = 120;
/// It is waited for so long: that it failed is known by then.
const REASON_MAX: Duration = Duration::from_secs(3);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why something was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Nobody answered, or nobody who is believed.
    #[error("{0}")]
    Silent(String),
    #[error("the server answered {status}: {said}")]
    Refused { status: u16, said: String },
    /// It cannot be sent.
    #[error("{0}")]
    Hopeless(String),
}

/// Sends JSON.
///
/// # Errors
/// Any answer but a 2xx, and none.
pub async fn post(url: &str, headers: &[(&str, String)], body: String, roots: &Roots) -> Result<(), Problem> {
    let hopeless = |why: &str| Problem::Hopeless(why.to_owned());
    let uri: Uri = url.parse().map_err(|_| hopeless("its address cannot be read"))?;
    let host = uri.host().ok_or_else(|| hopeless("its address names no host"))?.to_owned();
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let authority = uri.authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default();
    let mut request = Request::post(path)
        .header("host", authority.rsplit('@').next().unwrap_or_default())
        .header("content-type", "application/json")
        .header("user-agent", concat!("nas-notify/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|error| hopeless(&error.to_string()))?;
    let stream = connect(&uri, &host, roots).await.map_err(Problem::Silent)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| Problem::Silent(error.to_string()))?;
    let answered = async {
        let sent = sender.send_request(request).await;
        let answer = sent.map_err(|error| Problem::Silent(format!("{NO_ANSWER}: {error}")))?;
        let status = answer.status();
        // It arrived: however long the rest takes, it is not sent again.
        if status.is_success() {
            return Ok(());
        }
        let said = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect();
        let said = timeout(REASON_MAX, said).await.ok().and_then(Result::ok);
        Err(refused(status, said.map(|said| said.to_bytes()).unwrap_or_default()))
    };
    tokio::pin!(answered);
    let ended = tokio::select! {
        biased;
        outcome = &mut answered => return outcome,
        ended = connection => ended,
    };
    // What is wrong with the answer is known to the connection only.
    let outcome = answered.await;
    match (outcome, ended) {
        (Err(Problem::Silent(_)), Err(error)) => Err(Problem::Silent(format!("{NO_ANSWER}: {error}"))),
        (outcome, _) => outcome,
    }
}

fn refused(status: StatusCode, said: Bytes) -> Problem {
    let said = match status.is_redirection() {
        true => "it is at another address, which has to be set here".to_owned(),
        false => String::from_utf8_lossy(&said).chars().take(QUOTED_CHARS_MAX).collect(),
    };
    Problem::Refused { status: status.as_u16(), said: said.trim().to_owned() }
}

async fn connect(uri: &Uri, host: &str, roots: &Roots) -> Result<Box<dyn Stream>, String> {
    let is_secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
    let bare = host.trim_matches(['[', ']']);
    let stream = TcpStream::connect((bare, port)).await.map_err(|error| format!("{host}:{port}: {error}"))?;
    if !is_secure {
        return Ok(Box::new(stream));
    }
    Ok(Box::new(secured(stream, bare, roots).await?))
}

/// TLS with a server of this name.
pub async fn secured(
    stream: TcpStream,
    host: &str,
    roots: &Roots,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, String> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let connector = TlsConnector::from(roots.client_config()?);
    connector.connect(name, stream).await.map_err(|error| distrust(host, error.to_string()))
}
