//! Owns `nasctl check`: how something does, as Nagios, Icinga, Checkmk and their kind ask: a line, figures, an exit status.

mod alerts;
mod capacity;
mod certificates;
mod cluster;
mod node;
mod range;
mod report;
mod volume;

use crate::asked::Asked;
use crate::failure::Failure;
use crate::names;
use crate::reach::Node;
use clap::{Args, Subcommand};
use nasd_api::{Client, ClientError, Patience};
use range::Range;
use report::{Report, Thresholds};
use std::time::Duration;

pub use report::Format;

const AFTER_HELP: &str = "\
Exit status, as the Monitoring Plugins guidelines have it:
  0  OK
  1  WARNING: it works, but somebody should do something
  2  CRITICAL: it does not work, or the node does not answer
  3  UNKNOWN: nothing is known, for instance since the API token is not good

A RANGE is START:END, outside of which it is told: `80` is 0 to 80, `10:` 10 or more, `~:5` 5 or less; \
`@10:20` is told inside.

From another machine, with a token that may only look:

  nasctl --server stor-a --fingerprint SHA256 --token-file /etc/nagios/gotgan.token check cluster";

/// How something does, for Nagios, Icinga, Checkmk and their kind
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CheckArgs {
    /// How long to wait for the node; then it is CRITICAL
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u16).range(1..=120))]
    timeout: u16,
    /// Who reads the output
    #[arg(long, global = true, value_enum, default_value_t)]
    pub format: Format,
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, Subcommand)]
enum Subject {
    /// The verdict on the whole cluster, in the words of the console
    Cluster,
    /// Whether a node answers, and whether there are alerts about it or its disks
    Node {
        /// Its name, or its number
        #[arg(add = names::nodes())]
        name: String,
    },
    /// The verdict on a volume
    Volume {
        #[arg(add = names::volumes())]
        name: String,
    },
    /// How full the cluster or a volume is, in percent
    Capacity {
        /// Of this volume; a limit counts as its end
        #[arg(long, value_name = "NAME", add = names::volumes())]
        volume: Option<String>,
        /// Percent used outside of which it is a warning
        #[arg(long, short, value_name = "RANGE", default_value = "80", allow_hyphen_values = true)]
        warning: Range,
        /// Percent used outside of which it is critical
        #[arg(long, short, value_name = "RANGE", default_value = "90", allow_hyphen_values = true)]
        critical: Range,
    },
    /// How many days the nodes' certificates for browsers are good for
    Certificates {
        /// Days outside of which it is a warning
        #[arg(long, short, value_name = "RANGE", default_value = "21:", allow_hyphen_values = true)]
        warning: Range,
        /// Days outside of which it is critical
        #[arg(long, short, value_name = "RANGE", default_value = "3:", allow_hyphen_values = true)]
        critical: Range,
    },
    /// Whether there are alerts: the gravest decides
    ///
    /// What is silenced does not count, nor do consequences of other alerts.
    Alerts {
        /// Only those that nobody looks after
        #[arg(long)]
        unacknowledged: bool,
    },
}

impl Subject {
    /// What the line begins with.
    fn name(&self) -> String {
        match self {
            Subject::Cluster => "CLUSTER".to_owned(),
            Subject::Node { name } => format!("NODE {name}"),
            Subject::Volume { name } => format!("VOLUME {name}"),
            Subject::Capacity { volume: None, .. } => "CAPACITY".to_owned(),
            Subject::Capacity { volume: Some(name), .. } => format!("CAPACITY {name}"),
            Subject::Certificates { .. } => "CERTIFICATES".to_owned(),
            Subject::Alerts { .. } => "ALERTS".to_owned(),
        }
    }

    async fn look(&self, node: &Client) -> Result<Report, ClientError> {
        let name = &self.name();
        match self {
            Subject::Cluster => cluster::look(name, node).await,
            Subject::Node { name: wanted } => node::look(name, node, wanted).await,
            Subject::Volume { name: wanted } => volume::look(name, node, wanted).await,
            Subject::Capacity { volume, warning, critical } => {
                let thresholds = Thresholds { warning: *warning, critical: *critical };
                capacity::look(name, node, volume.as_deref(), thresholds).await
            }
            Subject::Certificates { warning, critical } => {
                let thresholds = Thresholds { warning: *warning, critical: *critical };
                certificates::look(name, node, thresholds).await
            }
            Subject::Alerts { unacknowledged } => alerts::look(name, node, *unacknowledged).await,
        }
    }
}

impl Asked for CheckArgs {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let patience = Duration::from_secs(self.timeout.into());
        let looks = async {
            let node = at.client().await?.within(Patience { reads: patience, changes: patience });
            Ok(self.subject.look(&node).await?)
        };
        let late = || Failure::Client(ClientError::TimedOut { at: at.to_string() });
        let found = tokio::time::timeout(patience, looks).await.unwrap_or_else(|_| Err(late()));
        let report = found.unwrap_or_else(|failure| Report::of_failure(&self.subject.name(), &failure));
        report.tell(self.format, json)
    }
}

/// The exit status of a check that could not even begin; says why.
pub fn cannot_begin(failure: &Failure, format: Format, json: bool) -> Failure {
    match Report::of_failure("GOTGAN", failure).tell(format, json) {
        Ok(()) => Failure::Silent,
        Err(failure) => failure,
    }
}
