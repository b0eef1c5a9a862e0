//! Owns `nasctl diagnose`: the nodes look themselves over, and what they found is shown; or it is put into a support
//! bundle.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::reach::Node;
use crate::table::{bytes, columns, visible};
use crate::{language, names, output, terminal, when};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use nasd_api::{
    BundleAt, CheckKind, CheckState, Client, CreateSupportBundle, Diagnosis, DiagnosisState, ListDiagnoses,
    NodeAt, Nothing, ReadDiagnosis, ReadSupportBundle, StartDiagnosis, SupportBundle, finding,
};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Checks run one after another, and each has a minute.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Let the nodes look themselves over: disks, network, clocks, NFS from end to end, and what crashes left behind
///
/// Each node looks at itself, at once. Exit status 1 if a check failed, or a node's findings are not known.
#[derive(Debug, Args)]
pub struct DiagnoseArgs {
    /// Of this node only: its name, or its number
    #[arg(long, value_name = "NODE", add = names::nodes())]
    node: Option<String>,
    /// Show what was found last, without looking again
    #[arg(long, conflicts_with = "checks")]
    last: bool,
    /// Show what a support bundle contains, and write it into this new file (tar.zst); nothing is looked at again
    ///
    /// It has no passwords, keys or tokens. It names nodes, volumes, users and clients.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["node", "last", "checks"])]
    bundle: Option<PathBuf>,
    /// Write the bundle without asking
    #[arg(long, requires = "bundle")]
    yes: bool,
    /// These checks only
    #[arg(value_name = "CHECK", value_parser = check())]
    checks: Vec<CheckKind>,
}

fn check() -> impl TypedValueParser<Value = CheckKind> {
    let named = |name: String| CheckKind::ALL.iter().copied().find(|kind| kind.name() == name);
    PossibleValuesParser::new(CheckKind::ALL.iter().map(|kind| kind.name()))
        .map(move |name| named(name).unwrap_or(CheckKind::Unknown))
}

impl Asked for DiagnoseArgs {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let client = &at.client().await?;
        if let Some(file) = &self.bundle {
            return bundle(client, file, self.yes, json).await;
        }
        let DiagnoseArgs { node, last, checks, .. } = self;
        let mut found = match (last, &node) {
            (false, _) => run(client, StartDiagnosis { node, checks: checks.clone() }).await?,
            (true, Some(node)) => vec![client.ask::<ReadDiagnosis>(NodeAt::new(node)).await?],
            (true, None) => client.all::<ListDiagnoses>().await?,
        };
        for diagnosis in &mut found {
            diagnosis.findings.retain(|it| checks.is_empty() || checks.contains(&it.check));
        }
        output::list(json, &found, text)?;
        let is_well =
            |it: &Diagnosis| it.state == DiagnosisState::Done && it.worst() != Some(CheckState::Failed);
        match found.iter().all(is_well) {
            true => Ok(()),
            false => Err(Failure::Silent),
        }
    }
}

/// The findings of those that were begun, once no run goes on any more.
async fn run(client: &Client, request: StartDiagnosis) -> Result<Vec<Diagnosis>, Failure> {
    let begun = client.call::<StartDiagnosis>(Nothing, &request).await?.items;
    let (mut found, deadline) = (begun.clone(), Instant::now() + PATIENCE);
    while found.iter().any(|it| it.state == DiagnosisState::Running) && Instant::now() < deadline {
        sleep(LOOK_EVERY).await;
        found = client.all::<ListDiagnoses>().await?;
        found.retain(|it| begun.iter().any(|begun| begun.node == it.node));
    }
    Ok(found)
}

fn state(state: CheckState) -> &'static str {
    match state {
        CheckState::Passed => "passed",
        CheckState::Skipped => "skipped",
        CheckState::Warning => "WARNING",
        CheckState::Failed => "FAILED",
        CheckState::Unknown => "unknown",
    }
}

/// A table, and below it what was seen where something is to be done.
fn text(found: &[Diagnosis]) -> String {
    let language = language::here();
    let rows = found.iter().flat_map(|diagnosis| diagnosis.findings.iter().map(move |one| (diagnosis, one)));
    let mut text = columns(
        &["NODE", "CHECK", "STATE", "AT", "EVIDENCE"],
        rows,
        "No check has run yet.",
        |(diagnosis, one)| {
            [
                diagnosis.node_name.clone(),
                one.check.name().to_owned(),
                state(one.state).to_owned(),
                when::utc(one.at),
                one.evidence.first().map(|what| what.said(language)).unwrap_or_default(),
            ]
        },
    );
    for diagnosis in found {
        let name = visible(&diagnosis.node_name);
        match diagnosis.state {
            DiagnosisState::NotKnown => text += &format!("{name} does not answer: nothing is known of it.\n"),
            DiagnosisState::Running => {
                text += &format!("{name}: {} of {} checks are done.\n", diagnosis.done, diagnosis.total);
            }
            _ => {}
        }
        let wrong = diagnosis.findings.iter().filter(|one| !one.advice.is_empty());
        for one in wrong {
            text += &format!("\n{name}: {} ({})\n", finding::title(one.check, language), state(one.state));
            let said = one
                .evidence
                .iter()
                .map(|what| ("  ", what))
                .chain(one.advice.iter().map(|what| ("  -> ", what)));
            for (before, what) in said {
                text += &format!("{before}{}\n", visible(&what.said(language)));
            }
        }
    }
    text
}

/// Its contents are shown before it is fetched.
async fn bundle(client: &Client, file: &Path, yes: bool, json: bool) -> Result<(), Failure> {
    let bundle = client.ask::<CreateSupportBundle>(Nothing).await?;
    output::reply(json, &bundle, contents)?;
    let question = format!("Type yes to write it to {}: ", file.display());
    if !yes && !json && !terminal::types(&question, "yes", "not written")? {
        return Err(Failure::Declined("not written".into()));
    }
    let archive = client.ask::<ReadSupportBundle>(BundleAt { id: bundle.id }).await?;
    // What it names is not everybody's, and what is there is not written over.
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let written = opened.and_then(|mut opened| opened.write_all(&archive).and_then(|()| opened.sync_all()));
    written.map_err(|error| Failure::local(format!("cannot write {}", file.display()), error))?;
    output::done(json, &format!("Wrote {}.", file.display()))
}

fn contents(bundle: &SupportBundle) -> String {
    let mut text = columns(&["FILE", "SIZE"], &bundle.files, "There is nothing in it.", |file| {
        [file.name.clone(), bytes(file.bytes)]
    });
    text += &format!("Compressed: {}.\n", bytes(bundle.bytes));
    for name in &bundle.missing {
        text += &format!("{} does not answer: nothing of it is there.\n", visible(name));
    }
    text
}
