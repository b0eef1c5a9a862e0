//! What a command does to exports: pure.

use super::rules::{EXPORTS_MAX, check_clients, check_export_path, paths_overlap};
use super::{ExportCommand, ExportEffect};
use crate::command::{Proposal, SystemError};
use crate::decide::{At, Decision, done};
use crate::rules::shown;
use crate::tables::{Effect, Tables};
use nasd_base::VolumeId;
use nasd_base::export::{ClientRule, Export};

pub fn decide(tables: &Tables, at: &At<'_>, command: &ExportCommand) -> Decision {
    let owner = Owner::of(at.proposal);
    match command {
        ExportCommand::Create { path, volume, clients } => create(tables, owner, path, volume, clients),
        ExportCommand::SetClients { path, clients } => set_clients(tables, owner, path, clients),
        ExportCommand::Delete { path } => delete(tables, owner, path),
    }
}

/// Somebody who decides about exports of volumes that it owns only; nobody: about all of them.
struct Owner<'a>(Option<&'a str>);

impl Owner<'_> {
    fn of(proposal: &Proposal) -> Owner<'_> {
        let name = proposal.actor.as_ref().map_or("", |actor| &actor.name);
        Owner(proposal.owned_only.then_some(name))
    }

    /// Whether the volume is its own now: it may have changed hands since a node looked.
    fn check(&self, tables: &Tables, id: VolumeId) -> Result<(), SystemError> {
        let Some(name) = self.0 else { return Ok(()) };
        let user = tables.accounts.users.get(name);
        let owned = user.map(|user| tables.accounts.grant(user).owned);
        if owned.is_some_and(|owned| owned.is_none_or(|owned| owned.contains(&id))) {
            return Ok(());
        }
        let volume = tables.volumes.get(&id).map(|volume| volume.name.clone()).unwrap_or_default();
        Err(SystemError::NotOwned { volume, user: shown(name) })
    }
}

fn find_export<'a>(tables: &'a Tables, owner: Owner<'_>, path: &str) -> Result<&'a Export, SystemError> {
    let export = tables.exports.get(path).ok_or_else(|| SystemError::UnknownExport(shown(path)))?;
    owner.check(tables, export.volume)?;
    Ok(export)
}

fn create(tables: &Tables, owner: Owner<'_>, path: &str, volume: &str, clients: &[ClientRule]) -> Decision {
    check_export_path(path)?;
    check_clients(clients)?;
    let volume = tables.volume_named(volume)?.id;
    owner.check(tables, volume)?;
    let export = Export { path: path.to_owned(), volume, clients: clients.to_vec() };
    match tables.exports.get(path) {
        Some(same) if *same == export => return done(Vec::new()),
        Some(_) => return Err(SystemError::ExportExists(path.to_owned())),
        None if tables.exports.len() >= EXPORTS_MAX => return Err(SystemError::Full("exports".to_owned())),
        None => {}
    }
    if let Some(other) = tables.exports.keys().find(|other| paths_overlap(other, path)) {
        return Err(SystemError::ExportOverlaps { path: path.to_owned(), other: other.clone() });
    }
    done(vec![Effect::Export(ExportEffect::Export(export))])
}

fn set_clients(tables: &Tables, owner: Owner<'_>, path: &str, clients: &[ClientRule]) -> Decision {
    check_clients(clients)?;
    let export = find_export(tables, owner, path)?;
    let export = Export { clients: clients.to_vec(), ..export.clone() };
    done(vec![Effect::Export(ExportEffect::Export(export))])
}

fn delete(tables: &Tables, owner: Owner<'_>, path: &str) -> Decision {
    let export = find_export(tables, owner, path)?;
    done(vec![Effect::Export(ExportEffect::NoExport(export.path.clone()))])
}
