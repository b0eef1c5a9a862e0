//! Owns how a plan is carried out: step by step, each only if the cluster still is as it was when the plan was made.

use super::file::{Export, Group, Settings, User};
use super::passwords::Passwords;
use super::plan::{Seen, Step};
use super::read::exported;
use crate::failure::Failure;
use nasd_api::{
    ChangeSettings, Client, ClientError, CreateExport, CreateGroup, CreateUser, CreateVolume, DeleteExport,
    DeleteGroup, DeleteUser, ErrorCode, ExportAt, GroupAt, ListExports, ListGroups, ListUsers, Nothing,
    SetClients, SetLimits, UpdateGroup, UpdateUser, UserAt, VolumeAt, refusal,
};

/// Does the steps in their order; gives how many were done, and why it stopped if it did.
pub async fn carry_out(node: &Client, steps: &[Step], passwords: &mut Passwords) -> (usize, Option<Failure>) {
    for (done, step) in steps.iter().enumerate() {
        if let Err(failure) = do_one(node, step, passwords).await {
            return (done, Some(explained(step, failure)));
        }
    }
    (steps.len(), None)
}

async fn do_one(node: &Client, step: &Step, passwords: &mut Passwords) -> Result<(), Failure> {
    match step {
        Step::CreateVolume { name, volume } => {
            let (name, replicas, limits) = (name.clone(), volume.replicas, volume.limits);
            node.call::<CreateVolume>(Nothing, &CreateVolume { name, replicas, limits }).await?;
        }
        Step::SetLimits { name, from, to } => {
            node.call_if::<SetLimits>(VolumeAt::new(name), to, Some(&from.etag)).await?;
        }
        Step::CreateUser { name, user } => create_user(node, name, user, passwords).await?,
        Step::UpdateUser { name, from, to } => {
            node.call_if::<UpdateUser>(UserAt::new(name), &request(to), Some(&from.etag)).await?;
        }
        Step::DeleteUser { name, from } => {
            // The interface deletes without a tag; what was seen is looked at once more.
            let user = node.all::<ListUsers>().await?.into_iter().find(|user| user.name == *name);
            still(user.is_some_and(|user| user.etag == from.etag))?;
            node.ask::<DeleteUser>(UserAt::new(name)).await?;
        }
        Step::ChangeSettings { from, to } => {
            let Settings { name, session_idle_minutes, session_minutes } = to.clone();
            let wanted = ChangeSettings { name, session_idle_minutes, session_minutes };
            node.call_if::<ChangeSettings>(Nothing, &wanted, Some(&from.etag)).await?;
        }
        Step::CreateGroup { name, group } => {
            let UpdateGroup { role, owned, members } = group_request(group);
            node.call::<CreateGroup>(Nothing, &CreateGroup { name: name.clone(), role, owned, members })
                .await?;
        }
        Step::UpdateGroup { name, from, to } => {
            node.call_if::<UpdateGroup>(GroupAt::new(name), &group_request(to), Some(&from.etag)).await?;
        }
        Step::DeleteGroup { name, from } => {
            let group = node.all::<ListGroups>().await?.into_iter().find(|group| group.name == *name);
            still(group.is_some_and(|group| group.etag == from.etag))?;
            node.ask::<DeleteGroup>(GroupAt::new(name)).await?;
        }
        Step::CreateExport { path, export } => create_export(node, path, export).await?,
        Step::SetClients { path, from, to } => {
            let clients = to.clients.clone();
            node.call_if::<SetClients>(at(path), &SetClients { clients }, Some(&from.etag)).await?;
        }
        Step::MoveExport { path, from, to } => {
            still_exported(node, path, from).await?;
            node.ask::<DeleteExport>(at(path)).await?;
            create_export(node, path, to).await.map_err(|failure| {
                let words = failure.as_api_error(false).message;
                Failure::Local(format!("{path} is not exported now: it could not be made again: {words}"))
            })?;
        }
        Step::DeleteExport { path, from } => {
            still_exported(node, path, from).await?;
            node.ask::<DeleteExport>(at(path)).await?;
        }
        Step::ChangeReplicas { .. } | Step::DestroyVolume { .. } => {
            unreachable!("no plan has these as steps")
        }
    }
    Ok(())
}

fn request(user: &User) -> UpdateUser {
    UpdateUser { role: user.role, owned: user.owned.iter().cloned().collect(), disabled: user.disabled }
}

fn group_request(group: &Group) -> UpdateGroup {
    let members = group.members.iter().cloned().collect();
    UpdateGroup { role: group.role, owned: group.owned.iter().cloned().collect(), members }
}

async fn create_user(
    node: &Client,
    name: &str,
    user: &User,
    passwords: &mut Passwords,
) -> Result<(), Failure> {
    let password = passwords.make(name)?;
    let owned = user.owned.iter().cloned().collect();
    let wanted = CreateUser { name: name.to_owned(), role: user.role, owned, password: password.clone() };
    let made = node.call::<CreateUser>(Nothing, &wanted).await?;
    passwords.took(name, password);
    // Nobody knows the password yet, so that the user being there for a moment lets nobody in.
    if user.disabled {
        node.call_if::<UpdateUser>(UserAt::new(name), &request(user), Some(&made.etag)).await?;
    }
    Ok(())
}

fn at(path: &str) -> ExportAt {
    ExportAt { path: path.to_owned() }
}

async fn create_export(node: &Client, path: &str, export: &Export) -> Result<(), Failure> {
    let Export { volume, clients } = export.clone();
    node.call::<CreateExport>(Nothing, &CreateExport { path: path.to_owned(), volume, clients }).await?;
    Ok(())
}

async fn still_exported(node: &Client, path: &str, from: &Seen<Export>) -> Result<(), Failure> {
    let export = node.all::<ListExports>().await?.into_iter().find(|export| export.path == path);
    still(export.map(exported).as_ref() == Some(from))
}

fn still(as_seen: bool) -> Result<(), Failure> {
    if as_seen {
        return Ok(());
    }
    Err(ClientError::from(refusal::changed()).into())
}

/// Says which step it was; and of what somebody else did meanwhile, that it was that.
fn explained(step: &Step, failure: Failure) -> Failure {
    let (kind, name) = step.thing();
    let error = match failure {
        Failure::Client(ClientError::Refused(error)) => error,
        other => return other,
    };
    let meanwhile = matches!(
        (error.code, step.action()),
        (ErrorCode::PreconditionFailed, _)
            | (ErrorCode::AlreadyExists, "create")
            | (ErrorCode::NotFound, "change" | "remove")
    );
    if !meanwhile {
        return Failure::Stopped { at: (kind, name.to_owned()), error: Box::new(error) };
    }
    let mut explained = refusal::plan_is_old(kind, name);
    explained.code = error.code;
    ClientError::from(explained).into()
}
