//! Owns a node's certificate as the console has it: a copy that the node gave it.

use super::pair::Pair;
use super::{CertificateInfo, configured};
use crate::Secret;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// A certificate with its key, for a program that shows it to browsers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificatePair {
    /// SHA-256 of the first certificate, in hexadecimal.
    pub fingerprint: String,
    /// In PEM.
    pub chain: String,
    /// In PEM.
    pub key: Secret,
}

/// Shows what it was given last. Open connections are not touched by another one.
pub struct CopiedCertificate {
    shown: RwLock<(Arc<CertifiedKey>, CertificateInfo)>,
}

impl CopiedCertificate {
    /// # Errors
    /// A sentence for the operator: nothing can be shown with it.
    pub fn of(pair: &CertificatePair) -> Result<Arc<CopiedCertificate>, String> {
        Ok(Arc::new(CopiedCertificate { shown: RwLock::new(read(pair)?) }))
    }

    /// # Errors
    /// As [`CopiedCertificate::of`]; the one before stays in use.
    pub fn replace(&self, pair: &CertificatePair) -> Result<(), String> {
        let new = read(pair)?;
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    pub fn info(&self) -> CertificateInfo {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// For a server.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, String> {
        configured(self.clone())
    }
}

fn read(pair: &CertificatePair) -> Result<(Arc<CertifiedKey>, CertificateInfo), String> {
    let Pair { certified, info, .. } =
        Pair::of_pem(&pair.chain, pair.key.reveal()).map_err(|error| error.to_string())?;
    Ok((certified, info))
}

impl ResolvesServerCert for CopiedCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown.read().unwrap_or_else(PoisonError::into_inner).0.clone())
    }
}

impl fmt::Debug for CopiedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopiedCertificate").finish_non_exhaustive()
    }
}
