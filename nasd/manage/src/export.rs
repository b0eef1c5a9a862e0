//! Carries out what is asked of exports.

use crate::Manager;
use crate::refusal::{self, of_system};
use nasd_api::{
    ApiError, Call, CreateExport, DeleteExport, Export, List, ListExports, Nothing, Serve, SetClients, Tagged,
};
use nasd_system::{ExportCommand, check_export_path};

impl Serve<ListExports> for Manager {
    async fn serve(&self, call: Call<ListExports>) -> Result<List<Export>, ApiError> {
        call.at.of(self.observe().await?.exports())
    }
}

impl Serve<CreateExport> for Manager {
    async fn serve(&self, call: Call<CreateExport>) -> Result<Export, ApiError> {
        let CreateExport { path, volume, clients } = call.body.clone();
        // The state would remember the refusal for the idempotency key, and give it to a better request.
        check_export_path(&path).map_err(|e| of_system(&e.into()))?;
        let clients = clients.into_iter().map(Into::into).collect();
        self.propose(&call, ExportCommand::Create { path: path.clone(), volume, clients }).await?;
        let made = self.export(&path).await?;
        made.ok_or_else(refusal::export_made_behind)
    }
}

impl Serve<SetClients> for Manager {
    async fn serve(&self, call: Call<SetClients>) -> Result<Tagged<Export>, ApiError> {
        let path = call.at.path.clone();
        call.caller.check_owns_export(&path, &self.observe().await?.exports())?;
        let clients = call.body.clients.iter().cloned().map(Into::into).collect();
        self.propose(&call, ExportCommand::SetClients { path: path.clone(), clients }).await?;
        let missing = || refusal::export_gone(&path);
        self.export(&path).await?.map(Tagged).ok_or_else(missing)
    }
}

impl Serve<DeleteExport> for Manager {
    async fn serve(&self, call: Call<DeleteExport>) -> Result<Nothing, ApiError> {
        let path = call.at.path.clone();
        call.caller.check_owns_export(&path, &self.observe().await?.exports())?;
        self.carry_out(&call, ExportCommand::Delete { path }).await
    }
}

impl Manager {
    async fn export(&self, path: &str) -> Result<Option<Export>, ApiError> {
        Ok(self.observe().await?.exports().into_iter().find(|export| export.path == path))
    }
}
