//! Owns the configuration file's text and its version. What is in it is the sections' matter.

use crate::nouns::{Config, File};
use serde::Deserialize;

/// What this nasctl writes and reads.
const VERSION: u32 = 1;

const HEADING: &str = "\
# What a Gotgan cluster is told to be. `nasctl config export --help` lists what that is.
#
# `nasctl config export` wrote this; `nasctl config diff` compares a cluster with it, and `nasctl config apply` makes a
# cluster like it. The same configuration always gives the same text, so that it can be kept in git.
#
# It does not hold: files, snapshots and backups; nodes, and which of them hold which volume; mounts; passwords, second
# factors, sessions and API tokens; the audit log. Users that are made from it get new passwords.

";

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

    pub fn write(&self) -> String {
        let body = toml::to_string_pretty(&self.file(VERSION)).expect("every field has a form in TOML");
        format!("{HEADING}{body}")
    }

    /// The reply in JSON.
    pub fn shown(&self) -> File {
        self.file(VERSION)
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
description = "Films"

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
description = "Films"

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
            ("192.0.2.0/24:ro", "192.0.2.0/24:readonly", "line 18", "192.0.2.0/24"),
            ("share_owner", "king", "line 22", "administrator"),
            ("replicas = 3", "replicas = 0", "line 11", "1 to 7"),
            ("limit_bytes = 1073741824", "limit_bytes = 0", "line 12", "leave it out"),
            ("\"Films\"", "\"a\\nb\\nc\"", "line 13", "200 characters in 2 lines"),
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
