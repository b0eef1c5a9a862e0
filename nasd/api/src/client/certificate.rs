//! Owns the client's calls about the certificate of the node that it asks.

use super::{Client, ClientError};
use crate::{CertificateInfo, NewCertificate};

const ROUTE: &str = "/certificate";

impl Client {
    pub async fn certificate(&self) -> Result<CertificateInfo, ClientError> {
        self.get(ROUTE).await
    }

    /// The reply comes through the connection that was open before: the next one sees the new certificate.
    pub async fn set_certificate(&self, request: &NewCertificate) -> Result<CertificateInfo, ClientError> {
        self.put(ROUTE, request, None).await
    }

    /// As [`Client::set_certificate`], with a new self-signed one.
    pub async fn reset_certificate(&self) -> Result<CertificateInfo, ClientError> {
        self.delete_for(ROUTE).await
    }
}
