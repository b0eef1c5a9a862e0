//! Owns what the web console asks through its own socket.

use super::{Client, ClientError, EventReader};
use crate::{CertificatePair, Secret, SetupLink, SetupState};

impl Client {
    /// The certificate that browsers are to see, once it is not this one; `None` after a while.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn certificate_unless(
        &self,
        seen: Option<&str>,
    ) -> Result<Option<CertificatePair>, ClientError> {
        let seen = seen.map(|fingerprint| format!("?unless={fingerprint}")).unwrap_or_default();
        self.get(&format!("/console/certificate{seen}")).await.map(|fresh| fresh.value)
    }

    /// That something happened, from now on: what it was is not said.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn news(&self) -> Result<EventReader, ClientError> {
        self.listen("/console/news").await
    }

    /// Makes the secret good for setting the node up, until somebody can log in.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn offer_setup(&self, secret: Secret) -> Result<(), ClientError> {
        self.post("/console/setup-link", &SetupLink { secret }).await.map(|_| ())
    }

    /// What is left to do before somebody can log in.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn setup_state(&self) -> Result<SetupState, ClientError> {
        self.get("/setup").await.map(|fresh| fresh.value)
    }
}
