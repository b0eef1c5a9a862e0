//! Owns `nasctl export`: what NFS clients can mount, and who may.

mod config;
mod refused;

pub use config::ExportSection;

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::{columns, facts_of, visible};
use crate::{names, output};
use clap::{Args, Subcommand};
use nasd_api::{
    Client, ClientRule, CreateExport, DeleteExport, Export, ExportAt, ListExports, Nothing, SetClients,
    refusal,
};
use nasd_base::address::read_ip;
use nasd_base::export::admitting;
use refused::RefusedArgs;
use serde::Serialize;
use std::net::IpAddr;

/// Exports: what NFS clients can mount, and who may
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Let NFS clients mount a volume
    ///
    /// Without --client nobody can mount it. The first rule whose network holds a client decides.
    Create(CreateExportArgs),
    /// List the exports and who may mount them
    List {
        /// Say of each export under which rule this client mounts it, or that it may not
        #[arg(long, value_name = "ADDRESS", value_parser = read_ip)]
        for_client: Option<IpAddr>,
        #[command(flatten)]
        asked: ListArgs,
    },
    /// List whom the client rules refused within a day, the latest first
    ///
    /// A node remembers it until it restarts. What permissions refuse is not in it.
    Refused(RefusedArgs),
    /// Show one export: its volume and its rules, in the order in which they decide
    Show {
        /// The export's path, for instance /demo
        #[arg(add = names::exports())]
        path: String,
    },
    /// Replace who may mount an export, at once and without a gap
    Set(SetExportArgs),
    /// Stop exporting a path; the volume stays
    Delete {
        /// The export's path, for instance /demo
        #[arg(add = names::exports())]
        path: String,
    },
}

#[derive(Debug, Args)]
pub struct CreateExportArgs {
    /// What clients mount, for instance /demo
    pub path: String,
    #[arg(long, add = names::volumes())]
    pub volume: String,
    /// Who may mount it and how: NETWORK[:ro|rw][:root_squash|all_squash|no_root_squash][:secure|insecure]
    /// [:anonuid=N][:anongid=N], for instance 192.0.2.0/24:ro. Read-write, root_squash and secure unless said
    /// otherwise. secure: only calls from ports below 1024 are taken, which on the client need root; with insecure
    /// any program there can act as any user
    #[arg(long = "client", value_name = "RULE")]
    pub clients: Vec<ClientRule>,
}

#[derive(Debug, Args)]
pub struct SetExportArgs {
    /// The export's path, for instance /demo
    #[arg(add = names::exports())]
    pub path: String,
    /// Who may mount it and how, as for create, instead of all rules that there were; say it once for each rule
    #[arg(long = "client", value_name = "RULE", required_unless_present = "nobody")]
    pub clients: Vec<ClientRule>,
    /// No rules: nobody can mount it
    #[arg(long, conflicts_with = "clients")]
    pub nobody: bool,
}

impl Asked for ExportCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            ExportCommand::Create(CreateExportArgs { path, volume, clients }) => {
                let made =
                    node.call::<CreateExport>(Nothing, &CreateExport { path, volume, clients }).await?;
                output::reply(json, &made, created)
            }
            ExportCommand::List { for_client: None, asked } => {
                asked.print::<ListExports>(node, json, table).await
            }
            ExportCommand::List { for_client: Some(client), asked } => {
                // What is exported above one decides, too.
                let (all, shown) = (node.all::<ListExports>().await?, asked.ask::<ListExports>(node).await?);
                output::reply(json, &answers(&all, &shown, client), |answers| answered(answers))
            }
            ExportCommand::Refused(args) => refused::list(node, args, json).await,
            ExportCommand::Show { path } => output::reply(json, &find(node, &path).await?, shown),
            ExportCommand::Set(SetExportArgs { path, clients, .. }) => {
                let etag = find(node, &path).await?.etag;
                let at = ExportAt { path };
                let changed = node.call_if::<SetClients>(at, &SetClients { clients }, Some(&etag)).await?;
                output::reply(json, &changed, set)
            }
            ExportCommand::Delete { path } => {
                node.ask::<DeleteExport>(ExportAt { path: path.clone() }).await?;
                output::done(json, &format!("{path} is not exported any more; the volume is untouched."))
            }
        }
    }
}

async fn find(node: &Client, path: &str) -> Result<Export, Failure> {
    let export = node.all::<ListExports>().await?.into_iter().find(|export| export.path == path);
    Ok(export.ok_or_else(|| refusal::unknown_export(path))?)
}

/// An export, a fact a line.
fn shown(export: &Export) -> String {
    let rules: Vec<String> = match export.clients.is_empty() {
        true => vec!["nobody: it has no client rule".to_owned()],
        false => export.clients.iter().map(ToString::to_string).collect(),
    };
    let mut rules = rules.into_iter();
    let first = ("may mount", rules.next().unwrap_or_default());
    let facts = [("volume", export.volume.clone()), first];
    facts_of("EXPORT", &export.path, facts.into_iter().chain(rules.map(|rule| ("", rule))))
}

fn table(exports: &[Export]) -> String {
    let rows = |export: &Export| {
        let mut rules = export.clients.iter().map(ToString::to_string);
        let first = rules.next().unwrap_or_else(|| "nobody".into());
        let more: Vec<_> = rules.map(|rule| [String::new(), String::new(), rule]).collect();
        [[export.path.clone(), export.volume.clone(), first]].into_iter().chain(more)
    };
    columns(&["EXPORT", "VOLUME", "CLIENTS"], exports.iter().flat_map(rows), "There are no exports.", |row| {
        row
    })
}

/// How one client mounts one export.
#[derive(Serialize)]
struct MountAnswer<'a> {
    export: &'a str,
    volume: &'a str,
    may_mount: bool,
    /// The rule that decides; of another export of the volume where that is listed first.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a ClientRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_of: Option<&'a str>,
}

fn answers<'a>(all: &'a [Export], shown: &'a [Export], client: IpAddr) -> Vec<MountAnswer<'a>> {
    let answer = |export: &'a Export| {
        let decided = admitting(all, export, client);
        MountAnswer {
            export: &export.path,
            volume: &export.volume,
            may_mount: decided.is_some(),
            rule: decided.map(|(_, rule)| rule),
            rule_of: decided.map(|(by, _)| by.path.as_str()),
        }
    };
    shown.iter().map(answer).collect()
}

fn answered(answers: &[MountAnswer<'_>]) -> String {
    let row = |answer: &MountAnswer<'_>| {
        let MountAnswer { export, volume, rule, rule_of, .. } = answer;
        let by = rule_of.filter(|by| by != export).map(|by| format!(" (of {by})")).unwrap_or_default();
        let under = rule.map_or_else(|| "refused: no rule holds it".to_owned(), |rule| format!("{rule}{by}"));
        [(*export).to_owned(), (*volume).to_owned(), under]
    };
    columns(&["EXPORT", "VOLUME", "MAY MOUNT UNDER"], answers, "There are no exports.", row)
}

/// What was just made, and who can use it.
fn created(export: &Export) -> String {
    let (path, volume) = (visible(&export.path), visible(&export.volume));
    format!("Exported {path} from volume {volume}.\n{}", who_may(export))
}

/// Who can use it from now on.
fn set(export: &Export) -> String {
    format!("Set the client rules of {}.\n{}", visible(&export.path), who_may(export))
}

fn who_may(export: &Export) -> String {
    if export.clients.is_empty() {
        return "Nobody can mount it: it has no client rule. `nasctl export set` gives it some.\n".to_owned();
    }
    export.clients.iter().map(|rule| format!("  {rule}\n")).collect()
}
