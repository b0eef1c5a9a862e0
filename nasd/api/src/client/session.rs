//! Owns the client's calls about its own session, and about the interface itself.

use super::{Client, ClientError, Fresh};
use crate::Whoami;
use serde_json::Value;

impl Client {
    /// Who the node takes this client for.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn whoami(&self) -> Result<Whoami, ClientError> {
        self.whoami_fresh().await.map(|fresh| fresh.value)
    }

    /// As [`Client::whoami`], and says whether the answer may be old.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn whoami_fresh(&self) -> Result<Fresh<Whoami>, ClientError> {
        self.get("/session").await
    }

    /// Ends the session that the client asks with.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn log_out(&self) -> Result<(), ClientError> {
        self.post("/logout", &()).await.map(|_| ())
    }

    /// The description of the interface, in OpenAPI 3.1.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn openapi(&self) -> Result<Value, ClientError> {
        self.get("/openapi.json").await.map(|fresh| fresh.value)
    }
}
