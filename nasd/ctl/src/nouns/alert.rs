//! Owns `nasctl alert`: what is wrong, what was, who looks after it, and what is kept quiet.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::{columns, facts_of, or_dash, visible};
use crate::{language, names, output, when};
use clap::{Args, Subcommand};
use nasd_api::{
    AcknowledgeAlert, Alert, AlertAt, AlertState, CreateSilence, EndSilence, ListAlerts, ListPastAlerts,
    ListSilences, Nothing, ReadAlert, SILENCE_SECONDS_MAX, Silence, SilenceAt, alarm,
};
use nasd_base::alert::AlertKind;

/// Alerts: what is wrong, and what was
#[derive(Debug, Subcommand)]
pub enum AlertCommand {
    /// List what is wrong
    List(ListArgs),
    /// List what was wrong
    Past(ListArgs),
    /// Show one alert, and what to do about it
    Show {
        #[arg(add = names::alerts())]
        id: u64,
    },
    /// Say that you look after an alert; what waits for that is not delivered
    Acknowledge {
        #[arg(add = names::alerts())]
        id: u64,
        /// What you do about it
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Keep quiet about a kind of alerts, or what they are about, for a while
    ///
    /// They are listed as always, and delivered if they are still open when the silence ends.
    Silence(SilenceArgs),
    /// List the silences
    Silences(ListArgs),
    /// End a silence
    EndSilence {
        #[arg(add = names::silences())]
        id: u64,
    },
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").args(["kind", "object"]).required(true).multiple(true)))]
pub struct SilenceArgs {
    /// Of this kind, for instance node_down
    #[arg(long)]
    kind: Option<AlertKind>,
    /// About this: cluster, node/NAME, volume/NAME or disk/NODE/PATH
    #[arg(long)]
    object: Option<String>,
    /// For so long: 90m, 12h, 7d; at most 30 days
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    seconds: u32,
    /// Why
    #[arg(long, default_value = "")]
    why: String,
}

fn span(text: &str) -> Result<u32, String> {
    let bad = || format!("`{text}` is no time; write 90m, 12h or 7d, at most 30d");
    match when::read(text) {
        Ok(when::When::Ago(seconds)) => {
            u32::try_from(seconds).ok().filter(|seconds| *seconds <= SILENCE_SECONDS_MAX).ok_or_else(bad)
        }
        _ => Err(bad()),
    }
}

impl Asked for AlertCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            AlertCommand::List(asked) => asked.print::<ListAlerts>(node, json, open).await,
            AlertCommand::Past(asked) => asked.print::<ListPastAlerts>(node, json, past).await,
            AlertCommand::Show { id } => {
                output::reply(json, &node.ask::<ReadAlert>(AlertAt { id }).await?, shown)
            }
            AlertCommand::Acknowledge { id, note } => {
                let wanted = AcknowledgeAlert { note };
                output::reply(json, &node.call::<AcknowledgeAlert>(AlertAt { id }, &wanted).await?, shown)
            }
            AlertCommand::Silence(SilenceArgs { kind, object, seconds, why }) => {
                let wanted = CreateSilence { kind, object, seconds, why };
                output::one(json, &node.call::<CreateSilence>(Nothing, &wanted).await?, silences)
            }
            AlertCommand::Silences(asked) => asked.print::<ListSilences>(node, json, silences).await,
            AlertCommand::EndSilence { id } => {
                node.ask::<EndSilence>(SilenceAt { id }).await?;
                output::done(json, &format!("Silence {id} has ended."))
            }
        }
    }
}

fn open(alerts: &[Alert]) -> String {
    table(alerts, "Nothing is wrong.")
}

fn past(alerts: &[Alert]) -> String {
    table(alerts, "Nothing was wrong, as far as is remembered.")
}

fn table(alerts: &[Alert], nothing: &str) -> String {
    columns(&["ALERT", "SEVERITY", "STATE", "SINCE", "ABOUT", "WHAT"], alerts, nothing, |alert| {
        [
            alert.id.to_string(),
            alert.severity.to_string(),
            state(alert),
            when::utc(alert.raised),
            alert.name.clone(),
            alert.what.said(language::here()),
        ]
    })
}

/// With why nobody is told of it.
fn state(alert: &Alert) -> String {
    let state = match alert.state {
        AlertState::Raised => "raised",
        AlertState::Acknowledged => "acknowledged",
        AlertState::Ended => return "ended".to_owned(),
        AlertState::Unknown => "unknown",
    };
    let cause = alert.cause.map(|cause| format!("by {cause}"));
    let notes = [cause, alert.silenced.then(|| "silenced".into()), alert.flapping.then(|| "flapping".into())];
    notes.into_iter().flatten().fold(state.to_owned(), |state, note| format!("{state}, {note}"))
}

fn shown(alert: &Alert) -> String {
    let said = |sentence: &nasd_api::Sentence| visible(&sentence.said(language::here()));
    let after = alert.acknowledged.as_ref().map(|it| match it.note.as_str() {
        "" => format!("{}, {}", it.by, when::utc(it.at)),
        note => format!("{}, {}: {note}", it.by, when::utc(it.at)),
    });
    let facts = [
        ("kind", alert.kind.to_string()),
        ("severity", alert.severity.to_string()),
        ("state", state(alert)),
        ("about", format!("{} ({})", alert.name, alert.object)),
        ("since", when::utc(alert.raised)),
        ("ended", or_dash(alert.ended.map(when::utc))),
        ("acknowledged", or_dash(after)),
        ("consequences", alert.consequences.to_string()),
    ];
    let title = alarm::title(alert.kind, language::here());
    let facts = facts_of("ALERT", &alert.id.to_string(), facts);
    format!("{title}: {}\n{}\n\n{facts}", said(&alert.what), said(&alert.advice))
}

fn silences(silences: &[Silence]) -> String {
    columns(
        &["SILENCE", "KIND", "ABOUT", "UNTIL", "BY", "WHY"],
        silences,
        "Nothing is silenced.",
        |silence| {
            [
                silence.id.to_string(),
                or_dash(silence.kind),
                or_dash(silence.name.as_ref()),
                when::utc(silence.until),
                silence.by.clone(),
                silence.why.clone(),
            ]
        },
    )
}
