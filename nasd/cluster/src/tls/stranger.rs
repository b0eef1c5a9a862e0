//! The way in for a node that is no member yet: it has no certificate, and knows the cluster by the
//! fingerprint of its authority.

use super::{PROTOCOL, WallTime, dial, provider, shake};
use crate::authority::{fingerprint, node_of};
use nasd_base::Clock;
use nasd_base::net::Stream;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::version::TLS13;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::io;
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// Opens a stream to some member of the cluster whose authority has this fingerprint.
///
/// # Errors
/// Whoever answers at `address` without such a certificate gets nothing.
pub async fn connect_to_join(
    address: &str,
    authority: [u8; 32],
    clock: Arc<dyn Clock>,
) -> io::Result<Box<dyn Stream>> {
    let provider = provider();
    let pinned = PinnedAuthority { authority, algorithms: provider.signature_verification_algorithms };
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(WallTime(clock)))
        .with_protocol_versions(&[&TLS13])
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pinned))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    config.enable_sni = false;
    let tcp = dial(address).await?;
    // Which member answers is not known beforehand: the verifier looks at the name itself.
    let name = ServerName::try_from("cluster.gotgan").map_err(io::Error::other)?;
    let stream = shake(TlsConnector::from(Arc::new(config)).connect(name, tcp)).await?;
    Ok(Box::new(stream))
}

/// Trusts one authority, known by its fingerprint only, and any node it has signed.
#[derive(Debug)]
struct PinnedAuthority {
    authority: [u8; 32],
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for PinnedAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let authority = intermediates.iter().find(|certificate| fingerprint(certificate) == self.authority);
        let authority = authority.ok_or_else(|| {
            Error::General("this is another cluster than the one that made the join token".to_owned())
        })?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let parsed = ParsedCertificate::try_from(end_entity)?;
        verify_server_cert_signed_by_trust_anchor(&parsed, &roots, &[], now, self.algorithms.all)?;
        match node_of(end_entity) {
            Some(_) => Ok(ServerCertVerified::assertion()),
            None => Err(Error::InvalidCertificate(CertificateError::NotValidForName)),
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("only TLS 1.3 is spoken here".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
