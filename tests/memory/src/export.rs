//! Exports.

use crate::Memory;
use nasd_api::{
    ApiError, Call, CreateExport, DeleteExport, Export, ExportAt, List, ListExports, Nothing, Serve,
    SetClients, Tagged, refusal,
};

impl Memory {
    fn exports(&self) -> Vec<Export> {
        self.state.lock().unwrap().exports.values().cloned().collect()
    }
}

impl Serve<ListExports> for Memory {
    async fn serve(&self, call: Call<ListExports>) -> Result<List<Export>, ApiError> {
        call.at.of(self.exports())
    }
}

impl Serve<CreateExport> for Memory {
    async fn serve(&self, call: Call<CreateExport>) -> Result<Export, ApiError> {
        self.acts(&call);
        let CreateExport { path, volume, clients } = call.body;
        let mut state = self.state.lock().unwrap();
        if !state.volumes.contains_key(&volume) {
            return Err(refusal::unknown_volume(volume));
        }
        if state.exports.contains_key(&path) {
            return Err(refusal::export_exists(&path));
        }
        let export = Export { path: path.clone(), volume, clients, etag: "1".into() };
        state.exports.insert(path, export.clone());
        Ok(export)
    }
}

impl Serve<SetClients> for Memory {
    async fn serve(&self, call: Call<SetClients>) -> Result<Tagged<Export>, ApiError> {
        let Call { caller, at: ExportAt { path }, body, etag, .. } = call;
        caller.check_owns_export(&path, &self.exports())?;
        let mut state = self.state.lock().unwrap();
        let export = state.exports.get_mut(&path);
        let export = export.ok_or_else(|| refusal::unknown_export(path))?;
        if etag.is_some_and(|etag| etag != export.etag) {
            return Err(refusal::changed());
        }
        export.clients = body.clients;
        export.etag += "1";
        Ok(Tagged(export.clone()))
    }
}

impl Serve<DeleteExport> for Memory {
    async fn serve(&self, call: Call<DeleteExport>) -> Result<Nothing, ApiError> {
        let Call { caller, at: ExportAt { path }, .. } = call;
        caller.check_owns_export(&path, &self.exports())?;
        match self.state.lock().unwrap().exports.remove(&path) {
            Some(_) => Ok(Nothing),
            None => Err(refusal::unknown_export(path)),
        }
    }
}
