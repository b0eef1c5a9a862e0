//! Owns `nasctl audit`: who changed what.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::reach::Node;
use crate::table::{columns, visible};
use crate::{output, when};
use clap::Subcommand;
use nasd_api::{AuditAt, AuditRecord, AuditVerdict, Nothing, ReadAudit, VerifyAudit};

/// The audit log: who changed what
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Show the audit log, newest first
    List {
        /// Only records older than this number, to go on where the last list ended
        #[arg(long, value_name = "N")]
        before: Option<u64>,
        /// How many [default: 100]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: Option<u32>,
    },
    /// Check that no record was altered or taken out; exit status 1 when one was
    Verify,
}

impl Asked for AuditCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            AuditCommand::List { before, limit } => {
                let asked = AuditAt { before, limit, ..AuditAt::default() };
                output::list(json, &node.ask::<ReadAudit>(asked).await?.items, table)
            }
            AuditCommand::Verify => {
                let verdict = node.ask::<VerifyAudit>(Nothing).await?;
                output::reply(json, &verdict, words)?;
                if verdict.intact { Ok(()) } else { Err(Failure::Local("the audit log is not whole".into())) }
            }
        }
    }
}

fn table(records: &[AuditRecord]) -> String {
    let heading = ["NUMBER", "AT", "WHO", "FROM", "THROUGH", "ACTION", "OUTCOME"];
    columns(&heading, records, "There are no such records.", |record| {
        [
            record.seq.to_string(),
            when::utc(record.at),
            record.actor.clone(),
            record.address.clone(),
            record.through.clone(),
            record.action.clone(),
            match record.times {
                0 | 1 => record.outcome.clone(),
                times => format!("{} ({times} times)", record.outcome),
            },
        ]
    })
}

fn words(verdict: &AuditVerdict) -> String {
    let mut text = format!("{}\n", visible(&verdict.verdict));
    if let Some(head) = &verdict.head {
        text += &format!("newest hash: {}\n", visible(head));
        text += "Keep it elsewhere: a log that is written anew later does not contain it.\n";
    }
    text
}
