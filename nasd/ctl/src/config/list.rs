//! Owns what is made of a list of sections: the configuration, what a cluster is, and the steps from one to the other.

/// Of each section: its step, its key in the file, and its type.
macro_rules! sections {
    ($($noun:ident $key:ident: $section:ty;)*) => {
        use $crate::config::section::{AnyChange, Change, Differences, Entries, Names, Section, Seen, keyed};
        #[cfg(test)]
        use $crate::config::testing;

        /// What a cluster is told to be.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Config {
            $(pub $key: std::collections::BTreeMap<String, $section>,)*
        }

        /// What a cluster is, as it was seen.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Cluster {
            $(pub $key: std::collections::BTreeMap<String, Seen<$section>>,)*
            /// Whose API token is in use: what takes this user's rights away comes last.
            pub asking: Option<String>,
        }

        /// The file as it is written; also the reply in JSON.
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct File {
            version: u32,
            $(#[serde(default, skip_serializing_if = "Entries::is_empty")]
            $key: Entries<$section>,)*
        }

        /// One change.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Step {
            $($noun(Change<$section>),)*
        }

        impl Config {
            pub fn file(&self, version: u32) -> File {
                File { version, $($key: Entries::of(&self.$key),)* }
            }

            /// # Errors
            /// In words for the operator, if a name is there twice, or is named and not there.
            pub fn collect(file: File) -> Result<Config, String> {
                let config = Config { $($key: file.$key.collect()?,)* };
                let mut names = Names::default();
                $(names.add::<$section>(config.$key.keys());)*
                $(config.$key.values().try_for_each(|value| value.check(&names))?;)*
                Ok(config)
            }

            /// What it may hold, section by section.
            pub fn held() -> Vec<&'static str> {
                vec![$(<$section>::HELD,)*]
            }

            /// How many there are of each kind of which there may be many, where there are any.
            pub fn counts(&self) -> Vec<(&'static str, usize)> {
                let counts = [$((<$section>::KIND, self.$key.len(), <$section>::ONE),)*].into_iter();
                counts.filter(|(_, count, one)| *count > 0 && !one).map(|(kind, count, _)| (kind, count)).collect()
            }
        }

        impl Cluster {
            pub async fn read(node: &nasd_api::Client) -> Result<Cluster, $crate::failure::Failure> {
                let (mut cluster, mut names) = (Cluster::default(), Names::default());
                $(cluster.$key = keyed(<$section as Section>::read(node, &names).await?);
                names.add::<$section>(cluster.$key.keys());)*
                Ok(cluster)
            }

            pub fn config(self) -> Config {
                Config { $($key: self.$key.into_iter().map(|(key, seen)| (key, seen.value)).collect(),)* }
            }

            pub fn differences(&self, file: &Config) -> Differences<Step> {
                let mut differences = Differences::default();
                $(differences.add(&file.$key, &self.$key, Step::$noun);)*
                differences
            }
        }

        #[cfg(test)]
        impl Config {
            /// At least so many of what there is one of, and at most so many of each other kind.
            pub fn arbitrary(
                ones_min: usize,
                others_max: usize,
            ) -> impl proptest::strategy::Strategy<Value = Config> {
                use proptest::strategy::{Just, Strategy};
                let config = Just((Config::default(), Names::default()));
                $(let rows = testing::rows::<$section>(ones_min, others_max);
                let config = (config, rows).prop_map(|((mut config, mut names), rows)| {
                    config.$key = testing::fitting(rows, &mut names);
                    (config, names)
                });)*
                config.prop_map(|(config, _)| config)
            }
        }

        #[cfg(test)]
        impl Cluster {
            pub fn of(config: Config, asking: Option<String>) -> Cluster {
                Cluster { $($key: keyed(config.$key.into_values().map(testing::seen)),)* asking }
            }

            /// What a node would do.
            pub fn take(&mut self, step: &Step) {
                let mut names = Names::default();
                $(names.add::<$section>(self.$key.keys());)*
                match step {
                    $(Step::$noun(change) => testing::take(change, &mut self.$key, &names),)*
                }
                if let ("remove", (kind, name)) = (step.change().action(), step.change().thing()) {
                    $(self.$key.values_mut().for_each(|seen| seen.value.forget(kind, name));)*
                }
            }

            /// What it is once the file was carried out.
            pub fn told(&self, file: &Config, pruned: bool) -> Config {
                Config { $($key: testing::told(&file.$key, &self.$key, pruned),)* }
            }
        }

        impl Step {
            pub fn change(&self) -> &dyn AnyChange {
                match self {
                    $(Step::$noun(change) => change,)*
                }
            }

            pub async fn carry_out(
                &self,
                node: &nasd_api::Client,
                passwords: &mut $crate::config::passwords::Passwords,
            ) -> Result<(), $crate::failure::Failure> {
                match self {
                    $(Step::$noun(change) => <$section as Section>::carry_out(change, node, passwords).await,)*
                }
            }
        }
    };
}
pub(crate) use sections;
