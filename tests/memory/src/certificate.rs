//! Owns the certificate of the node in memory: in real files, of a server that is said, or of nobody.

use crate::Memory;
use crate::known::NOW;
use nasd_api::*;
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;

#[derive(Default)]
pub struct Certificate {
    /// With the directory that is the certificate's alone.
    used: OnceLock<(Arc<NodeCertificate>, Option<TempDir>)>,
}

impl Certificate {
    /// Made now, where none was said.
    pub fn get(&self) -> &NodeCertificate {
        let (certificate, _) = self.used.get_or_init(|| {
            let dir = tempfile::tempdir().unwrap();
            let certificate = NodeCertificate::open(dir.path(), &["stor-a".to_owned()]).unwrap();
            (certificate, Some(dir))
        });
        certificate
    }
}

impl Memory {
    /// The node whose server shows this.
    pub fn showing(self, certificate: Arc<NodeCertificate>) -> Memory {
        Memory { certificate: Certificate { used: OnceLock::from((certificate, None)) }, ..self }
    }
}

impl Serve<ReadCertificate> for Memory {
    async fn serve(&self, _: Call<ReadCertificate>) -> Result<CertificateInfo, ApiError> {
        Ok(self.certificate.get().info())
    }
}

impl Serve<NewCertificate> for Memory {
    async fn serve(&self, call: Call<NewCertificate>) -> Result<CertificateInfo, ApiError> {
        self.certificate.get().replace(&call.body, NOW)
    }
}

impl Serve<ResetCertificate> for Memory {
    async fn serve(&self, _: Call<ResetCertificate>) -> Result<CertificateInfo, ApiError> {
        self.certificate.get().reset()
    }
}
