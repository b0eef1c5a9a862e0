//! Owns `nasctl top`: who is busy or slow, and why, live.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::output::{self, Reader};
use crate::reach::Node;
use crate::table::{bytes, columns, listed, visible};
use crate::{names, when};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use nasd_api::{Client, ReadTop, SlowOperation, StageTimes, Top, TopAt, TopBy, TopFile, TopSpan, Work};
use std::io::IsTerminal;
use std::time::Duration;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(3);
/// To the upper left corner; and what is left of the screen before is gone.
const CLEAR: &str = "\x1b[H\x1b[J";
/// Stages that are named of one row: more would not fit a line.
const STAGES_NAMED: usize = 3;

/// Show who was busy or slow in the last minute, and what their time went into; anew every few seconds
///
/// Stages: client network, queue, leader hop, log flush, apply, chunk read, chunk write, and the work itself (other).
#[derive(Debug, Args)]
pub struct TopArgs {
    /// Show it once and end; so it is where the output is no terminal, and with --json
    #[arg(long)]
    once: bool,
    /// What the busiest come first by
    #[arg(long, default_value = "time", value_parser = by())]
    by: TopBy,
    /// How far back
    #[arg(long, default_value = "minute", value_parser = span())]
    span: TopSpan,
    /// Of one volume
    #[arg(long, value_name = "NAME", add = names::volumes())]
    volume: Option<String>,
    /// Of one client: its address, or the name of a node with mounts
    #[arg(long, value_name = "CLIENT", add = names::clients())]
    client: Option<String>,
    /// Only clients
    #[arg(long, conflicts_with_all = ["files", "directories", "slow"])]
    clients: bool,
    /// Only files
    #[arg(long, conflicts_with_all = ["directories", "slow"])]
    files: bool,
    /// Only directories
    #[arg(long, conflicts_with = "slow")]
    directories: bool,
    /// Only the slowest operations, each with the id that it has in the logs
    #[arg(long)]
    slow: bool,
}

fn by() -> impl TypedValueParser<Value = TopBy> {
    PossibleValuesParser::new(["time", "ops", "bytes"]).map(|name| match name.as_str() {
        "ops" => TopBy::Operations,
        "bytes" => TopBy::Bytes,
        _ => TopBy::Time,
    })
}

fn span() -> impl TypedValueParser<Value = TopSpan> {
    PossibleValuesParser::new(["10s", "minute", "5min"]).map(|name| match name.as_str() {
        "10s" => TopSpan::TenSeconds,
        "5min" => TopSpan::FiveMinutes,
        _ => TopSpan::Minute,
    })
}

impl Asked for TopArgs {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        if self.once || json || !std::io::stdout().is_terminal() {
            return output::reply(json, &self.ask(node).await?, |top| self.text(top));
        }
        loop {
            let seen = format!("{CLEAR}{}", self.text(&self.ask(node).await?));
            if output::write(&seen)? == Reader::Gone {
                return Ok(());
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}

impl TopArgs {
    async fn ask(&self, node: &Client) -> Result<Top, Failure> {
        let (volume, client) = (self.volume.clone(), self.client.clone());
        let at = TopAt { by: self.by, span: self.span, volume, client };
        Ok(node.ask::<ReadTop>(at).await?)
    }

    fn text(&self, top: &Top) -> String {
        let is_all = !(self.clients || self.files || self.directories || self.slow);
        let mut parts = vec![summary(top)];
        if is_all {
            parts.push(volumes(top));
        }
        if is_all || self.clients {
            parts.push(clients(top));
        }
        if is_all || self.files {
            parts.push(files("FILE", "No file was used.", &top.files, top.seconds));
        }
        if is_all || self.directories {
            parts.push(files("DIRECTORY", "No directory was used.", &top.directories, top.seconds));
        }
        if is_all || self.slow {
            parts.push(slowest(&top.slowest));
        }
        parts.join("\n")
    }
}

fn summary(top: &Top) -> String {
    let mut text = format!(
        "The last {} s: {}, {}, {} each. {}\n",
        top.seconds,
        rate(top.all.operations, top.seconds),
        bytes_rate(top.all.bytes, top.seconds),
        mean(&top.all),
        why(&top.all.stages),
    );
    if !top.silent.is_empty() {
        text += &format!("No answer from {}: what came in there is missing.\n", listed(&top.silent));
    }
    if top.others.operations > 0 {
        text +=
            &format!("{} of more clients than are told apart.\n", rate(top.others.operations, top.seconds));
    }
    if top.paths_hidden {
        text += "Paths are shown to those who may change the storage.\n";
    }
    text
}

fn volumes(top: &Top) -> String {
    let heading = ["VOLUME", "OPERATIONS", "BYTES", "EACH", "TIME GOES INTO"];
    columns(&heading, &top.volumes, "No volume was used.", |one| {
        row(one.volume.clone(), &one.work.all, top.seconds)
    })
}

fn clients(top: &Top) -> String {
    let heading = ["CLIENT", "OPERATIONS", "BYTES", "EACH", "TIME GOES INTO", "VOLUMES"];
    columns(&heading, &top.clients, "No client did anything.", |one| {
        let mut cells = row(one.client.clone(), &one.work.all, top.seconds).to_vec();
        cells.push(listed(&one.volumes));
        cells
    })
}

fn row(name: String, work: &Work, seconds: u32) -> [String; 5] {
    let (operations, bytes) = (rate(work.operations, seconds), bytes_rate(work.bytes, seconds));
    [name, operations, bytes, mean(work), why(&work.stages)]
}

fn files(kind: &str, nothing: &str, files: &[TopFile], seconds: u32) -> String {
    columns(&[kind, "VOLUME", "OPERATIONS", "BYTES", "EACH"], files, nothing, |file| {
        let each = Work { operations: file.operations, micros: file.micros, ..Work::default() };
        let (operations, bytes) = (rate(file.operations, seconds), bytes_rate(file.bytes, seconds));
        [place(file.path.as_deref(), Some(file.inode)), file.volume.clone(), operations, bytes, mean(&each)]
    })
}

fn slowest(slowest: &[SlowOperation]) -> String {
    let heading = ["SLOWEST", "TOOK", "WHEN", "CLIENT", "VOLUME", "FILE", "REQUEST", "TIME WENT INTO"];
    columns(&heading, slowest, "No operation was noted.", |slow| {
        [
            slow.kind.clone(),
            millis(slow.micros as f64),
            when::utc(slow.at),
            slow.client.clone(),
            slow.volume.clone(),
            place(slow.path.as_deref(), slow.inode),
            slow.request.clone(),
            why(&slow.stages),
        ]
    })
}

fn place(path: Option<&str>, inode: Option<u64>) -> String {
    match (path, inode) {
        (Some(path), _) => visible(path),
        (None, Some(inode)) => format!("inode {inode}"),
        (None, None) => "-".to_owned(),
    }
}

fn rate(operations: u64, seconds: u32) -> String {
    format!("{:.1}/s", operations as f64 / f64::from(seconds.max(1)))
}

fn bytes_rate(count: u64, seconds: u32) -> String {
    format!("{}/s", bytes(count / u64::from(seconds.max(1))))
}

fn mean(work: &Work) -> String {
    match work.operations {
        0 => "-".to_owned(),
        operations => millis(work.micros as f64 / operations as f64),
    }
}

fn millis(micros: f64) -> String {
    format!("{:.1} ms", micros / 1000.0)
}

/// `log flush 72%, queue 20%`.
fn why(stages: &StageTimes) -> String {
    let all = stages.all();
    let total: u64 = all.iter().sum();
    let is_much = |(_, micros): &(&str, u64)| *micros > 0 && *micros >= total / 200;
    let mut named: Vec<_> = StageTimes::NAMES.into_iter().zip(all).filter(is_much).collect();
    named.sort_by_key(|(_, micros)| std::cmp::Reverse(*micros));
    let part = |(name, micros): (&str, u64)| format!("{name} {:.0}%", 100.0 * micros as f64 / total as f64);
    let parts: Vec<String> = named.into_iter().take(STAGES_NAMED).map(part).collect();
    if parts.is_empty() { "-".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use nasd_api::{Protocol, TopClient, Works};

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        top: TopArgs,
    }

    fn top() -> Top {
        let stages = StageTimes { log_flush: 720, queue: 200, apply: 60, other: 20, ..StageTimes::default() };
        let all = Work { operations: 300, bytes: 60 << 20, micros: 1_200_000, stages };
        let client = TopClient {
            client: "192.0.2.7".into(),
            protocol: Protocol::Nfs,
            volumes: vec!["demo".into()],
            work: Works { all, ..Works::default() },
        };
        let file = TopFile {
            volume: "demo".into(),
            inode: 7,
            path: Some("/a\x1b".into()),
            operations: 60,
            bytes: 0,
            micros: 120_000,
            missing: 0,
        };
        Top {
            seconds: 60,
            all,
            clients: vec![client],
            files: vec![file],
            silent: vec!["b".into()],
            ..Top::default()
        }
    }

    #[test]
    fn the_one_that_floods_is_named_with_what_its_time_goes_into() {
        let text = Cli::parse_from(["top"]).top.text(&top());
        for said in [
            "The last 60 s: 5.0/s, 1.0 MiB/s, 4.0 ms each. log flush 72%, queue 20%, apply 6%",
            "No answer from b: what came in there is missing.",
            "192.0.2.7  5.0/s       1.0 MiB/s  4.0 ms  log flush 72%, queue 20%, apply 6%  demo",
            "/a\\u{1b}  demo    1.0/s       0 B/s  2.0 ms",
            "No operation was noted.",
        ] {
            assert!(text.contains(said), "{said}\n{text}");
        }
    }

    #[test]
    fn only_what_was_asked_for_is_shown() {
        let asked = Cli::parse_from(["top", "--files", "--by", "ops", "--span", "5min"]).top;
        assert_eq!((asked.by, asked.span), (TopBy::Operations, TopSpan::FiveMinutes));
        let text = asked.text(&top());
        assert!(text.contains("FILE") && !text.contains("CLIENT") && !text.contains("SLOWEST"), "{text}");
        assert!(Cli::try_parse_from(["top", "--files", "--slow"]).is_err());
    }
}
