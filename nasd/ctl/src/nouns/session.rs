//! Owns `nasctl session`: who is logged in.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::columns;
use crate::{names, output, when};
use clap::Subcommand;
use nasd_api::{EndSession, ListSessions, SessionAt, SessionInfo, refusal};

/// Sessions: who is logged in
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// List the sessions
    List(ListArgs),
    /// Show one session
    Show {
        /// As `nasctl session list` shows it
        #[arg(value_name = "SESSION", add = names::sessions())]
        id: String,
    },
    /// End a session: its browser has to log in again
    End {
        /// As `nasctl session list` shows it
        #[arg(value_name = "SESSION", add = names::sessions())]
        id: String,
    },
}

impl Asked for SessionCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            SessionCommand::List(asked) => asked.print::<ListSessions>(node, json, table).await,
            SessionCommand::Show { id } => {
                let session = node.all::<ListSessions>().await?.into_iter().find(|session| session.id == id);
                let session = session.ok_or_else(refusal::unknown_session)?;
                output::one(json, &session, table)
            }
            SessionCommand::End { id } => {
                node.ask::<EndSession>(SessionAt::new(&id)).await?;
                output::done(json, &format!("Ended session {id}."))
            }
        }
    }
}

fn table(sessions: &[SessionInfo]) -> String {
    let heading = ["SESSION", "USER", "ADDRESS", "BEGAN", "LAST SEEN", "ENDS"];
    columns(&heading, sessions, "Nobody is logged in.", |session| {
        [
            session.id.clone(),
            session.user.clone(),
            session.address.clone(),
            when::utc(session.created),
            when::utc(session.last_seen),
            when::utc(session.expires),
        ]
    })
}
