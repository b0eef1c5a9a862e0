//! Owns the certificate of the node in memory: in real files, of a server that is said, or of nobody.

use super::Memory;
use nasd_api::NodeCertificate;
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
