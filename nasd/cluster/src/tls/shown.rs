//! What this node shows in handshakes, which changes when the cluster's authority does.

use crate::identity::Identity;
use parking_lot::RwLock;
use rustls::client::ResolvesClientCert;
use rustls::crypto::ring::sign::any_eddsa_type;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error, SignatureScheme};
use rustls_pki_types::PrivateKeyDer;
use std::sync::Arc;

#[derive(Debug)]
pub struct Shown(RwLock<Arc<CertifiedKey>>);

impl Shown {
    pub fn new(identity: &Identity) -> Result<Shown, Error> {
        certified(identity).map(|key| Shown(RwLock::new(key)))
    }

    /// From the next handshake on.
    pub fn replace(&self, identity: &Identity) -> Result<(), Error> {
        *self.0.write() = certified(identity)?;
        Ok(())
    }
}

/// A joining node knows only the authority's fingerprint: it needs the certificate itself.
fn certified(identity: &Identity) -> Result<Arc<CertifiedKey>, Error> {
    let chain = vec![identity.certificate.clone(), identity.authority.certificate().clone()];
    let PrivateKeyDer::Pkcs8(key) = identity.key.to_tls() else {
        return Err(Error::General("the node's key is no PKCS#8".to_owned()));
    };
    Ok(Arc::new(CertifiedKey::new(chain, any_eddsa_type(&key)?)))
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().clone())
    }
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _roots: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}
