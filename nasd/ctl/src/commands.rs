//! Owns what each command asks of the node.

use crate::args::{
    ClusterCommand, Command, CreateExportArgs, ExportCommand, Limit, MountArgs, NodeCommand, SetExportArgs,
    VolumeCommand,
};
use crate::failure::Failure;
use crate::reach::Node;
use crate::{
    api_token, audit, certificate, client, config, disk, events, group, output, performance, secret_input,
    session, settings, task, terminal, user, views,
};
use nasd_api::{
    Client, ClientError, ClusterCreate, ClusterJoin, CreateExport, CreateSetupToken, CreateToken,
    CreateVolume, DeleteExport, DeleteVolume, ExportAt, Limits, ListExports, ListMounts, ListNodes,
    ListVolumes, MountAt, MountRequest, Nothing, ReadCluster, ReadCounters, RotateAuthority, SetClients,
    SetLimits, Token, Unmount, VolumeAt, VolumeInfo, refusal,
};
use nasd_base::{Clock, SystemClock};
use std::path::{Path, PathBuf};

pub async fn run(at: &Node, command: Command, json: bool) -> Result<(), Failure> {
    check_place(at, &command)?;
    let node = match command {
        // Making a token is what somebody without one begins with.
        Command::Token(command) => return api_token::run(at, command, json).await,
        // A file that cannot be read is no matter of the node.
        Command::Config(command) => return config::run(at, command, json).await,
        _ => at.client().await?,
    };
    match command {
        Command::Disk(command) => disk::run(&node, command, json).await,
        Command::Client(command) => client::run(&node, command, json).await,
        Command::Task(command) => task::run(&node, command, json).await,
        Command::Performance(arguments) => performance::run(&node, arguments, json).await,
        Command::Events(arguments) => events::run(&node, arguments, json).await,
        Command::User(command) => user::run(&node, command, json).await,
        Command::Group(command) => group::run(&node, command, json).await,
        Command::Settings(command) => settings::run(&node, command, json).await,
        Command::Session(command) => session::run(&node, command, json).await,
        Command::Audit(command) => audit::run(&node, command, json).await,
        Command::Certificate(command) => certificate::run(at, &node, command, json).await,
        Command::Token(_) | Command::Config(_) => unreachable!("ran before"),
        Command::Cluster(command) => cluster(&node, command, json).await,
        Command::Node(NodeCommand::List) => {
            output::reply(json, &node.all::<ListNodes>().await?, |nodes| views::nodes(nodes))
        }
        Command::Volume(command) => volume(&node, command, json).await,
        Command::Export(command) => export(&node, command, json).await,
        Command::Mount(MountArgs { volume, at, read_only, suid, dev }) => {
            let request = MountRequest { volume, at: absolute(&at)?, read_only, suid, dev };
            let mounted = node.call::<MountRequest>(Nothing, &request).await?;
            output::reply(json, &mounted, |mount| {
                format!("Mounted {} at {}.\n", mount.volume, mount.at.display())
            })
        }
        Command::Unmount { at } => {
            let at = absolute(&at)?;
            let text = at.to_str().ok_or_else(|| Failure::Usage("the path is not UTF-8".into()))?;
            node.ask::<Unmount>(MountAt::new(text)).await?;
            output::done(json, &format!("Unmounted {text}; everything written is durable."))
        }
        Command::Mounts => {
            output::reply(json, &node.all::<ListMounts>().await?, |mounts| views::mounts(mounts))
        }
        Command::Counters => output::reply(json, &node.ask::<ReadCounters>(Nothing).await?, views::counters),
        Command::Completion { .. } | Command::Man { .. } => unreachable!("need no node and ran before"),
    }
}

/// What is a matter of the node itself is not asked of a server elsewhere.
fn check_place(at: &Node, command: &Command) -> Result<(), Failure> {
    let elsewhere = |path: &Path| at.is_remote() && !path.is_absolute();
    match command {
        Command::Cluster(ClusterCommand::Join { .. }) if at.is_remote() => Err(Failure::Usage(
            "a node that is to join listens on its own socket only: run this there".into(),
        )),
        Command::Mount(MountArgs { at: path, .. }) | Command::Unmount { at: path } if elsewhere(path) => {
            Err(Failure::Usage(format!("{} is to be a path on the server: begin it with /", path.display())))
        }
        _ => Ok(()),
    }
}

/// The node has another working directory than we do.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let path =
        std::path::absolute(path).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
    if path.to_str().is_none() {
        return Err(Failure::Usage(format!("{} is not UTF-8", path.display())));
    }
    Ok(path)
}

async fn cluster(node: &Client, command: ClusterCommand, json: bool) -> Result<(), Failure> {
    match command {
        ClusterCommand::Create { name, advertise } => {
            let status = node.call::<ClusterCreate>(Nothing, &ClusterCreate { name, advertise }).await?;
            output::reply(json, &status, views::status)
        }
        ClusterCommand::Join { token_file, advertise } => {
            let token = secret_input::token(token_file.as_deref())?;
            let status = node.call::<ClusterJoin>(Nothing, &ClusterJoin { token, advertise }).await?;
            output::reply(json, &status, views::status)
        }
        ClusterCommand::Status => {
            output::reply(json, &node.ask::<ReadCluster>(Nothing).await?, views::status)
        }
        ClusterCommand::RotateAuthority => {
            output::reply(json, &node.ask::<RotateAuthority>(Nothing).await?, crate::task::begun_text)
        }
        ClusterCommand::SetupToken => {
            let setup = node.ask::<CreateSetupToken>(Nothing).await?;
            output::reply(json, &setup, |setup| format!("{}\n", setup.token.reveal()))
        }
        ClusterCommand::Token { ttl } => {
            let token = node.call::<CreateToken>(Nothing, &CreateToken { ttl_seconds: ttl }).await?;
            if !json {
                eprintln!("{}", validity(&token));
            }
            output::reply(json, &token, |token| format!("{}\n", token.token.reveal()))
        }
    }
}

/// How long a token is good for. On standard error, so that the token alone can go into a file.
fn validity(token: &Token) -> String {
    let left = token.expires.saturating_sub(SystemClock.now().secs).max(0);
    format!("This token lets one node join, once, within {left} s. Keep it secret until then.")
}

async fn volume(node: &Client, command: VolumeCommand, json: bool) -> Result<(), Failure> {
    match command {
        VolumeCommand::Create { name, replicas, limit_bytes, limit_files } => {
            let limits = Limits { bytes: limit_bytes, files: limit_files };
            let made = node.call::<CreateVolume>(Nothing, &CreateVolume { name, replicas, limits }).await?;
            output::reply(json, &made, |volume| views::volumes(std::slice::from_ref(volume)))
        }
        VolumeCommand::Set { name, limit_bytes, limit_files } => {
            let mut limits = find_volume(node, &name).await?.limits;
            limits.bytes = limit_bytes.map_or(limits.bytes, |Limit(bytes)| bytes);
            limits.files = limit_files.map_or(limits.files, |Limit(files)| files);
            let set = node.call_if::<SetLimits>(VolumeAt::new(&name), &limits, None).await?;
            output::reply(json, &set, |volume| views::volumes(std::slice::from_ref(volume)))
        }
        VolumeCommand::List => {
            output::reply(json, &node.all::<ListVolumes>().await?, |volumes| views::volumes(volumes))
        }
        VolumeCommand::Delete { name, yes } => delete_volume(node, &name, yes, json).await,
    }
}

async fn find_volume(node: &Client, name: &str) -> Result<VolumeInfo, Failure> {
    let volume = node.all::<ListVolumes>().await?.into_iter().find(|volume| volume.name == name);
    let missing = || ClientError::from(refusal::unknown_volume(name));
    Ok(volume.ok_or_else(missing)?)
}

async fn delete_volume(node: &Client, name: &str, yes: bool, json: bool) -> Result<(), Failure> {
    let volume = find_volume(node, name).await?;
    if !json {
        eprint!(
            "{}",
            views::impact(&volume, &node.all::<ListExports>().await?, &node.all::<ListMounts>().await?)
        );
    }
    let question = "Type the name of the volume to delete it: ";
    if !yes && !terminal::types(question, name, "not deleted")? {
        return Err(Failure::Local("not deleted: the name was not typed".into()));
    }
    node.ask::<DeleteVolume>(VolumeAt::new(name)).await?;
    output::done(json, &format!("Deleted volume {name}."))
}

async fn export(node: &Client, command: ExportCommand, json: bool) -> Result<(), Failure> {
    match command {
        ExportCommand::Create(CreateExportArgs { path, volume, clients }) => {
            let made = node.call::<CreateExport>(Nothing, &CreateExport { path, volume, clients }).await?;
            output::reply(json, &made, views::created_export)
        }
        ExportCommand::List => {
            output::reply(json, &node.all::<ListExports>().await?, |exports: &Vec<_>| views::exports(exports))
        }
        ExportCommand::Set(SetExportArgs { path, clients, .. }) => {
            let export = node.all::<ListExports>().await?.into_iter().find(|export| export.path == path);
            let missing = || ClientError::from(refusal::unknown_export(&path));
            let etag = export.ok_or_else(missing)?.etag;
            let at = ExportAt { path };
            let set = node.call_if::<SetClients>(at, &SetClients { clients }, Some(&etag)).await?;
            output::reply(json, &set, views::set_export)
        }
        ExportCommand::Delete { path } => {
            node.ask::<DeleteExport>(ExportAt { path: path.clone() }).await?;
            output::done(json, &format!("{path} is not exported any more; the volume is untouched."))
        }
    }
}
