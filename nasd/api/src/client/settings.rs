//! Owns the client's calls about the cluster's settings.

use super::{Client, ClientError};
use crate::{ChangeSettings, Settings};

const ROUTE: &str = "/settings";

impl Client {
    pub async fn settings(&self) -> Result<Settings, ClientError> {
        self.get(ROUTE).await
    }

    /// With an `etag`, only if the settings still have that.
    pub async fn change_settings(
        &self,
        request: &ChangeSettings,
        etag: Option<&str>,
    ) -> Result<Settings, ClientError> {
        self.put(ROUTE, request, etag).await
    }
}
