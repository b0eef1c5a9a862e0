//! Owns a server of the interface for tests, and connections to it that believe any certificate.

use memory_management::Memory;
use nasd_api::{Client, HTTPS_DOOR, NodeCertificate, Secret, Trust, network_router, serve_https, sha256_hex};
use nasd_base::door::Door;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use std::future::pending;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub struct Server {
    pub dir: TempDir,
    pub address: String,
    pub certificate: Arc<NodeCertificate>,
}

pub async fn server() -> Server {
    let dir = tempfile::tempdir().unwrap();
    // A node that is reached by the address that it listens at names it twice; the certificate does so once.
    let hosts = ["127.0.0.1".to_owned(), "127.0.0.1".to_owned()];
    let certificate = NodeCertificate::open(dir.path(), &hosts).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let routes = network_router(Arc::new(Memory::in_cluster().showing(certificate.clone())));
    let (tls, door) = (certificate.server_config().unwrap(), Door::new("HTTPS", HTTPS_DOOR));
    tokio::spawn(serve_https(listener, tls, routes, door, pending()));
    Server { dir, address, certificate }
}

impl Server {
    /// As an administrator who pinned what is shown now.
    pub fn client(&self) -> Client {
        let pin = Trust::Fingerprint(self.certificate.info().fingerprint);
        Client::remote(&self.address, &pin, Secret::new("administrator")).unwrap()
    }

    pub async fn connect(&self, protocols: &[&[u8]]) -> Connection {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let verifier = Arc::new(Anybody);
        let mut config =
            builder.unwrap().dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let stream = TcpStream::connect(&self.address).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        Connection(TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap())
    }

    /// What a new connection sees.
    pub async fn fingerprint(&self) -> String {
        self.connect(&[]).await.fingerprint()
    }
}

pub struct Connection(pub TlsStream<TcpStream>);

impl Connection {
    pub fn fingerprint(&self) -> String {
        sha256_hex(&self.0.get_ref().1.peer_certificates().unwrap()[0])
    }

    /// Asks something on this connection, which stays open.
    pub async fn asks(&mut self) {
        self.0.write_all(b"GET /api/v1/health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut said = Vec::new();
        while !said.ends_with(b"\"}") {
            said.push(self.0.read_u8().await.unwrap());
        }
        assert!(said.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&said));
    }
}

/// Believes every certificate: the tests look at it themselves.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
