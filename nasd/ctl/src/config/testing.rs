//! Owns configurations and clusters for property tests: few names, so that they often meet.

use super::file::{Config, Export, Group, Settings, User, Volume};
use super::plan::{Cluster, Seen};
use nasd_api::{ClientRule, Limits};
use nasd_base::role::Role;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

const NAMES: [&str; 5] = ["archive", "demo", "lab-1", "media", "7"];

fn name() -> impl Strategy<Value = String> {
    select(&NAMES[..]).prop_map(str::to_owned)
}

fn path() -> impl Strategy<Value = String> {
    select(&["/", "/demo", "/곳간", "/a \"quoted\" one", "/b\\c'd"][..]).prop_map(str::to_owned)
}

fn rule() -> impl Strategy<Value = ClientRule> {
    let rules = [
        "192.0.2.7",
        "192.0.2.0/24:ro:insecure",
        "2001:db8::/32:all_squash:anonuid=7",
        "0.0.0.0/0:no_root_squash",
    ];
    select(rules.to_vec()).prop_map(|text| text.parse().unwrap())
}

fn volume() -> impl Strategy<Value = Volume> {
    let limit = || option::of(select(vec![1, 1 << 30, i64::MAX as u64]));
    (option::of(1u8..=7), limit(), limit())
        .prop_map(|(replicas, bytes, files)| Volume { replicas, limits: Limits { bytes, files } })
}

fn settings() -> impl Strategy<Value = Settings> {
    (name(), 300u32..400, 400u32..500).prop_map(|(name, session_idle_minutes, session_minutes)| Settings {
        name,
        session_idle_minutes,
        session_minutes,
    })
}

/// Volumes that are named but not there are left out, as a cluster and a file would refuse them.
pub fn config() -> impl Strategy<Value = Config> {
    let exports = btree_map(path(), (name(), vec(rule(), 0..4)), 0..4);
    let users = btree_map(name(), (select(Role::ALL.to_vec()), btree_set(name(), 0..3), any::<bool>()), 0..4);
    let members = || btree_set(name(), 0..3);
    let groups = btree_map(name(), (select(Role::ALL.to_vec()), btree_set(name(), 0..3), members()), 0..3);
    let volumes = btree_map(name(), volume(), 0..5);
    (volumes, exports, users, groups, option::of(settings())).prop_map(
        |(volumes, exports, users, groups, settings)| {
            let exports = exports.into_iter().filter(|(_, (volume, _))| volumes.contains_key(volume));
            let exports =
                exports.map(|(path, (volume, clients))| (path, Export { volume, clients })).collect();
            let users = users.into_iter().map(|(name, (role, mut owned, disabled))| {
                owned.retain(|volume| role == Role::ShareOwner && volumes.contains_key(volume));
                (name, User { role, owned, disabled })
            });
            let users: BTreeMap<String, User> = users.collect();
            let groups = groups.into_iter().map(|(name, (role, mut owned, mut members))| {
                owned.retain(|volume| role == Role::ShareOwner && volumes.contains_key(volume));
                members.retain(|user| users.contains_key(user));
                (name, Group { role, owned, members })
            });
            let groups = groups.collect();
            Config { volumes, exports, users, groups, settings }
        },
    )
}

pub fn cluster() -> impl Strategy<Value = Cluster> {
    (config(), option::of(name())).prop_map(|(config, asking)| {
        let mut cluster = Cluster { asking, ..Cluster::default() };
        for (name, mut volume) in config.volumes {
            volume.replicas = volume.replicas.or(Some(3));
            cluster.volumes.insert(name, seen(volume));
        }
        cluster.exports.extend(config.exports.into_iter().map(|(path, export)| (path, seen(export))));
        cluster.users.extend(config.users.into_iter().map(|(name, user)| (name, seen(user))));
        cluster.groups.extend(config.groups.into_iter().map(|(name, group)| (name, seen(group))));
        cluster.settings = seen(config.settings.unwrap_or_default());
        cluster
    })
}

pub fn seen<T>(value: T) -> Seen<T> {
    Seen { value, etag: "1".to_owned() }
}
