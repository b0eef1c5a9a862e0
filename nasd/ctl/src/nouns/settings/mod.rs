//! Owns `nasctl settings`: what holds for the whole cluster.

mod config;

pub use config::SettingsSection;

use crate::asked::Asked;
use crate::failure::Failure;
use crate::reach::Node;
use crate::table::{columns, or_dash};
use crate::{names, output};
use clap::{Args, Subcommand};
use nasd_api::{
    ChangeSettings, Nothing, ReadSettings, SESSION_MINUTES_MAX, SESSION_MINUTES_MIN, Settings, Zone,
};

/// What holds for the whole cluster: its name, when sessions end, the time zone, and the console's address
#[derive(Debug, Subcommand)]
pub enum SettingsCommand {
    /// Show the settings
    Show,
    /// Change settings; what is not said stays
    ///
    /// Sessions that are older than the new limits end at once.
    Set(SetSettings),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct SetSettings {
    /// What people call the cluster
    #[arg(long)]
    name: Option<String>,
    /// A session ends when it was not used for so long
    #[arg(long, value_name = "MINUTES", value_parser = minutes())]
    session_idle: Option<u32>,
    /// A session ends at the latest after so long
    #[arg(long, value_name = "MINUTES", value_parser = minutes())]
    session_lifetime: Option<u32>,
    /// In which times are shown on the pages of the console, for instance Asia/Seoul
    #[arg(long, value_name = "ZONE", value_parser = zone, add = names::time_zones())]
    time_zone: Option<String>,
    /// Where people open the console, which messages about alerts link to, for instance https://nas.example.com; "" for
    /// no links
    #[arg(long, value_name = "URL")]
    console: Option<String>,
}

/// As the node will have it; said here, where an example helps.
fn zone(text: &str) -> Result<String, String> {
    let bad = || {
        format!("`{text}` is no time zone; write a name of the IANA database, for instance Asia/Seoul or UTC")
    };
    Zone::named(text).map(|zone| zone.name().to_owned()).ok_or_else(bad)
}

fn minutes() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(i64::from(SESSION_MINUTES_MIN)..=i64::from(SESSION_MINUTES_MAX))
}

impl Asked for SettingsCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        let settings = node.ask::<ReadSettings>(Nothing).await?;
        let settings = match self {
            SettingsCommand::Show => settings,
            SettingsCommand::Set(SetSettings {
                name,
                session_idle,
                session_lifetime,
                time_zone,
                console,
            }) => {
                let request = ChangeSettings {
                    name: name.unwrap_or(settings.name),
                    session_idle_minutes: session_idle.unwrap_or(settings.session_idle_minutes),
                    session_minutes: session_lifetime.unwrap_or(settings.session_minutes),
                    time_zone,
                    console,
                };
                node.call_if::<ChangeSettings>(Nothing, &request, Some(&settings.etag)).await?
            }
        };
        output::reply(json, &settings, table)
    }
}

fn table(settings: &Settings) -> String {
    let rows = [
        ["name".to_owned(), settings.name.clone()],
        ["session-idle".to_owned(), format!("{} min", settings.session_idle_minutes)],
        ["session-lifetime".to_owned(), format!("{} min", settings.session_minutes)],
        ["time-zone".to_owned(), settings.time_zone.clone()],
        ["console".to_owned(), or_dash(Some(&settings.console).filter(|it| !it.is_empty()))],
    ];
    columns(&["SETTING", "VALUE"], rows, "", |row| row)
}
