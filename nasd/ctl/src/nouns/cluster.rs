//! Owns `nasctl cluster`: creating, joining and watching it.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::nouns::{node, task, volume};
use crate::reach::{Node, Reach};
use crate::table::{bytes, visible};
use crate::{language, output, secret_input};
use clap::{Subcommand, ValueHint};
use nasd_api::{
    ClusterCreate, ClusterJoin, ClusterStatus, CreateSetupToken, CreateToken, Nothing, ReadCluster,
    RotateAuthority, Token,
};
use nasd_base::address::read_host_port;
use nasd_base::{Clock, SystemClock};
use std::path::PathBuf;

/// Create, join and watch the cluster
#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// Make this node the first of a new cluster
    Create {
        /// What to call the cluster
        #[arg(long)]
        name: String,
        /// Where other nodes reach this one [default: what nasd was told or chose when it started]
        #[arg(long, value_name = "HOST:PORT", value_parser = read_host_port)]
        advertise: Option<String>,
    },
    /// Make this node a member of a cluster
    ///
    /// The token comes from `nasctl cluster token` on a member. It is read from a file or from standard
    /// input, never from the command line: other users of the machine can read command lines.
    Join {
        /// The file that holds the token [default: standard input]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        token_file: Option<PathBuf>,
        /// Where other nodes reach this one [default: what nasd was told or chose when it started]
        #[arg(long, value_name = "HOST:PORT", value_parser = read_host_port)]
        advertise: Option<String>,
    },
    /// Show how the cluster, its nodes and its volumes do
    Status,
    /// Give the cluster another authority: what shows machines that join that this is their cluster
    ///
    /// For when the key of the old one may be known, for instance after a node's disk was stolen (remove that node
    /// first). Nodes know each other by their own keys and go on working; each takes the new authority over, one that
    /// is off when it is back. Join tokens that were not used yet are void.
    RotateAuthority,
    /// Print a token that makes the first administrator of the management interface, once, within 24 hours
    ///
    /// Refused when there is an administrator already. It is used with POST /api/v1/setup.
    SetupToken,
    /// Print a token that lets one node join, once
    Token {
        /// How long it is good for [default: 900]
        #[arg(long, value_name = "SECONDS")]
        ttl: Option<u32>,
    },
}

impl Asked for ClusterCommand {
    /// Where the command is to go: the token file of `join` is for joining, not for logging in.
    fn place(&self, reach: Reach) -> Reach {
        match self {
            ClusterCommand::Join { .. } => Reach { token_file: None, ..reach },
            _ => reach,
        }
    }

    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        if at.is_remote() && matches!(self, ClusterCommand::Join { .. }) {
            return Err(Failure::Usage(
                "a node that is to join listens on its own socket only: run this there".into(),
            ));
        }
        let node = &at.client().await?;
        match self {
            ClusterCommand::Create { name, advertise } => {
                let joined = node.call::<ClusterCreate>(Nothing, &ClusterCreate { name, advertise }).await?;
                output::reply(json, &joined, status)
            }
            ClusterCommand::Join { token_file, advertise } => {
                let token = secret_input::token(token_file.as_deref())?;
                let joined = node.call::<ClusterJoin>(Nothing, &ClusterJoin { token, advertise }).await?;
                output::reply(json, &joined, status)
            }
            ClusterCommand::Status => output::reply(json, &node.ask::<ReadCluster>(Nothing).await?, status),
            ClusterCommand::RotateAuthority => {
                output::reply(json, &node.ask::<RotateAuthority>(Nothing).await?, task::begun_text)
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
}

/// How long a token is good for. On standard error, so that the token alone can go into a file.
fn validity(token: &Token) -> String {
    let left = token.expires.saturating_sub(SystemClock.now().secs).max(0);
    format!("This token lets one node join, once, within {left} s. Keep it secret until then.")
}

/// The whole cluster on one screen, the verdict first.
fn status(status: &ClusterStatus) -> String {
    let name = |id| match status.nodes.iter().find(|node| node.id == id) {
        Some(node) => visible(&node.name).to_string(),
        None => format!("node {id}"),
    };
    let leader = status.leader.map_or("no leader".to_owned(), |id| format!("led by {}", name(id)));
    let quorum = if status.quorum { "a majority is reachable" } else { "NO majority is reachable" };
    let said = std::iter::once(&status.headline).chain(&status.causes);
    let said: Vec<String> = said.map(|sentence| sentence.said(language::here())).collect();
    format!(
        "cluster {} ({}), as {} sees it\n{}: {}\nsystem group: {leader}, term {}; {quorum}\nspace: {} used, {} free (file data, one copy)\n\n{}\n{}",
        visible(&status.name),
        visible(&status.id),
        name(status.node),
        volume::health(status.health),
        visible(&said.join(" ")),
        status.term,
        bytes(status.space.used_bytes),
        bytes(status.space.free_bytes),
        node::table(&status.nodes),
        volume::table(&status.volumes),
    )
}
