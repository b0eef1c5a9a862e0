//! Owns this node's certificate for browsers and API clients, as the management interface asks for it.

use super::Manager;
use super::refusal;
use nasd_api::{ApiError, CertificateInfo, NewCertificate, NodeCertificate};
use nasd_base::{Clock, SystemClock};
use std::sync::Arc;

impl Manager {
    /// Made when it is first needed, which may be before the node is a member.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn node_certificate(&self) -> Result<Arc<NodeCertificate>, String> {
        if let Some(certificate) = self.certificate.get() {
            return Ok(certificate.clone());
        }
        let opened = NodeCertificate::open(&self.config.dir, &self.config.hosts())?;
        Ok(self.certificate.get_or_init(|| opened).clone())
    }

    pub(super) async fn shown_certificate(&self) -> Result<CertificateInfo, ApiError> {
        self.with_certificate(|certificate| Ok(certificate.info())).await
    }

    pub(super) async fn set_certificate(&self, new: NewCertificate) -> Result<CertificateInfo, ApiError> {
        self.with_certificate(move |certificate| certificate.replace(&new, SystemClock.now().secs)).await
    }

    pub(super) async fn reset_certificate(&self) -> Result<CertificateInfo, ApiError> {
        self.with_certificate(|certificate| certificate.reset()).await
    }

    /// Where files may be written: it is not given up half-way when the caller goes away.
    async fn with_certificate(
        &self,
        act: impl FnOnce(&NodeCertificate) -> Result<CertificateInfo, ApiError> + Send + 'static,
    ) -> Result<CertificateInfo, ApiError> {
        let certificate = self.node_certificate().map_err(refusal::internal)?;
        let acted = tokio::task::spawn_blocking(move || act(&certificate)).await;
        acted.unwrap_or_else(|error| Err(refusal::internal(error)))
    }
}
