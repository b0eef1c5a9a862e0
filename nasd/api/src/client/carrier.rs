//! Owns how a client reaches a node: through the local socket, or HTTPS with a certificate that it trusts.

use super::ClientError;
use hyper_util::rt::TokioIo;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

/// How often and how far apart a busy server is asked for a connection: for 10 s.
const CONNECT_TRIES: u32 = 500;
const CONNECT_PAUSE: Duration = Duration::from_millis(20);
/// Longest that a node elsewhere may take until it has shown its certificate: somebody waits at a terminal, and a node
/// that is switched off says nothing at all.
const HTTPS_OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// The port of the interface through HTTPS, where none is said.
const HTTPS_PORT: u16 = 7443;

/// Why a node's certificate is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Its SHA-256, in hexadecimal: what the node printed when it made it.
    Fingerprint(String),
    /// An authority in this file of PEM certificates signed it, for this host.
    Authorities(PathBuf),
}

pub(super) enum Carrier {
    Unix(PathBuf),
    Https { address: String, host: String, name: ServerName<'static>, tls: Arc<ClientConfig> },
}

/// A connection of either kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Carrier::Unix(path) => write!(f, "{}", path.display()),
            Carrier::Https { address, .. } => write!(f, "https://{address}"),
        }
    }
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Carrier {
    pub fn unix(path: &Path) -> Carrier {
        Carrier::Unix(path.to_owned())
    }

    /// `authority`: a host, with or without a port.
    pub fn https(authority: &str, trust: &Trust) -> Result<Carrier, ClientError> {
        let unusable =
            |reason: String| ClientError::Unreachable { words: format!("https://{authority}: {reason}") };
        let uri: hyper::Uri = format!("https://{authority}/")
            .parse()
            .map_err(|_| unusable("it is no HOST or HOST:PORT".to_owned()))?;
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(HTTPS_PORT);
        let name = ServerName::try_from(host.clone()).map_err(|error| unusable(error.to_string()))?;
        let tls = Arc::new(client_config(trust).map_err(unusable)?);
        let shown = if host.contains(':') { format!("[{host}]") } else { host };
        Ok(Carrier::Https { address: format!("{shown}:{port}"), host: shown, name, tls })
    }

    /// For the request's `Host`.
    pub fn host(&self) -> &str {
        match self {
            Carrier::Unix(_) => "localhost",
            Carrier::Https { host, .. } => host,
        }
    }

    pub async fn open(&self) -> Result<TokioIo<Box<dyn Stream>>, ClientError> {
        let unreachable = |reason: io::Error| {
            let words = match self {
                Carrier::Unix(_) => {
                    format!("nasd is not running, or not with this --dir: no answer at {self} ({reason})")
                }
                Carrier::Https { .. } => format!("no answer from {self}: {reason}"),
            };
            ClientError::Unreachable { words }
        };
        match self {
            Carrier::Unix(path) => {
                for _ in 0..CONNECT_TRIES {
                    match UnixStream::connect(path).await {
                        // The backlog is full: somebody is there, and busy.
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                            tokio::time::sleep(CONNECT_PAUSE).await
                        }
                        Ok(stream) => return Ok(TokioIo::new(Box::new(stream))),
                        Err(error) => return Err(unreachable(error)),
                    }
                }
                Err(ClientError::TimedOut { at: self.to_string() })
            }
            Carrier::Https { address, name, tls, .. } => {
                let opened = async {
                    let stream = TcpStream::connect(address).await?;
                    TlsConnector::from(tls.clone()).connect(name.clone(), stream).await
                };
                let late = format!("none within {} s", HTTPS_OPEN_TIMEOUT.as_secs());
                let opened = tokio::time::timeout(HTTPS_OPEN_TIMEOUT, opened).await;
                let stream = opened.unwrap_or_else(|_| Err(io::Error::other(late)));
                let stream = stream.map_err(|error| match untrusted(&error) {
                    Some(Untrusted { fingerprint, reason }) => {
                        ClientError::Untrusted { at: self.to_string(), fingerprint, reason }
                    }
                    None => unreachable(error),
                })?;
                Ok(TokioIo::new(Box::new(stream)))
            }
        }
    }
}

fn client_config(trust: &Trust) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Fingerprint(text) => Arc::new(Pinned::new(text, provider.clone())?),
        Trust::Authorities(path) => {
            let said = |error: String| format!("{}: {error}", path.display());
            let mut roots = RootCertStore::empty();
            let certificates =
                CertificateDer::pem_file_iter(path).map_err(|error| said(error.to_string()))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| said(error.to_string()))?;
                // Bundles hold old certificates that rustls does not read; the others still count.
                let _ = roots.add(certificate);
            }
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .map_err(|error| said(error.to_string()))?
        }
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let verifier = Arc::new(Showing(verifier));
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Why a handshake ended: the certificate that was shown, and what is wrong with it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
struct Untrusted {
    fingerprint: String,
    reason: String,
}

/// What [`Showing`] said, out of what TLS made of it.
fn untrusted(error: &io::Error) -> Option<Untrusted> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::Other(rustls::OtherError(other)) => other.downcast_ref::<Untrusted>().cloned(),
        _ => None,
    }
}

/// Believes what the verifier inside believes, and keeps the fingerprint of what it does not, so that an operator
/// can compare it with the node's.
#[derive(Debug)]
struct Showing(Arc<dyn ServerCertVerifier>);

impl ServerCertVerifier for Showing {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verdict.map_err(|error| {
            let reason = match error {
                rustls::Error::General(words) => words,
                other => other.to_string(),
            };
            let fingerprint = crate::sha256_hex(end_entity);
            rustls::Error::Other(rustls::OtherError(Arc::new(Untrusted { fingerprint, reason })))
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Believes one certificate, by its hash, whatever it says of itself: stronger than an authority's word.
#[derive(Debug)]
struct Pinned {
    fingerprint: String,
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    fn new(text: &str, provider: Arc<CryptoProvider>) -> Result<Pinned, String> {
        let fingerprint: String = text.chars().filter(|c| *c != ':').collect::<String>().to_ascii_lowercase();
        if fingerprint.len() != 64 || !fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("a fingerprint is 64 hexadecimal digits (SHA-256)".to_owned());
        }
        Ok(Pinned { fingerprint, provider })
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if crate::sha256_hex(end_entity) == self.fingerprint {
            return Ok(ServerCertVerified::assertion());
        }
        Err(rustls::Error::General("its fingerprint is not the one that was given".to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let schemes = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, schemes)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let schemes = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, schemes)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
