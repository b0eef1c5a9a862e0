//! The settings in the configuration file.

use crate::config::passwords::Passwords;
use crate::config::section::{Change, Fields, Names, Section, Seen};
use crate::failure::Failure;
use nasd_api::{ChangeSettings, Client, Nothing, ReadSettings, Settings, UTC};
use serde::{Deserialize, Serialize};
#[cfg(test)]
use {crate::config::testing, proptest::prelude::*};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsSection {
    pub name: String,
    pub session_idle_minutes: u32,
    pub session_minutes: u32,
    /// Left out while it is UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Left out while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console: Option<String>,
}

impl SettingsSection {
    fn zone(&self) -> &str {
        self.time_zone.as_deref().unwrap_or(UTC)
    }

    fn console(&self) -> &str {
        self.console.as_deref().unwrap_or_default()
    }
}

impl Section for SettingsSection {
    const KIND: &str = "settings";
    const HELD: &str = "the cluster's settings (name, when sessions end, time zone, console)";
    const ONE: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn fields(&self) -> Fields {
        vec![
            ("name", self.name.clone()),
            ("session_idle_minutes", self.session_idle_minutes.to_string()),
            ("session_minutes", self.session_minutes.to_string()),
            ("time_zone", self.zone().to_owned()),
            ("console", self.console().to_owned()),
        ]
    }

    fn rank(_: &Change<Self>) -> u8 {
        0
    }

    async fn read(node: &Client, _: &Names) -> Result<Vec<Seen<Self>>, Failure> {
        let Settings { name, session_idle_minutes, session_minutes, time_zone, console, etag } =
            node.ask::<ReadSettings>(Nothing).await?;
        let time_zone = Some(time_zone).filter(|zone| zone != UTC);
        let console = Some(console).filter(|console| !console.is_empty());
        let value = SettingsSection { name, session_idle_minutes, session_minutes, time_zone, console };
        Ok(vec![Seen { value, etag }])
    }

    async fn carry_out(change: &Change<Self>, node: &Client, _: &mut Passwords) -> Result<(), Failure> {
        let (to, seen) = match change {
            Change::Create(to) => (to, None),
            Change::Update { from, to } => (to, Some(from.etag.as_str())),
            Change::Remove(_) => return Ok(()),
        };
        let (time_zone, console) = (Some(to.zone().to_owned()), Some(to.console().to_owned()));
        let SettingsSection { name, session_idle_minutes, session_minutes, .. } = to.clone();
        let wanted = ChangeSettings { name, session_idle_minutes, session_minutes, time_zone, console };
        node.call_if::<ChangeSettings>(Nothing, &wanted, seen).await?;
        Ok(())
    }

    #[cfg(test)]
    fn arbitrary() -> impl Strategy<Value = Self> {
        let zone = prop_oneof![Just(None), Just(Some("Asia/Seoul".to_owned()))];
        let console = prop_oneof![Just(None), Just(Some("https://nas.example.com".to_owned()))];
        (testing::name(), 300u32..400, 400u32..500, zone, console).prop_map(
            |(name, session_idle_minutes, session_minutes, time_zone, console)| SettingsSection {
                name,
                session_idle_minutes,
                session_minutes,
                time_zone,
                console,
            },
        )
    }
}
