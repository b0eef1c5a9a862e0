//! Owns the configuration file: its text, its version, and what it cannot say. Plans are made elsewhere.

use nasd_api::{ClientRule, Limits, REPLICAS_MAX, check_volume_name};
use nasd_base::role::Role;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;

/// What this nasctl writes and reads.
const VERSION: u32 = 1;

const HEADING: &str = "\
# What a Gotgan cluster is told to be: its settings, its volumes, its exports with their client rules, its users and
# their groups.
#
# `nasctl config export` wrote this; `nasctl config diff` compares a cluster with it, and `nasctl config apply` makes a
# cluster like it. The same configuration always gives the same text, so that it can be kept in git.
#
# It does not hold: files, snapshots and backups; nodes, and which of them hold which volume; mounts; passwords, second
# factors, sessions and API tokens; the audit log. Users that are made from it get new passwords.

";

/// What a cluster is told to be, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    pub volumes: BTreeMap<String, Volume>,
    /// By path.
    pub exports: BTreeMap<String, Export>,
    pub users: BTreeMap<String, User>,
    pub groups: BTreeMap<String, Group>,
    /// None: whatever the cluster has.
    pub settings: Option<Settings>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub name: String,
    pub session_idle_minutes: u32,
    pub session_minutes: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub role: Role,
    pub owned: BTreeSet<String>,
    pub members: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// None: as many as the cluster gives it.
    pub replicas: Option<u8>,
    pub limits: Limits,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    pub volume: String,
    /// The first that fits decides, so their order counts.
    pub clients: Vec<ClientRule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub role: Role,
    pub owned: BTreeSet<String>,
    pub disabled: bool,
}

/// The file as it is written; also the reply in JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<Settings>,
    #[serde(default, rename = "volume", skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<VolumeEntry>,
    #[serde(default, rename = "export", skip_serializing_if = "Vec::is_empty")]
    exports: Vec<ExportEntry>,
    #[serde(default, rename = "user", skip_serializing_if = "Vec::is_empty")]
    users: Vec<UserEntry>,
    #[serde(default, rename = "group", skip_serializing_if = "Vec::is_empty")]
    groups: Vec<GroupEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VolumeEntry {
    #[serde(deserialize_with = "volume_name")]
    name: String,
    #[serde(default, deserialize_with = "replicas", skip_serializing_if = "Option::is_none")]
    replicas: Option<u8>,
    #[serde(default, deserialize_with = "limit", skip_serializing_if = "Option::is_none")]
    limit_bytes: Option<u64>,
    #[serde(default, deserialize_with = "limit", skip_serializing_if = "Option::is_none")]
    limit_files: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportEntry {
    path: String,
    volume: String,
    #[serde(default)]
    clients: Vec<Rule>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserEntry {
    name: String,
    role: Role,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    owned: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    disabled: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupEntry {
    name: String,
    role: Role,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    owned: BTreeSet<String>,
    #[serde(default)]
    members: BTreeSet<String>,
}

/// A client rule as `nasctl export create --client` reads it.
struct Rule(ClientRule);

impl Serialize for Rule {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        parsed(String::deserialize(from)?).map(Rule)
    }
}

fn parsed<T: FromStr<Err: Display>, E: Error>(text: String) -> Result<T, E> {
    text.parse().map_err(E::custom)
}

fn volume_name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    check_volume_name(&name).map_err(D::Error::custom)?;
    Ok(name)
}

fn replicas<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u8>, D::Error> {
    match u8::deserialize(from)? {
        count @ 1..=REPLICAS_MAX => Ok(Some(count)),
        _ => Err(D::Error::custom(format!("a volume has 1 to {REPLICAS_MAX} replicas"))),
    }
}

fn limit<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    match u64::deserialize(from)? {
        0 => Err(D::Error::custom("a limit is at least 1; leave it out to have none")),
        limit => Ok(Some(limit)),
    }
}

impl Config {
    /// # Errors
    /// In words for the operator, with the line where one is wrong.
    pub fn parse(text: &str) -> Result<Config, String> {
        /// Another version may have any fields.
        #[derive(Deserialize)]
        struct Version {
            version: Option<u32>,
        }
        let said = |error: toml::de::Error| error.to_string().trim_end().to_owned();
        match toml::from_str::<Version>(text).map_err(said)?.version {
            Some(VERSION) => {}
            Some(other) => {
                return Err(format!("the file has version {other}; this nasctl reads version {VERSION}"));
            }
            None => {
                return Err(format!("the file says no version: put `version = {VERSION}` above all tables"));
            }
        }
        Config::collect(toml::from_str::<File>(text).map_err(said)?)
    }

    fn collect(file: File) -> Result<Config, String> {
        let mut config = Config { settings: file.settings, ..Config::default() };
        for VolumeEntry { name, replicas, limit_bytes, limit_files } in file.volumes {
            let limits = Limits { bytes: limit_bytes, files: limit_files };
            once(&mut config.volumes, "volume", name, Volume { replicas, limits })?;
        }
        for ExportEntry { path, volume, clients } in file.exports {
            let clients = clients.into_iter().map(|Rule(rule)| rule).collect();
            config.check_volume(&volume, || format!("export {path}"))?;
            once(&mut config.exports, "export", path, Export { volume, clients })?;
        }
        for UserEntry { name, role, owned, disabled } in file.users {
            config.check_owned(role, &owned, || format!("user {name}"))?;
            once(&mut config.users, "user", name, User { role, owned, disabled })?;
        }
        for GroupEntry { name, role, owned, members } in file.groups {
            config.check_owned(role, &owned, || format!("group {name}"))?;
            if let Some(stranger) = members.iter().find(|member| !config.users.contains_key(*member)) {
                return Err(format!("group {name} names the user {stranger}, which the file does not have"));
            }
            once(&mut config.groups, "group", name, Group { role, owned, members })?;
        }
        Ok(config)
    }

    fn check_volume(&self, volume: &str, whose: impl Fn() -> String) -> Result<(), String> {
        match self.volumes.contains_key(volume) {
            true => Ok(()),
            false => Err(format!("{} names the volume {volume}, which the file does not have", whose())),
        }
    }

    fn check_owned(
        &self,
        role: Role,
        owned: &BTreeSet<String>,
        whose: impl Fn() -> String,
    ) -> Result<(), String> {
        owned.iter().try_for_each(|volume| self.check_volume(volume, &whose))?;
        match role != Role::ShareOwner && !owned.is_empty() {
            true => Err(format!("{}: only a share_owner has `owned` volumes", whose())),
            false => Ok(()),
        }
    }

    pub fn write(&self) -> String {
        let body = toml::to_string_pretty(&self.file()).expect("every field has a form in TOML");
        format!("{HEADING}{body}")
    }

    pub fn file(&self) -> File {
        let volumes = self.volumes.iter().map(|(name, volume)| VolumeEntry {
            name: name.clone(),
            replicas: volume.replicas,
            limit_bytes: volume.limits.bytes,
            limit_files: volume.limits.files,
        });
        let exports = self.exports.iter().map(|(path, export)| ExportEntry {
            path: path.clone(),
            volume: export.volume.clone(),
            clients: export.clients.iter().cloned().map(Rule).collect(),
        });
        let users = self.users.iter().map(|(name, user)| UserEntry {
            name: name.clone(),
            role: user.role,
            owned: user.owned.clone(),
            disabled: user.disabled,
        });
        let groups = self.groups.iter().map(|(name, group)| GroupEntry {
            name: name.clone(),
            role: group.role,
            owned: group.owned.clone(),
            members: group.members.clone(),
        });
        File {
            version: VERSION,
            settings: self.settings.clone(),
            volumes: volumes.collect(),
            exports: exports.collect(),
            users: users.collect(),
            groups: groups.collect(),
        }
    }
}

fn once<T>(into: &mut BTreeMap<String, T>, what: &str, name: String, value: T) -> Result<(), String> {
    match into.contains_key(&name) {
        true => Err(format!("{what} {name} is in the file twice")),
        false => {
            into.insert(name, value);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::config;
    use super::*;
    use proptest::prelude::*;

    const EXAMPLE: &str = r#"
version = 1

[settings]
name = "storehouse"
session_idle_minutes = 30
session_minutes = 720

[[volume]]
name = "demo"
replicas = 3
limit_bytes = 1073741824

[[export]]
path = "/demo"
volume = "demo"
clients = ["192.0.2.7:no_root_squash", "192.0.2.0/24:ro"]

[[user]]
name = "amy"
role = "share_owner"
owned = ["demo"]

[[group]]
name = "night"
role = "operator"
members = ["amy"]
"#;

    fn refused(text: &str) -> String {
        Config::parse(text).unwrap_err()
    }

    #[test]
    fn a_file_is_read_and_written_with_the_options_that_were_left_out() {
        let written = Config::parse(EXAMPLE).unwrap().write();
        assert!(written.starts_with("# What a Gotgan cluster is told to be"));
        let body = written.split_once("\n\n").unwrap().1;
        let expected = r#"version = 1

[settings]
name = "storehouse"
session_idle_minutes = 30
session_minutes = 720

[[volume]]
name = "demo"
replicas = 3
limit_bytes = 1073741824

[[export]]
path = "/demo"
volume = "demo"
clients = [
    "192.0.2.7/32:rw:no_root_squash",
    "192.0.2.0/24:ro:root_squash",
]

[[user]]
name = "amy"
role = "share_owner"
owned = ["demo"]

[[group]]
name = "night"
role = "operator"
members = ["amy"]
"#;
        assert_eq!(body, expected);
    }

    #[test]
    fn unknown_fields_are_refused_with_their_line() {
        let error = refused(&EXAMPLE.replace("replicas", "copies"));
        assert!(error.contains("line 11") && error.contains("copies"), "{error}");
        let error = refused(&EXAMPLE.replace("[[user]]", "[[person]]"));
        assert!(error.contains("person"), "{error}");
    }

    #[test]
    fn values_that_mean_nothing_are_refused_with_their_line() {
        for (from, to, line, why) in [
            ("192.0.2.0/24:ro", "192.0.2.0/24:readonly", "line 17", "192.0.2.0/24"),
            ("share_owner", "king", "line 21", "administrator"),
            ("replicas = 3", "replicas = 0", "line 11", "1 to 7"),
            ("limit_bytes = 1073741824", "limit_bytes = 0", "line 12", "leave it out"),
            ("session_minutes = 720", "session_minutes = -1", "line 7", "-1"),
            ("name = \"demo\"", "name = \"De mo\"", "line 10", "lower-case"),
        ] {
            let error = refused(&EXAMPLE.replace(from, to));
            assert!(error.contains(line) && error.contains(why), "{error}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for (text, why) in [
            (
                EXAMPLE.replace("volume = \"demo\"", "volume = \"other\""),
                "export /demo names the volume other",
            ),
            (EXAMPLE.replace("[\"demo\"]", "[\"other\"]"), "user amy names the volume other"),
            (EXAMPLE.replace("share_owner", "operator"), "only a share_owner"),
            (EXAMPLE.replace("[\"amy\"]", "[\"bob\"]"), "group night names the user bob"),
            (format!("{EXAMPLE}owned = [\"demo\"]"), "group night: only a share_owner"),
            (EXAMPLE.replace("version = 1", "version = 2"), "has version 2"),
            (EXAMPLE.replace("version = 1", ""), "says no version"),
            (format!("{EXAMPLE}\n[[volume]]\nname = \"demo\"\n"), "volume demo is in the file twice"),
        ] {
            let error = refused(&text);
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn nothing_is_a_configuration_too() {
        assert_eq!(Config::parse(&Config::default().write()), Ok(Config::default()));
    }

    proptest! {
        #[test]
        fn a_configuration_survives_being_written(config in config()) {
            prop_assert_eq!(Config::parse(&config.write()), Ok(config));
        }

        #[test]
        fn garbage_never_panics(text in ".{0,200}") {
            let _ = Config::parse(&format!("version = 1\n{text}"));
        }
    }
}
