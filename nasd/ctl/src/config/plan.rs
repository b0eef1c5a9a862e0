//! Owns what it takes to make a cluster like a file. It does nothing itself: a plan is shown before anything happens.

use super::section::Differences;
use crate::nouns::{Cluster, Config, Step};
use std::cmp::Reverse;

pub type Plan = Differences<Step>;

/// What makes the cluster like the file.
pub fn plan(file: &Config, cluster: &Cluster) -> Plan {
    let mut plan = cluster.differences(file);
    plan.only_here.sort_by_key(|step| Reverse(step.change().rank()));
    plan.order(cluster.asking.as_deref());
    plan
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.only_here.is_empty() && self.impossible.is_empty()
    }

    /// The plan that also removes what only the cluster has; what holds data stays.
    pub fn pruning(mut self, asking: Option<&str>) -> Plan {
        let only_here = std::mem::take(&mut self.only_here);
        let (kept, removed) = only_here.into_iter().partition(|step| step.change().destroys_data());
        self.only_here = kept;
        self.steps.extend::<Vec<Step>>(removed);
        self.order(asking);
        self
    }

    /// What is about whoever asks comes last.
    fn order(&mut self, asking: Option<&str>) {
        let is_about = |step: &Step| asking.is_some_and(|user| step.change().is_about(user));
        self.steps.sort_by_key(|step| (is_about(step), step.change().rank()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::section::{AnyChange, Change, Names, Section, Seen};
    use super::super::testing::{cluster, config, empty, seen};
    use super::*;
    use crate::nouns::user::UserSection;
    use crate::nouns::volume::VolumeSection;
    use nasd_base::role::Role;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// What a node would do with the rows of a section: each only as it was seen, and with what it names.
    fn take<T: Section>(change: &Change<T>, rows: &mut BTreeMap<String, Seen<T>>, names: &Names) {
        let key = if T::ONE { "" } else { change.thing().1 }.to_owned();
        match change.clone() {
            Change::Create(to) => {
                assert_eq!(to.check(names), Ok(()));
                assert!(rows.insert(key, seen(to)).is_none());
            }
            Change::Update { from, to } => {
                assert_eq!(to.check(names), Ok(()));
                assert_eq!(rows.insert(key, seen(to)), Some(from));
            }
            Change::Remove(from) => {
                assert!(!T::HOLDS_DATA, "no node is asked for {change:?}");
                assert_eq!(rows.remove(&key), Some(from));
            }
        }
    }

    fn carry_out(step: &Step, cluster: &mut Cluster) {
        let mut names = Names::default();
        names.add::<VolumeSection>(cluster.volumes.keys());
        names.add::<UserSection>(cluster.users.keys());
        match step {
            Step::Settings(change) => take(change, &mut cluster.settings, &names),
            Step::Volume(change) => {
                if let Change::Update { from, to } = change {
                    assert_eq!(from.value.replicas, to.replicas, "no node is asked for {change:?}");
                }
                take(change, &mut cluster.volumes, &names);
            }
            Step::Export(change) => take(change, &mut cluster.exports, &names),
            Step::User(change) => {
                take(change, &mut cluster.users, &names);
                if let Change::Remove(user) = change {
                    for group in cluster.groups.values_mut() {
                        group.value.members.remove(&user.value.name);
                    }
                }
            }
            Step::Group(change) => take(change, &mut cluster.groups, &names),
        }
    }

    fn after(plan: &Plan, cluster: &Cluster) -> Cluster {
        let mut cluster = cluster.clone();
        plan.steps.iter().for_each(|step| carry_out(step, &mut cluster));
        cluster
    }

    /// Whether the volume is what the file says, as far as it can be made so.
    fn fits(wanted: &VolumeSection, before: Option<&Seen<VolumeSection>>, now: &VolumeSection) -> bool {
        let replicas = before.map_or(wanted.replicas, |before| before.value.replicas);
        *now == VolumeSection { replicas, ..wanted.clone() }
    }

    proptest! {
        #[test]
        fn a_cluster_becomes_what_the_file_says_and_loses_nothing(file in config(), cluster in cluster()) {
            let plan = plan(&file, &cluster);
            let now = after(&plan, &cluster);
            for (name, wanted) in &file.volumes {
                prop_assert!(fits(wanted, cluster.volumes.get(name), &now.volumes[name].value));
            }
            for (path, wanted) in &file.exports {
                prop_assert_eq!(wanted, &now.exports[path].value);
            }
            for (name, wanted) in &file.users {
                prop_assert_eq!(wanted, &now.users[name].value);
            }
            for (name, wanted) in &file.groups {
                prop_assert_eq!(wanted, &now.groups[name].value);
            }
            let settings = file.settings.get("").unwrap_or(&cluster.settings[""].value);
            prop_assert_eq!(settings, &now.settings[""].value);
            prop_assert!(cluster.volumes.keys().all(|name| now.volumes.contains_key(name)));
            for (path, had) in cluster.exports.iter().filter(|(path, _)| !file.exports.contains_key(*path)) {
                prop_assert_eq!(had, &now.exports[path]);
            }
            for (name, had) in cluster.users.iter().filter(|(name, _)| !file.users.contains_key(*name)) {
                prop_assert_eq!(had, &now.users[name]);
            }
            for (name, had) in cluster.groups.iter().filter(|(name, _)| !file.groups.contains_key(*name)) {
                prop_assert_eq!(had, &now.groups[name]);
            }
        }

        #[test]
        fn afterwards_nothing_is_left_to_do(file in config(), cluster in cluster()) {
            let before = plan(&file, &cluster);
            let again = plan(&file, &after(&before, &cluster));
            prop_assert_eq!(&again.steps, &[]);
            prop_assert_eq!(&again.only_here, &before.only_here);
            prop_assert_eq!(&again.impossible, &before.impossible);
        }

        #[test]
        fn pruning_leaves_only_the_file_and_every_volume(file in config(), cluster in cluster()) {
            let plan = plan(&file, &cluster).pruning(cluster.asking.as_deref());
            let now = after(&plan, &cluster);
            let exports: BTreeMap<_, _> = now.exports.iter().map(|(path, one)| (path, &one.value)).collect();
            prop_assert_eq!(exports, file.exports.iter().collect());
            let users: BTreeMap<_, _> = now.users.iter().map(|(name, one)| (name, &one.value)).collect();
            prop_assert_eq!(users, file.users.iter().collect());
            let groups: BTreeMap<_, _> = now.groups.iter().map(|(name, one)| (name, &one.value)).collect();
            prop_assert_eq!(groups, file.groups.iter().collect());
            prop_assert!(cluster.volumes.keys().all(|name| now.volumes.contains_key(name)));
            prop_assert!(plan.only_here.iter().all(|step| step.change().destroys_data()));
        }

        #[test]
        fn an_empty_cluster_becomes_the_file(file in config()) {
            let cluster = empty();
            let plan = plan(&file, &cluster);
            prop_assert!(plan.only_here.is_empty() && plan.impossible.is_empty());
            let now = after(&plan, &cluster);
            let volumes: BTreeMap<_, _> = now.volumes.into_iter().map(|(name, one)| (name, one.value)).collect();
            prop_assert_eq!(volumes, file.volumes);
        }

        #[test]
        fn every_change_says_what_changes(file in config(), cluster in cluster()) {
            let plan = plan(&file, &cluster);
            let changes = plan.steps.iter().chain(&plan.impossible).filter(|step| step.change().action() == "change");
            for step in changes {
                prop_assert!(!step.change().fields().is_empty(), "{:?}", step);
            }
        }
    }

    #[test]
    fn administrators_are_made_before_others_stop_being_one_and_whoever_asks_comes_last() {
        let user = |name: &str, role| {
            let (name, owned) = (name.to_owned(), Default::default());
            UserSection { name, role, owned, disabled: false }
        };
        let mut cluster = Cluster { asking: Some("amy".into()), ..Cluster::default() };
        for (name, role) in [("amy", Role::Administrator), ("bob", Role::Operator), ("cho", Role::Auditor)] {
            cluster.users.insert(name.into(), seen(user(name, role)));
        }
        let mut file = Config::default();
        file.users.insert("bob".into(), user("bob", Role::Administrator));
        let plan = plan(&file, &cluster).pruning(cluster.asking.as_deref());
        let order: Vec<&str> = plan.steps.iter().map(|step| step.change().thing().1).collect();
        assert_eq!(order, ["bob", "cho", "amy"]);
    }
}
