//! What a command does to exports: pure.

use super::rules::{EXPORTS_MAX, check_clients, check_export_path, paths_overlap};
use super::{ExportCommand, ExportEffect, ExportError, export_tag};
use crate::noun::{At, Tag};
use crate::nouns::{Decide, Decision, SystemError, SystemView, done};
use crate::rules::shown;
use nasd_base::VolumeId;
use nasd_base::export::{ClientRule, Export};

impl Decide for ExportCommand {
    fn decide(&self, view: &SystemView, at: &At<'_>) -> Decision {
        match self {
            ExportCommand::Create { path, volume, clients } => create(view, at, path, volume, clients),
            ExportCommand::SetClients { path, clients } => set_clients(view, at, path, clients),
            ExportCommand::Delete { path } => delete(view, at, path),
        }
    }

    fn tag(&self, view: &SystemView) -> Result<Option<Tag>, SystemError> {
        match self {
            ExportCommand::Create { .. } => Ok(None),
            ExportCommand::SetClients { path, .. } | ExportCommand::Delete { path } => {
                Ok(Some(export_tag(find(view, path)?)))
            }
        }
    }
}

fn find<'a>(view: &'a SystemView, path: &str) -> Result<&'a Export, SystemError> {
    view.exports.get(path).ok_or_else(|| ExportError::UnknownExport(shown(path)).into())
}

/// Whether the volume is now one that whoever asks decides about: it may have changed hands since a node looked.
fn check_owner(view: &SystemView, at: &At<'_>, id: VolumeId) -> Result<(), SystemError> {
    let Some(name) = at.owner else { return Ok(()) };
    let user = view.accounts.users.get(name);
    let owned = user.map(|user| view.accounts.grant(user).owned);
    if owned.is_some_and(|owned| owned.is_none_or(|owned| owned.contains(&id))) {
        return Ok(());
    }
    let volume = view.volume(id).map(|volume| volume.name.clone()).unwrap_or_default();
    Err(ExportError::NotOwned { volume, user: shown(name) }.into())
}

fn find_own<'a>(view: &'a SystemView, at: &At<'_>, path: &str) -> Result<&'a Export, SystemError> {
    let export = find(view, path)?;
    check_owner(view, at, export.volume)?;
    Ok(export)
}

fn create(view: &SystemView, at: &At<'_>, path: &str, volume: &str, clients: &[ClientRule]) -> Decision {
    check_export_path(path)?;
    check_clients(clients)?;
    let volume = view.find_volume(volume)?.id;
    check_owner(view, at, volume)?;
    let export = Export { path: path.to_owned(), volume, clients: clients.to_vec() };
    match view.exports.get(path) {
        Some(same) if *same == export => return done::<ExportEffect>([]),
        Some(_) => return Err(ExportError::ExportExists(path.to_owned()).into()),
        None if view.exports.len() >= EXPORTS_MAX => return Err(SystemError::Full("exports".to_owned())),
        None => {}
    }
    if let Some(other) = view.exports.keys().find(|other| paths_overlap(other, path)) {
        return Err(ExportError::ExportOverlaps { path: path.to_owned(), other: other.clone() }.into());
    }
    done([ExportEffect::Export(export)])
}

fn set_clients(view: &SystemView, at: &At<'_>, path: &str, clients: &[ClientRule]) -> Decision {
    check_clients(clients)?;
    let export = find_own(view, at, path)?;
    let export = Export { clients: clients.to_vec(), ..export.clone() };
    done([ExportEffect::Export(export)])
}

fn delete(view: &SystemView, at: &At<'_>, path: &str) -> Decision {
    let export = find_own(view, at, path)?;
    done([ExportEffect::NoExport(export.path.clone())])
}
