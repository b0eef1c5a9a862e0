//! Owns `nasctl volume`: what files are stored in.

mod config;
mod owner;
mod size;
mod view;

pub use config::VolumeSection;
pub use view::{health, table};

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::{names, output, terminal};
use clap::{ArgGroup, Subcommand};
use nasd_api::{
    Client, CreateVolume, DeleteVolume, Description, Limits, ListExports, ListMounts, ListVolumes, Mode,
    Nothing, REPLICAS_MAX, ReadVolume, RootDir, SetDescription, SetLimits, SetRoot, VolumeAt, VolumeInfo,
    refusal,
};
use owner::{Owner, owner};
use size::{Limit, count_or_none, size, size_or_none};

/// Volumes: what files are stored in
#[derive(Debug, Subcommand)]
pub enum VolumeCommand {
    /// Make a volume
    Create {
        name: String,
        /// How many nodes hold a copy [default: three, or all nodes of a smaller cluster]
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=i64::from(REPLICAS_MAX)))]
        replicas: Option<u8>,
        /// Bytes of data that it may hold, before compression [default: as many as fit]
        ///
        /// G and GiB are units of 1024, GB of 1000; K to E likewise.
        #[arg(long, value_name = "BYTES", value_parser = size)]
        limit_bytes: Option<u64>,
        /// Files, directories and links that it may hold [default: as many as fit]
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
        limit_files: Option<u64>,
        /// Whose the volume's root directory is [default: 0:0]
        #[arg(long, value_name = "UID:GID", value_parser = owner)]
        owner: Option<Owner>,
        /// Its permission bits, as for chmod [default: 1777, so that whoever may mount may write; with --owner 2770]
        #[arg(long)]
        mode: Option<Mode>,
        /// What it is for: a line or two
        #[arg(long, value_name = "TEXT", default_value_t, hide_default_value = true)]
        description: String,
    },
    /// Change how much a volume may hold, who may write into its root directory, and what is said of it
    ///
    /// What is there already stays, even if it is more than the new limit; only growth is refused. Files and directories
    /// in the volume keep their owners and modes.
    #[command(group = ArgGroup::new("what").args(["limit_bytes", "limit_files", "owner", "mode", "description"]).required(true).multiple(true))]
    Set {
        #[arg(value_name = "VOLUME", add = names::volumes())]
        name: String,
        /// As for create; `none` takes the limit away
        #[arg(long, value_name = "BYTES", value_parser = size_or_none)]
        limit_bytes: Option<Limit>,
        /// As for create; `none` takes the limit away
        #[arg(long, value_name = "COUNT", value_parser = count_or_none)]
        limit_files: Option<Limit>,
        /// As for create
        #[arg(long, value_name = "UID:GID", value_parser = owner)]
        owner: Option<Owner>,
        /// As for create
        #[arg(long)]
        mode: Option<Mode>,
        /// What it is for: a line or two; an empty text takes it away
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Show one volume
    Show {
        #[arg(value_name = "VOLUME", add = names::volumes())]
        name: String,
    },
    /// List the volumes
    List(ListArgs),
    /// Destroy a volume and all files in it
    ///
    /// Shows what would be lost and asks for the volume's name; --yes answers that.
    Delete {
        #[arg(value_name = "VOLUME", add = names::volumes())]
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

impl Asked for VolumeCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            VolumeCommand::Create { name, replicas, limit_bytes, limit_files, owner, mode, description } => {
                let limits = Limits { bytes: limit_bytes, files: limit_files };
                let usual = match owner {
                    Some(_) => RootDir { mode: Mode::OF_AN_OWNER, ..RootDir::default() },
                    None => RootDir::default(),
                };
                let root = root_dir(usual, owner, mode);
                let request = CreateVolume { name, replicas, limits, root, description };
                let made = node.call::<CreateVolume>(Nothing, &request).await?;
                output::one(json, &made, table)
            }
            VolumeCommand::Set { name, limit_bytes, limit_files, owner, mode, description } => {
                let mut volume = node.ask::<ReadVolume>(VolumeAt::new(&name)).await?;
                if owner.is_some() || mode.is_some() {
                    let unknown = || refusal::root_out_of_reach(&name);
                    let root = root_dir(volume.root.ok_or_else(unknown)?, owner, mode);
                    volume = node.call::<SetRoot>(VolumeAt::new(&name), &root).await?;
                }
                if limit_bytes.is_some() || limit_files.is_some() {
                    let mut limits = volume.limits;
                    limits.bytes = limit_bytes.map_or(limits.bytes, |Limit(bytes)| bytes);
                    limits.files = limit_files.map_or(limits.files, |Limit(files)| files);
                    volume = node.call_if::<SetLimits>(VolumeAt::new(&name), &limits, None).await?;
                }
                if let Some(description) = description {
                    let said = Description { description };
                    volume = node.call_if::<SetDescription>(VolumeAt::new(&name), &said, None).await?;
                }
                output::one(json, &volume, table)
            }
            VolumeCommand::Show { name } => {
                let volume = node.ask::<ReadVolume>(VolumeAt::new(&name)).await?;
                output::reply(json, &volume, view::one)
            }
            VolumeCommand::List(asked) => asked.print::<ListVolumes>(node, json, table).await,
            VolumeCommand::Delete { name, yes } => delete(node, &name, yes, json).await,
        }
    }
}

fn root_dir(now: RootDir, owner: Option<Owner>, mode: Option<Mode>) -> RootDir {
    let Owner { uid, gid } = owner.unwrap_or(Owner { uid: now.uid, gid: now.gid });
    RootDir { uid, gid, mode: mode.unwrap_or(now.mode) }
}

async fn find(node: &Client, name: &str) -> Result<VolumeInfo, Failure> {
    let volume = node.all::<ListVolumes>().await?.into_iter().find(|volume| volume.name == name);
    Ok(volume.ok_or_else(|| refusal::unknown_volume(name))?)
}

async fn delete(node: &Client, name: &str, yes: bool, json: bool) -> Result<(), Failure> {
    let volume = find(node, name).await?;
    if !json {
        eprint!(
            "{}",
            view::impact(&volume, &node.all::<ListExports>().await?, &node.all::<ListMounts>().await?)
        );
    }
    terminal::names("volume", name, yes)?;
    node.ask::<DeleteVolume>(VolumeAt::new(name)).await?;
    output::done(json, &format!("Deleted volume {name}."))
}
