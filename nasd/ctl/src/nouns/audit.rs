//! Owns `nasctl audit`: who changed what.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::{columns, visible};
use crate::when::{self, When};
use crate::{language, names, output};
use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use nasd_api::refusal::Language;
use nasd_api::{AuditAt, AuditEnding, AuditRecord, AuditVerdict, Nothing, ReadAudit, VerifyAudit};
use nasd_base::{Clock, SystemClock};

/// The audit log: who changed what
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Show the audit log, newest first unless told otherwise
    ///
    /// With several filters it shows what fits all of them.
    List {
        /// Only records older than this number, to go on where the last list ended
        #[arg(long, value_name = "N")]
        before: Option<u64>,
        /// How many [default: 100]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: Option<u32>,
        /// Only what this user did or tried
        #[arg(long, value_name = "NAME", add = names::users())]
        user: Option<String>,
        /// Only what has this text in it, as --json shows the action: the name of a volume, for instance
        #[arg(long, value_name = "TEXT")]
        about: Option<String>,
        /// Only what ended so
        #[arg(long, value_parser = ending())]
        outcome: Option<AuditEnding>,
        /// Only from then on: 2026-11-28, 2026-11-28T07:15:00Z, or how long ago: 30m, 12h, 7d
        #[arg(long, value_name = "TIME", value_parser = when::read)]
        since: Option<When>,
        /// Only before then, written likewise
        #[arg(long, value_name = "TIME", value_parser = when::read)]
        until: Option<When>,
        #[command(flatten)]
        order: ListArgs,
    },
    /// Check that no record was altered or taken out; exit status 1 when one was
    Verify,
}

impl Asked for AuditCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            AuditCommand::List { before, limit, user, about, outcome, since, until, order } => {
                let now = SystemClock.now().secs;
                let [since, until] = [since, until].map(|moment| moment.map(|moment| moment.seconds(now)));
                let (sort, descending, filter) = order.order();
                let asked = AuditAt {
                    before,
                    limit,
                    user,
                    about,
                    ending: outcome,
                    since,
                    until,
                    sort,
                    descending,
                    filter,
                    ..AuditAt::default()
                };
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

/// By name; shells complete it.
fn ending() -> impl TypedValueParser<Value = AuditEnding> {
    PossibleValuesParser::new(["done", "refused", "failed"]).map(|name| AuditEnding::of(&name))
}

/// How it ended, and why.
fn outcome(record: &AuditRecord, language: Language) -> String {
    let word = match record.ending() {
        AuditEnding::Done => "done",
        AuditEnding::Refused => "refused",
        AuditEnding::Failed => "failed",
    };
    match record.why(language) {
        Some(why) => format!("{word}: {why}"),
        None => word.to_owned(),
    }
}

fn table(records: &[AuditRecord]) -> String {
    let language = language::here();
    let heading = ["NUMBER", "AT", "WHO", "FROM", "THROUGH", "ACTION", "OUTCOME"];
    columns(&heading, records, "There are no such records.", |record| {
        [
            record.seq.to_string(),
            when::utc(record.at),
            record.actor.clone(),
            record.place(),
            record.through.clone(),
            record.deed(language),
            match record.times {
                0 | 1 => outcome(record, language),
                times => format!("{} ({times} times)", outcome(record, language)),
            },
        ]
    })
}

fn words(verdict: &AuditVerdict) -> String {
    let mut text = format!("{}\n", visible(&verdict.verdict.said(language::here())));
    if let Some(head) = &verdict.head {
        text += &format!("newest hash: {}\n", visible(head));
        text += "Keep it elsewhere: a log that is written anew later does not contain it.\n";
    }
    text
}
