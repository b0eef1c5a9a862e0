//! Owns whom servers' certificates are believed from.

use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

const UNKNOWN: &str =
    "give it a certificate of a known authority, or add its authority to those of every node";

/// Why there is no TLS with a server, and what can be done where it shows a certificate that cannot be believed.
pub fn distrust(host: &str, why: String) -> String {
    let cures = [
        ("UnknownIssuer", UNKNOWN),
        // Of an authority with a known one's name.
        ("BadSignature", UNKNOWN),
        ("CaUsedAsEndEntity", "it shows an authority's certificate: give it one of its own"),
        ("xpired", "renew its certificate"),
        ("alidForName", "name it here as its certificate does"),
        ("not valid for", "name it here as its certificate does"),
    ];
    let cure = cures.iter().find(|(sign, _)| why.contains(sign));
    let cure = cure.map(|(_, cure)| format!(" ({cure})")).unwrap_or_default();
    format!("TLS with {host}: {why}{cure}")
}

/// Authorities, as they are in a file.
#[derive(Clone)]
pub struct Roots {
    pem: Vec<u8>,
    store: Arc<RootCertStore>,
}

impl Default for Roots {
    /// Nobody.
    fn default() -> Roots {
        Roots::of(Vec::new())
    }
}

impl Roots {
    /// Without the file no server is believed; what comes of that is said with each delivery.
    pub fn read(path: &Path) -> Roots {
        match std::fs::read(path) {
            Ok(pem) => Roots::of(pem),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "no authorities: no server with TLS is believed");
                Roots::default()
            }
        }
    }

    pub fn of(pem: Vec<u8>) -> Roots {
        let mut store = RootCertStore::empty();
        let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
        store.add_parsable_certificates(certificates);
        Roots { pem, store: Arc::new(store) }
    }

    pub fn pem(&self) -> &[u8] {
        &self.pem
    }

    pub fn client_config(&self) -> Result<Arc<ClientConfig>, String> {
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        Ok(Arc::new(config.with_root_certificates(self.store.clone()).with_no_client_auth()))
    }
}
