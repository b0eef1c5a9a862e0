//! Owns `nasctl snmp`: who may ask how the cluster does, and what is answered.

mod community;
mod config;
mod sources;
mod user;
pub mod view;

pub use config::SnmpSection;

use crate::asked::Asked;
use crate::failure::Failure;
use crate::output;
use crate::reach::Node;
use crate::table::{columns, or_dash};
use clap::{Args, Subcommand};
use community::CommunityCommand;
use nasd_api::{ChangeSnmp, Nothing, ReadSnmp, Snmp};
use user::UserCommand;
use view::ViewCommand;

/// Monitoring with SNMP: users, communities, and the views that they read
#[derive(Debug, Subcommand)]
pub enum SnmpCommand {
    /// Show contact, location, and the nodes with their engine ids
    Show,
    /// Say whom to ask about the cluster, and where it is; what is not said stays
    Set(SetSnmp),
    /// Users of SNMPv3: what they read is signed, and enciphered unless said otherwise
    #[command(subcommand)]
    User(UserCommand),
    /// Communities of SNMPv2c: words that are sent in clear
    #[command(subcommand)]
    Community(CommunityCommand),
    /// Views: which objects users and communities may read
    #[command(subcommand)]
    View(ViewCommand),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct SetSnmp {
    /// Who looks after the cluster (sysContact)
    #[arg(long)]
    contact: Option<String>,
    /// Where it is (sysLocation)
    #[arg(long)]
    location: Option<String>,
}

impl Asked for SnmpCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        match self {
            SnmpCommand::Show => {
                output::reply(json, &at.client().await?.ask::<ReadSnmp>(Nothing).await?, shown)
            }
            SnmpCommand::Set(SetSnmp { contact, location }) => {
                let node = at.client().await?;
                let Snmp { contact: was, location: place, etag, .. } = node.ask::<ReadSnmp>(Nothing).await?;
                let (contact, location) = (contact.unwrap_or(was), location.unwrap_or(place));
                let set = ChangeSnmp { contact, location };
                output::reply(json, &node.call_if::<ChangeSnmp>(Nothing, &set, Some(&etag)).await?, shown)
            }
            SnmpCommand::User(command) => command.run(at, json).await,
            SnmpCommand::Community(command) => command.run(at, json).await,
            SnmpCommand::View(command) => command.run(at, json).await,
        }
    }
}

fn shown(snmp: &Snmp) -> String {
    let said = |text: &String| or_dash(Some(text).filter(|text| !text.is_empty()));
    let mut text = format!("contact   {}\nlocation  {}\n\n", said(&snmp.contact), said(&snmp.location));
    if snmp.users + snmp.communities == 0 {
        text += "Nothing is answered: nobody may ask. Allow somebody with `nasctl snmp user create`.\n\n";
    }
    text + &columns(&["NODE", "HOST", "ENGINE ID"], &snmp.nodes, "There are no nodes.", |node| {
        [node.node.clone(), node.host.clone(), node.engine_id.clone()]
    })
}
