//! Owns one POST to somebody else's server: no redirects, a bounded answer.

use crate::roots::Roots;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Of an answer, read for what it says about a failure.
const ANSWER_BYTES_MAX: usize = 16 << 10;
const QUOTED_CHARS_MAX: usize = 120;

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
        let answer = sent.map_err(|error| Problem::Silent(format!("no answer: {error}")))?;
        let status = answer.status();
        let said = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        match status.is_success() {
            true => Ok(()),
            false => Err(refused(status.as_u16(), said.map(|said| said.to_bytes()).unwrap_or_default())),
        }
    };
    tokio::pin!(answered);
    let connection = async { drop(connection.await) };
    tokio::select! {
        outcome = &mut answered => outcome,
        () = connection => answered.await,
    }
}

fn refused(status: u16, said: Bytes) -> Problem {
    let said: String = String::from_utf8_lossy(&said).chars().take(QUOTED_CHARS_MAX).collect();
    Problem::Refused { status, said: said.trim().to_owned() }
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
    connector.connect(name, stream).await.map_err(|error| format!("TLS with {host}: {error}"))
}
