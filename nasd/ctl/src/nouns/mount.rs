//! Owns `nasctl mount`, `unmount` and `mounts`: volumes in the node's own file tree.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::columns;
use crate::{names, output};
use clap::{Args, ValueHint};
use nasd_api::{ListMounts, MountAt, MountInfo, MountRequest, Nothing, Unmount, refusal};
use std::path::{Path, PathBuf};

/// Mount a volume in the node's own file tree
#[derive(Debug, Args)]
pub struct MountArgs {
    #[arg(add = names::volumes())]
    pub volume: String,
    /// An empty directory on the node; with --server one below its directory for mounts, where nasd makes it
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub at: PathBuf,
    #[arg(long)]
    pub read_only: bool,
    /// Setuid and setgid programs and file capabilities have effect; as root of the node only
    #[arg(long)]
    pub suid: bool,
    /// Device files open devices of the node; as root of the node only
    #[arg(long)]
    pub dev: bool,
}

/// Unmount a volume, once all that was written is durable
#[derive(Debug, Args)]
pub struct UnmountArgs {
    /// Where it is mounted
    #[arg(value_name = "DIR", add = names::mounts())]
    at: PathBuf,
}

/// List the node's mounts
#[derive(Debug, Args)]
pub struct MountsArgs {
    /// Only the one at this directory
    #[arg(value_name = "DIR", add = names::mounts())]
    at: Option<PathBuf>,
    #[command(flatten)]
    asked: ListArgs,
}

impl Asked for MountArgs {
    async fn run(self, node: &Node, json: bool) -> Result<(), Failure> {
        let MountArgs { volume, at, read_only, suid, dev } = self;
        let request = MountRequest { volume, at: absolute(node, &at)?, read_only, suid, dev };
        let mounted = node.client().await?.call::<MountRequest>(Nothing, &request).await?;
        output::reply(json, &mounted, |mount| {
            format!("Mounted {} at {}.\n", mount.volume, mount.at.display())
        })
    }
}

impl Asked for UnmountArgs {
    async fn run(self, node: &Node, json: bool) -> Result<(), Failure> {
        let at = absolute(node, &self.at)?;
        let text = at.to_str().ok_or_else(|| Failure::Usage("the path is not UTF-8".into()))?;
        node.client().await?.ask::<Unmount>(MountAt::new(text)).await?;
        output::done(json, &format!("Unmounted {text}; everything written is durable."))
    }
}

impl Asked for MountsArgs {
    async fn run(self, node: &Node, json: bool) -> Result<(), Failure> {
        let client = &node.client().await?;
        let Some(at) = self.at else { return self.asked.print::<ListMounts>(client, json, table).await };
        let at = absolute(node, &at)?;
        let mount = client.all::<ListMounts>().await?.into_iter().find(|mount| mount.at == at);
        output::one(json, &mount.ok_or_else(|| refusal::not_mounted(at.display()))?, table)
    }
}

/// The node has another working directory than we do.
fn absolute(node: &Node, path: &Path) -> Result<PathBuf, Failure> {
    if node.is_remote() && !path.is_absolute() {
        return Err(Failure::Usage(format!(
            "{} is to be a path on the server: begin it with /",
            path.display()
        )));
    }
    let path =
        std::path::absolute(path).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
    if path.to_str().is_none() {
        return Err(Failure::Usage(format!("{} is not UTF-8", path.display())));
    }
    Ok(path)
}

fn table(mounts: &[MountInfo]) -> String {
    columns(&["VOLUME", "MOUNTED AT", "ACCESS"], mounts, "Nothing is mounted.", |mount| {
        let access = if mount.read_only { "read-only" } else { "read-write" };
        let more = [(mount.suid, ", setuid programs"), (mount.dev, ", devices")];
        let more: String = more.iter().filter(|(has, _)| *has).map(|(_, word)| *word).collect();
        [mount.volume.clone(), mount.at.display().to_string(), format!("{access}{more}")]
    })
}
