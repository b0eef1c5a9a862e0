//! Owns `nasctl volume`: what files are stored in.

mod config;
mod size;
mod view;

pub use config::VolumeSection;
pub use view::{health, table};

use crate::failure::Failure;
use crate::nouns::Asked;
use crate::reach::Node;
use crate::{output, terminal};
use clap::Subcommand;
use nasd_api::{
    Client, ClientError, CreateVolume, DeleteVolume, Limits, ListExports, ListMounts, ListVolumes, Nothing,
    REPLICAS_MAX, SetLimits, VolumeAt, VolumeInfo, refusal,
};
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
        /// K, M, G and T stand for powers of 1024.
        #[arg(long, value_name = "BYTES", value_parser = size)]
        limit_bytes: Option<u64>,
        /// Files, directories and links that it may hold [default: as many as fit]
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
        limit_files: Option<u64>,
    },
    /// Change how much a volume may hold
    ///
    /// What is there already stays, even if it is more; only growth is refused.
    Set {
        name: String,
        /// As for create; `none` takes the limit away
        #[arg(long, value_name = "BYTES", value_parser = size_or_none, required_unless_present = "limit_files")]
        limit_bytes: Option<Limit>,
        /// As for create; `none` takes the limit away
        #[arg(long, value_name = "COUNT", value_parser = count_or_none)]
        limit_files: Option<Limit>,
    },
    /// List the volumes
    List,
    /// Destroy a volume and all files in it
    ///
    /// Shows what would be lost and asks for the volume's name; --yes answers that.
    Delete {
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
            VolumeCommand::Create { name, replicas, limit_bytes, limit_files } => {
                let limits = Limits { bytes: limit_bytes, files: limit_files };
                let made =
                    node.call::<CreateVolume>(Nothing, &CreateVolume { name, replicas, limits }).await?;
                output::reply(json, &made, |volume| table(std::slice::from_ref(volume)))
            }
            VolumeCommand::Set { name, limit_bytes, limit_files } => {
                let mut limits = find(node, &name).await?.limits;
                limits.bytes = limit_bytes.map_or(limits.bytes, |Limit(bytes)| bytes);
                limits.files = limit_files.map_or(limits.files, |Limit(files)| files);
                let set = node.call_if::<SetLimits>(VolumeAt::new(&name), &limits, None).await?;
                output::reply(json, &set, |volume| table(std::slice::from_ref(volume)))
            }
            VolumeCommand::List => {
                output::reply(json, &node.all::<ListVolumes>().await?, |volumes| table(volumes))
            }
            VolumeCommand::Delete { name, yes } => delete(node, &name, yes, json).await,
        }
    }
}

async fn find(node: &Client, name: &str) -> Result<VolumeInfo, Failure> {
    let volume = node.all::<ListVolumes>().await?.into_iter().find(|volume| volume.name == name);
    let missing = || ClientError::from(refusal::unknown_volume(name));
    Ok(volume.ok_or_else(missing)?)
}

async fn delete(node: &Client, name: &str, yes: bool, json: bool) -> Result<(), Failure> {
    let volume = find(node, name).await?;
    if !json {
        eprint!(
            "{}",
            view::impact(&volume, &node.all::<ListExports>().await?, &node.all::<ListMounts>().await?)
        );
    }
    let question = "Type the name of the volume to delete it: ";
    if !yes && !terminal::types(question, name, "not deleted")? {
        return Err(Failure::Local("not deleted: the name was not typed".into()));
    }
    node.ask::<DeleteVolume>(VolumeAt::new(name)).await?;
    output::done(json, &format!("Deleted volume {name}."))
}
