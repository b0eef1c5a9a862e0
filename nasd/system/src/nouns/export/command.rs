//! What can be asked of exports.

use crate::noun::Described;
use nasd_base::export::ClientRule;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExportCommand {
    /// Refused when the path is exported, unless it is exactly so: then it is done already.
    Create {
        path: String,
        volume: String,
        clients: Vec<ClientRule>,
    },
    /// Replaces the client rules of an export that there is.
    SetClients {
        path: String,
        clients: Vec<ClientRule>,
    },
    Delete {
        path: String,
    },
}

impl Described for ExportCommand {
    fn describe(&self) -> String {
        match self {
            ExportCommand::Create { path, volume, clients } => {
                format!("export volume {volume} as {path} to {}", networks(clients))
            }
            ExportCommand::SetClients { path, clients } => {
                format!("set the clients of export {path} to {}", networks(clients))
            }
            ExportCommand::Delete { path } => format!("delete export {path}"),
        }
    }
}

fn networks(clients: &[ClientRule]) -> String {
    let networks: Vec<String> = clients.iter().map(|rule| rule.network.to_string()).collect();
    networks.join(", ")
}
