//! Carries out what is asked about exports.

use super::Manager;
use nasd_api::{
    ApiError, Call, CreateExport, DeleteExport, Export, ExportAt, List, ListExports, Nothing, Serve,
    SetClients, Tagged,
};

impl Serve<ListExports> for Manager {
    async fn serve(&self, call: Call<ListExports>) -> Result<List<Export>, ApiError> {
        call.at.of(self.observe().await?.exports())
    }
}

impl Serve<CreateExport> for Manager {
    async fn serve(&self, call: Call<CreateExport>) -> Result<Export, ApiError> {
        let by = self.by(&call).await;
        self.create_export(&by, call.body).await
    }
}

impl Serve<SetClients> for Manager {
    async fn serve(&self, call: Call<SetClients>) -> Result<Tagged<Export>, ApiError> {
        let by = self.by(&call).await;
        let Call { caller, at: ExportAt { path }, body, etag, .. } = call;
        caller.check_owns_export(&path, &self.observe().await?.exports())?;
        self.set_clients(&by, path, body.clients, etag).await.map(Tagged)
    }
}

impl Serve<DeleteExport> for Manager {
    async fn serve(&self, call: Call<DeleteExport>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        let Call { caller, at: ExportAt { path }, .. } = call;
        caller.check_owns_export(&path, &self.observe().await?.exports())?;
        self.delete_export(&by, path).await.map(|()| Nothing)
    }
}
