//! Owns `nasctl snmp community`: communities of SNMPv2c. What is sent comes from a file, never from the command line.

use super::sources::listed;
use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::columns;
use crate::{names, output, secret_input, terminal};
use clap::{Args, Subcommand, ValueHint};
use nasd_api::{
    ChangeSnmpCommunity, Client, CreateSnmpCommunity, DeleteSnmpCommunity, ListSnmpCommunities, Nothing,
    ReadSnmpCommunity, SNMP_VIEW, SnmpAt, SnmpCommunity, SnmpSource,
};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum CommunityCommand {
    /// List the communities
    List(ListArgs),
    /// Show one community, and never what is sent
    Show {
        #[arg(value_name = "COMMUNITY", add = names::snmp_communities())]
        name: String,
    },
    /// Let whoever sends a word read
    ///
    /// The word has 8 to 64 visible ASCII characters and is sent in clear: prefer `nasctl snmp user`.
    Create {
        /// What it is called here; not the word
        name: String,
        /// A file with the word; `-` is standard input
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        community_file: PathBuf,
        /// What may be read
        #[arg(long, default_value = SNMP_VIEW, add = names::snmp_views())]
        view: String,
        /// An address or network that may ask, 0.0.0.0/0 for everywhere; say it once for each
        #[arg(long = "from", value_name = "NETWORK", required = true)]
        sources: Vec<SnmpSource>,
    },
    /// Change what a community may read, from where, or what is sent; what is not said stays
    Set(SetCommunity),
    /// Delete a community: nothing that is asked with it is answered any more
    Delete {
        #[arg(value_name = "COMMUNITY", add = names::snmp_communities())]
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct CommunityChanges {
    /// A file with another word to send; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    community_file: Option<PathBuf>,
    /// What may be read
    #[arg(long, add = names::snmp_views())]
    view: Option<String>,
    /// An address or network that may ask, instead of those that could; say it once for each
    #[arg(long = "from", value_name = "NETWORK")]
    sources: Vec<SnmpSource>,
}

#[derive(Debug, Args)]
pub struct SetCommunity {
    #[arg(value_name = "COMMUNITY", add = names::snmp_communities())]
    name: String,
    #[command(flatten)]
    changes: CommunityChanges,
}

impl Asked for CommunityCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            CommunityCommand::List(asked) => asked.print::<ListSnmpCommunities>(node, json, table).await,
            CommunityCommand::Show { name } => {
                output::one(json, &node.ask::<ReadSnmpCommunity>(SnmpAt::new(&name)).await?, table)
            }
            CommunityCommand::Create { name, community_file, view, sources } => {
                let community = secret_input::snmp(&community_file)?;
                let wanted = CreateSnmpCommunity { name, community, view, sources };
                output::one(json, &node.call::<CreateSnmpCommunity>(Nothing, &wanted).await?, table)
            }
            CommunityCommand::Set(asked) => set(node, asked, json).await,
            CommunityCommand::Delete { name, yes } => {
                node.ask::<ReadSnmpCommunity>(SnmpAt::new(&name)).await?;
                terminal::names("SNMP community", &name, yes)?;
                node.ask::<DeleteSnmpCommunity>(SnmpAt::new(&name)).await?;
                output::done(json, &format!("Deleted SNMP community {name}."))
            }
        }
    }
}

async fn set(node: &Client, SetCommunity { name, changes }: SetCommunity, json: bool) -> Result<(), Failure> {
    let CommunityChanges { community_file, view, sources } = changes;
    let community = community_file.as_deref().map(secret_input::snmp).transpose()?;
    let was = node.ask::<ReadSnmpCommunity>(SnmpAt::new(&name)).await?;
    let sources = if sources.is_empty() { was.sources } else { sources };
    let wanted = ChangeSnmpCommunity { community, view: view.unwrap_or(was.view), sources };
    let set = node.call_if::<ChangeSnmpCommunity>(SnmpAt::new(&name), &wanted, Some(&was.etag)).await?;
    output::one(json, &set, table)
}

fn table(communities: &[SnmpCommunity]) -> String {
    let nothing = "There are no SNMP communities. Nothing is answered to SNMPv2c until there is one.";
    columns(&["COMMUNITY", "VIEW", "FROM"], communities, nothing, |community| {
        [community.name.clone(), community.view.clone(), listed(&community.sources)]
    })
}
