//! Owns `nasctl session`: who is logged in.

use crate::failure::Failure;
use crate::table::Table;
use crate::{output, when};
use clap::Subcommand;
use nasd_api::{Client, EndSession, ListSessions, SessionAt, SessionInfo};

#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// List the sessions
    List,
    /// End a session: its browser has to log in again
    End {
        /// As `nasctl session list` shows it
        id: String,
    },
}

pub async fn run(node: &Client, command: SessionCommand, json: bool) -> Result<(), Failure> {
    match command {
        SessionCommand::List => {
            output::reply(json, &node.all::<ListSessions>().await?, |sessions| table(sessions))
        }
        SessionCommand::End { id } => {
            node.ask::<EndSession>(SessionAt::new(&id)).await?;
            output::done(json, &format!("Ended session {id}."))
        }
    }
}

fn table(sessions: &[SessionInfo]) -> String {
    let mut table = Table::new(&["SESSION", "USER", "ADDRESS", "BEGAN", "LAST SEEN", "ENDS"]);
    for session in sessions {
        table.row([
            session.id.clone(),
            session.user.clone(),
            session.address.clone(),
            when::utc(session.created),
            when::utc(session.last_seen),
            when::utc(session.expires),
        ]);
    }
    table.or("Nobody is logged in.")
}
