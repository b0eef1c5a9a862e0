//! Owns this node's certificate for browsers and API clients, as the management interface asks for it.

use crate::Manager;
use crate::refusal;
use nasd_api::{
    ApiError, Call, CertificateInfo, NewCertificate, NodeCertificate, ReadCertificate, ResetCertificate,
    Serve,
};
use nasd_base::{Clock, SystemClock};
use std::sync::Arc;

impl Serve<ReadCertificate> for Manager {
    async fn serve(&self, _: Call<ReadCertificate>) -> Result<CertificateInfo, ApiError> {
        self.with_certificate(|certificate| Ok(certificate.info())).await
    }
}

impl Serve<NewCertificate> for Manager {
    async fn serve(&self, call: Call<NewCertificate>) -> Result<CertificateInfo, ApiError> {
        let new = call.body;
        self.with_certificate(move |certificate| certificate.replace(&new, SystemClock.now().secs)).await
    }
}

impl Serve<ResetCertificate> for Manager {
    async fn serve(&self, _: Call<ResetCertificate>) -> Result<CertificateInfo, ApiError> {
        self.with_certificate(|certificate| certificate.reset()).await
    }
}

impl Manager {
    /// Made when it is first needed, which may be before the node is a member.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn node_certificate(&self) -> Result<Arc<NodeCertificate>, String> {
        if let Some(certificate) = self.certificate.get() {
            return Ok(certificate.clone());
        }
        let opened = NodeCertificate::open(&self.machine.dir, &self.machine.hosts())?;
        Ok(self.certificate.get_or_init(|| opened).clone())
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
