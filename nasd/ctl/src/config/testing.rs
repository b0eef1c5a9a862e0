//! Owns configurations and clusters for property tests: few names, so that they often meet.

use super::section::{Section, Seen, keyed};
use crate::nouns::export::{ExportSection, Rule};
use crate::nouns::group::GroupSection;
use crate::nouns::settings::SettingsSection;
use crate::nouns::user::UserSection;
use crate::nouns::volume::VolumeSection;
use crate::nouns::{Cluster, Config};
use nasd_base::role::Role;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::{BTreeMap, BTreeSet};

const NAMES: [&str; 5] = ["archive", "demo", "lab-1", "media", "7"];

fn name() -> impl Strategy<Value = String> {
    select(&NAMES[..]).prop_map(str::to_owned)
}

fn path() -> impl Strategy<Value = String> {
    select(&["/", "/demo", "/곳간", "/a \"quoted\" one", "/b\\c'd"][..]).prop_map(str::to_owned)
}

fn rule() -> impl Strategy<Value = Rule> {
    let rules = [
        "192.0.2.7",
        "192.0.2.0/24:ro:insecure",
        "2001:db8::/32:all_squash:anonuid=7",
        "0.0.0.0/0:no_root_squash",
    ];
    select(rules.to_vec()).prop_map(|text| Rule(text.parse().unwrap()))
}

fn volume() -> impl Strategy<Value = VolumeSection> {
    let limit = || option::of(select(vec![1, 1 << 30, i64::MAX as u64]));
    (name(), option::of(1u8..=7), limit(), limit()).prop_map(|(name, replicas, limit_bytes, limit_files)| {
        VolumeSection { name, replicas, limit_bytes, limit_files }
    })
}

fn settings() -> impl Strategy<Value = SettingsSection> {
    (name(), 300u32..400, 400u32..500).prop_map(|(name, session_idle_minutes, session_minutes)| {
        SettingsSection { name, session_idle_minutes, session_minutes }
    })
}

fn by_name<T: Section>(values: impl IntoIterator<Item = T>) -> BTreeMap<String, T> {
    keyed(values.into_iter().map(seen)).into_iter().map(|(key, seen)| (key, seen.value)).collect()
}

/// Volumes that are named but not there are left out, as a cluster and a file would refuse them.
pub fn config() -> impl Strategy<Value = Config> {
    let exports = vec((path(), name(), vec(rule(), 0..4)), 0..6);
    let role = || select(Role::ALL.to_vec());
    let users = vec((name(), role(), btree_set(name(), 0..3), any::<bool>()), 0..6);
    let groups = vec((name(), role(), btree_set(name(), 0..3), btree_set(name(), 0..3)), 0..4);
    (vec(volume(), 0..8), exports, users, groups, option::of(settings())).prop_map(
        |(volumes, exports, users, groups, settings)| {
            let volumes = by_name(volumes);
            let exports = exports.into_iter().filter(|(_, volume, _)| volumes.contains_key(volume));
            let exports = exports.map(|(path, volume, clients)| ExportSection { path, volume, clients });
            let exports = by_name(exports);
            let owned_by = |role, mut owned: BTreeSet<String>| {
                owned.retain(|volume| role == Role::ShareOwner && volumes.contains_key(volume));
                owned
            };
            let users = by_name(users.into_iter().map(|(name, role, owned, disabled)| UserSection {
                name,
                role,
                owned: owned_by(role, owned),
                disabled,
            }));
            let groups = by_name(groups.into_iter().map(|(name, role, owned, mut members)| {
                members.retain(|user| users.contains_key(user));
                GroupSection { name, role, owned: owned_by(role, owned), members }
            }));
            Config { settings: by_name(settings), volumes, exports, users, groups }
        },
    )
}

/// One with settings and nothing else.
pub fn empty() -> Cluster {
    let settings = SettingsSection { name: "home".into(), session_idle_minutes: 30, session_minutes: 720 };
    Cluster { settings: keyed([seen(settings)]), ..Cluster::default() }
}

pub fn cluster() -> impl Strategy<Value = Cluster> {
    (config(), option::of(name())).prop_map(|(config, asking)| {
        let all = |volume: VolumeSection| {
            let replicas = volume.replicas.or(Some(3));
            seen(VolumeSection { replicas, ..volume })
        };
        let settings = keyed(config.settings.into_values().map(seen));
        Cluster {
            settings: if settings.is_empty() { empty().settings } else { settings },
            volumes: keyed(config.volumes.into_values().map(all)),
            exports: keyed(config.exports.into_values().map(seen)),
            users: keyed(config.users.into_values().map(seen)),
            groups: keyed(config.groups.into_values().map(seen)),
            asking,
        }
    })
}

pub fn seen<T>(value: T) -> Seen<T> {
    Seen { value, etag: "1".to_owned() }
}
