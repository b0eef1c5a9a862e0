//! How a process of a node says what it does: as text, as JSON, or to systemd's journal.
//!
//! Which of it is said, `GOTGAN_LOG` decides, or `RUST_LOG`. What matters to programs has a name that does not change
//! (`tracing::info!(name: "node_started", …)`): it is `event` in JSON, and `MESSAGE_ID` in the journal.

mod journald;
mod json;
mod record;

use clap::ValueEnum;
use journald::Journal;
use json::Lines;
use serde::Deserialize;
use std::io::stderr;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, registry};

pub use journald::message_id;

/// The first of these that can be understood decides what is said, in the words of `tracing_subscriber::EnvFilter`.
const VARIABLES: [&str; 2] = ["GOTGAN_LOG", "RUST_LOG"];

/// How it is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people, on standard error
    #[default]
    Text,
    /// A JSON object a line, on standard error
    Json,
    /// Entries of systemd's journal, with fields
    Journald,
}

/// Begins to log, for as long as the process runs. `filter` holds where the environment says nothing.
///
/// # Errors
/// A sentence for the operator: there is no journal.
pub fn begin(program: &'static str, format: LogFormat, filter: EnvFilter) -> Result<(), String> {
    match format {
        LogFormat::Text => {
            tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(false).init()
        }
        LogFormat::Json => registry().with(filter).with(Lines::new(program, stderr)).init(),
        LogFormat::Journald => registry().with(filter).with(Journal::of_this_machine(program)?).init(),
    }
    Ok(())
}

/// What the environment wants to hear of; `usually` when it says nothing that can be understood.
pub fn filter(usually: &str) -> EnvFilter {
    let told = VARIABLES.iter().find_map(|name| EnvFilter::try_from_env(name).ok());
    told.unwrap_or_else(|| EnvFilter::new(usually))
}
