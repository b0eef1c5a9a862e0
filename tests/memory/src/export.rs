//! Exports.

use crate::Memory;
use crate::kept;
use nasd_api::*;

impl Memory {
    /// Adds an export that no rule about paths was asked about.
    pub fn add_export(&self, path: &str, volume: &str) {
        let export = export(path, volume.to_owned(), Vec::new());
        self.state.lock().unwrap().exports.insert(path.to_owned(), export);
    }
}

fn export(path: &str, volume: String, clients: Vec<ClientRule>) -> Export {
    Export { path: path.to_owned(), volume, clients, etag: "1".into() }
}

impl Serve<ListExports> for Memory {
    async fn serve(&self, call: Call<ListExports>) -> Result<List<Export>, ApiError> {
        call.at.of(self.act(|state| Ok(kept::list(&state.exports)))?)
    }
}

impl Serve<CreateExport> for Memory {
    async fn serve(&self, call: Call<CreateExport>) -> Result<Export, ApiError> {
        self.acts(&call);
        let CreateExport { path, volume, clients } = call.body;
        self.act(|state| {
            kept::find(&state.volumes, &volume)?;
            let export = export(&path, volume, clients);
            kept::add(&mut state.exports, path, export)
        })
    }
}

impl Serve<SetClients> for Memory {
    async fn serve(&self, call: Call<SetClients>) -> Result<Tagged<Export>, ApiError> {
        let Call { caller, at: ExportAt { path }, body, etag, .. } = call;
        self.act(|state| {
            caller.check_owns_export(&path, &kept::list(&state.exports))?;
            kept::change(&mut state.exports, &path, etag, |export| export.clients = body.clients)
        })
        .map(Tagged)
    }
}

impl Serve<DeleteExport> for Memory {
    async fn serve(&self, call: Call<DeleteExport>) -> Result<Nothing, ApiError> {
        let Call { caller, at: ExportAt { path }, .. } = call;
        self.act(|state| {
            caller.check_owns_export(&path, &kept::list(&state.exports))?;
            kept::delete(&mut state.exports, &path)
        })
    }
}
