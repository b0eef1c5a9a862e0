//! Owns what it takes to make a cluster like a file. It does nothing itself: a plan is shown before anything happens.

use super::file::{Config, Export, Group, Settings, User, Volume};
use nasd_api::Limits;
use nasd_base::role::Role;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a cluster is, as it was seen, with the tags that say whether it still is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    pub volumes: BTreeMap<String, Seen<Volume>>,
    pub exports: BTreeMap<String, Seen<Export>>,
    pub users: BTreeMap<String, Seen<User>>,
    pub groups: BTreeMap<String, Seen<Group>>,
    pub settings: Seen<Settings>,
    /// Whose API token is in use: what takes this user's rights away comes last.
    pub asking: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen<T> {
    pub value: T,
    pub etag: String,
}

/// What is to be done, in this order, and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// Removals of what only the cluster has: done when pruning, except for volumes.
    pub only_here: Vec<Step>,
    /// Differences that nasctl cannot remove.
    pub impossible: Vec<Step>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    ChangeSettings {
        from: Seen<Settings>,
        to: Settings,
    },
    CreateVolume {
        name: String,
        volume: Volume,
    },
    SetLimits {
        name: String,
        from: Seen<Volume>,
        to: Limits,
    },
    ChangeReplicas {
        name: String,
        from: Option<u8>,
        to: Option<u8>,
    },
    DestroyVolume {
        name: String,
    },
    CreateUser {
        name: String,
        user: User,
    },
    UpdateUser {
        name: String,
        from: Seen<User>,
        to: User,
    },
    DeleteUser {
        name: String,
        from: Seen<User>,
    },
    CreateGroup {
        name: String,
        group: Group,
    },
    UpdateGroup {
        name: String,
        from: Seen<Group>,
        to: Group,
    },
    DeleteGroup {
        name: String,
        from: Seen<Group>,
    },
    CreateExport {
        path: String,
        export: Export,
    },
    /// Other client rules.
    SetClients {
        path: String,
        from: Seen<Export>,
        to: Export,
    },
    /// The path shows another volume.
    MoveExport {
        path: String,
        from: Seen<Export>,
        to: Export,
    },
    DeleteExport {
        path: String,
        from: Seen<Export>,
    },
}

/// A field of a step, for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub field: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    pub to: String,
}

/// What makes the cluster like the file.
pub fn plan(file: &Config, cluster: &Cluster) -> Plan {
    let mut plan = Plan::default();
    if let Some(to) = file.settings.clone().filter(|to| *to != cluster.settings.value) {
        plan.steps.push(Step::ChangeSettings { from: cluster.settings.clone(), to });
    }
    plan.volumes(file, cluster);
    plan.users(file, cluster);
    plan.groups(file, cluster);
    plan.exports(file, cluster);
    plan.order(cluster.asking.as_deref());
    plan
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.only_here.is_empty() && self.impossible.is_empty()
    }

    /// The plan that also removes what only the cluster has; volumes stay.
    pub fn pruning(mut self, asking: Option<&str>) -> Plan {
        let only_here = std::mem::take(&mut self.only_here);
        let (kept, removed) = only_here.into_iter().partition(|step| step.destroys_data());
        self.only_here = kept;
        self.steps.extend::<Vec<Step>>(removed);
        self.order(asking);
        self
    }

    fn volumes(&mut self, file: &Config, cluster: &Cluster) {
        for (name, volume) in &file.volumes {
            let Some(seen) = cluster.volumes.get(name) else {
                self.steps.push(Step::CreateVolume { name: name.clone(), volume: volume.clone() });
                continue;
            };
            if seen.value.limits != volume.limits {
                let (name, from) = (name.clone(), seen.clone());
                self.steps.push(Step::SetLimits { name, from, to: volume.limits });
            }
            let (from, to) = (seen.value.replicas, volume.replicas);
            if to.is_some() && from != to {
                self.impossible.push(Step::ChangeReplicas { name: name.clone(), from, to });
            }
        }
        let others = cluster.volumes.keys().filter(|name| !file.volumes.contains_key(*name));
        self.only_here.extend(others.map(|name| Step::DestroyVolume { name: name.clone() }));
    }

    fn users(&mut self, file: &Config, cluster: &Cluster) {
        for (name, user) in &file.users {
            let (name, user) = (name.clone(), user.clone());
            match cluster.users.get(&name) {
                None => self.steps.push(Step::CreateUser { name, user }),
                Some(seen) if seen.value == user => {}
                Some(seen) => self.steps.push(Step::UpdateUser { name, from: seen.clone(), to: user }),
            }
        }
        for (name, seen) in cluster.users.iter().filter(|(name, _)| !file.users.contains_key(*name)) {
            self.only_here.push(Step::DeleteUser { name: name.clone(), from: seen.clone() });
        }
    }

    fn groups(&mut self, file: &Config, cluster: &Cluster) {
        for (name, group) in &file.groups {
            let (name, group) = (name.clone(), group.clone());
            match cluster.groups.get(&name) {
                None => self.steps.push(Step::CreateGroup { name, group }),
                Some(seen) if seen.value == group => {}
                Some(seen) => self.steps.push(Step::UpdateGroup { name, from: seen.clone(), to: group }),
            }
        }
        for (name, seen) in cluster.groups.iter().filter(|(name, _)| !file.groups.contains_key(*name)) {
            self.only_here.push(Step::DeleteGroup { name: name.clone(), from: seen.clone() });
        }
    }

    fn exports(&mut self, file: &Config, cluster: &Cluster) {
        for (path, export) in &file.exports {
            let (path, to) = (path.clone(), export.clone());
            match cluster.exports.get(&path).cloned() {
                None => self.steps.push(Step::CreateExport { path, export: to }),
                Some(seen) if seen.value == to => {}
                Some(from) if from.value.volume == to.volume => {
                    self.steps.push(Step::SetClients { path, from, to })
                }
                Some(from) => self.steps.push(Step::MoveExport { path, from, to }),
            }
        }
        for (path, seen) in cluster.exports.iter().filter(|(path, _)| !file.exports.contains_key(*path)) {
            self.only_here.push(Step::DeleteExport { path: path.clone(), from: seen.clone() });
        }
    }

    fn order(&mut self, asking: Option<&str>) {
        self.steps.sort_by_key(|step| (step.is_about_user(asking), step.rank()));
    }
}

impl Step {
    /// What others need comes first, and who gets rights before who loses them: a cluster is never without an
    /// administrator. A user who is deleted leaves its groups, so groups change before.
    fn rank(&self) -> u8 {
        match self {
            Step::ChangeSettings { .. } => 0,
            Step::CreateVolume { .. } => 0,
            Step::SetLimits { .. } | Step::ChangeReplicas { .. } => 1,
            Step::CreateUser { .. } => 2,
            Step::UpdateUser { to, .. } if to.role == Role::Administrator && !to.disabled => 3,
            Step::UpdateUser { .. } => 4,
            Step::DeleteExport { .. } => 5,
            Step::MoveExport { .. } => 6,
            Step::CreateExport { .. } => 7,
            Step::SetClients { .. } => 8,
            Step::CreateGroup { .. } => 9,
            Step::UpdateGroup { .. } => 10,
            Step::DeleteGroup { .. } => 11,
            Step::DeleteUser { .. } => 12,
            Step::DestroyVolume { .. } => 13,
        }
    }

    fn is_about_user(&self, asking: Option<&str>) -> bool {
        let (Step::UpdateUser { name, .. } | Step::DeleteUser { name, .. }) = self else { return false };
        asking == Some(name)
    }

    pub fn destroys_data(&self) -> bool {
        matches!(self, Step::DestroyVolume { .. })
    }

    /// `create`, `change` or `remove`.
    pub fn action(&self) -> &'static str {
        match self {
            Step::CreateVolume { .. }
            | Step::CreateUser { .. }
            | Step::CreateGroup { .. }
            | Step::CreateExport { .. } => "create",
            Step::DestroyVolume { .. }
            | Step::DeleteUser { .. }
            | Step::DeleteGroup { .. }
            | Step::DeleteExport { .. } => "remove",
            _ => "change",
        }
    }

    /// Of what it is a change, and its name.
    pub fn thing(&self) -> (&'static str, &str) {
        match self {
            Step::ChangeSettings { from, .. } => ("settings", &from.value.name),
            Step::CreateVolume { name, .. }
            | Step::SetLimits { name, .. }
            | Step::ChangeReplicas { name, .. }
            | Step::DestroyVolume { name } => ("volume", name),
            Step::CreateUser { name, .. } | Step::UpdateUser { name, .. } | Step::DeleteUser { name, .. } => {
                ("user", name)
            }
            Step::CreateGroup { name, .. }
            | Step::UpdateGroup { name, .. }
            | Step::DeleteGroup { name, .. } => ("group", name),
            Step::CreateExport { path, .. }
            | Step::SetClients { path, .. }
            | Step::MoveExport { path, .. }
            | Step::DeleteExport { path, .. } => ("export", path),
        }
    }

    /// What becomes of its fields; nothing of what is removed.
    pub fn changes(&self) -> Vec<Change> {
        match self {
            Step::CreateVolume { volume, .. } => created(volume_fields(volume)),
            Step::SetLimits { from, to, .. } => {
                let after = Volume { limits: *to, ..from.value.clone() };
                changed(volume_fields(&from.value), volume_fields(&after))
            }
            Step::ChangeReplicas { from, to, .. } => {
                changed(vec![("replicas", number(from))], vec![("replicas", number(to))])
            }
            Step::CreateUser { user, .. } => created(user_fields(user)),
            Step::UpdateUser { from, to, .. } => changed(user_fields(&from.value), user_fields(to)),
            Step::CreateExport { export, .. } => created(export_fields(export)),
            Step::SetClients { from, to, .. } | Step::MoveExport { from, to, .. } => {
                changed(export_fields(&from.value), export_fields(to))
            }
            Step::ChangeSettings { from, to } => changed(setting_fields(&from.value), setting_fields(to)),
            Step::CreateGroup { group, .. } => created(group_fields(group)),
            Step::UpdateGroup { from, to, .. } => changed(group_fields(&from.value), group_fields(to)),
            Step::DestroyVolume { .. }
            | Step::DeleteUser { .. }
            | Step::DeleteGroup { .. }
            | Step::DeleteExport { .. } => Vec::new(),
        }
    }
}

type Fields = Vec<(&'static str, String)>;

fn created(fields: Fields) -> Vec<Change> {
    let shown = fields.into_iter().filter(|(_, to)| to != NONE && to != NO);
    shown.map(|(field, to)| Change { field, from: None, to }).collect()
}

fn changed(from: Fields, to: Fields) -> Vec<Change> {
    let pairs = from.into_iter().zip(to).filter(|(from, to)| from != to);
    pairs.map(|((field, from), (_, to))| Change { field, from: Some(from), to }).collect()
}

const NONE: &str = "none";
const NO: &str = "no";

fn number<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map_or(NONE.to_owned(), T::to_string)
}

fn listed(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    if words.is_empty() { NONE.to_owned() } else { words.join(", ") }
}

fn volume_fields(volume: &Volume) -> Fields {
    vec![
        ("replicas", number(&volume.replicas)),
        ("limit_bytes", number(&volume.limits.bytes)),
        ("limit_files", number(&volume.limits.files)),
    ]
}

fn user_fields(user: &User) -> Fields {
    let disabled = if user.disabled { "yes" } else { NO };
    vec![
        ("role", user.role.to_string()),
        ("owned", listed(user.owned.iter().cloned())),
        ("disabled", disabled.to_owned()),
    ]
}

fn group_fields(group: &Group) -> Fields {
    vec![
        ("role", group.role.to_string()),
        ("owned", listed(group.owned.iter().cloned())),
        ("members", listed(group.members.iter().cloned())),
    ]
}

fn setting_fields(settings: &Settings) -> Fields {
    vec![
        ("name", settings.name.clone()),
        ("session_idle_minutes", settings.session_idle_minutes.to_string()),
        ("session_minutes", settings.session_minutes.to_string()),
    ]
}

fn export_fields(export: &Export) -> Fields {
    vec![
        ("volume", export.volume.clone()),
        ("clients", listed(export.clients.iter().map(ToString::to_string))),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cluster, config, seen};
    use super::*;
    use proptest::prelude::*;

    /// What a node would do.
    fn carry_out(step: &Step, cluster: &mut Cluster) {
        match step.clone() {
            Step::CreateVolume { name, volume } => {
                assert!(cluster.volumes.insert(name, seen(volume)).is_none());
            }
            Step::SetLimits { name, from, to } => {
                let volume = cluster.volumes.get_mut(&name).unwrap();
                assert_eq!(*volume, from);
                volume.value.limits = to;
            }
            Step::CreateUser { name, user } => {
                assert!(user.owned.iter().all(|volume| cluster.volumes.contains_key(volume)));
                assert!(cluster.users.insert(name, seen(user)).is_none());
            }
            Step::UpdateUser { name, from, to } => {
                assert!(to.owned.iter().all(|volume| cluster.volumes.contains_key(volume)));
                assert_eq!(cluster.users.insert(name, seen(to)), Some(from));
            }
            Step::DeleteUser { name, from } => {
                assert_eq!(cluster.users.remove(&name), Some(from));
                for group in cluster.groups.values_mut() {
                    group.value.members.remove(&name);
                }
            }
            Step::ChangeSettings { from, to } => {
                assert_eq!(std::mem::replace(&mut cluster.settings, seen(to)), from);
            }
            Step::CreateGroup { name, group } => {
                assert!(group.members.iter().all(|user| cluster.users.contains_key(user)));
                assert!(cluster.groups.insert(name, seen(group)).is_none());
            }
            Step::UpdateGroup { name, from, to } => {
                assert!(to.members.iter().all(|user| cluster.users.contains_key(user)));
                assert_eq!(cluster.groups.insert(name, seen(to)), Some(from));
            }
            Step::DeleteGroup { name, from } => assert_eq!(cluster.groups.remove(&name), Some(from)),
            Step::CreateExport { path, export } => {
                assert!(cluster.volumes.contains_key(&export.volume));
                assert!(cluster.exports.insert(path, seen(export)).is_none());
            }
            Step::SetClients { path, from, to } => {
                assert_eq!(from.value.volume, to.volume);
                assert_eq!(cluster.exports.insert(path, seen(to)), Some(from));
            }
            Step::MoveExport { path, from, to } => {
                assert!(cluster.volumes.contains_key(&to.volume));
                assert_eq!(cluster.exports.insert(path, seen(to)), Some(from));
            }
            Step::DeleteExport { path, from } => assert_eq!(cluster.exports.remove(&path), Some(from)),
            Step::ChangeReplicas { .. } | Step::DestroyVolume { .. } => {
                panic!("no node is asked for {step:?}")
            }
        }
    }

    fn after(plan: &Plan, cluster: &Cluster) -> Cluster {
        let mut cluster = cluster.clone();
        plan.steps.iter().for_each(|step| carry_out(step, &mut cluster));
        cluster
    }

    /// Whether the volume is what the file says, as far as it can be made so.
    fn fits(wanted: &Volume, before: Option<&Seen<Volume>>, now: &Volume) -> bool {
        let replicas = before.map_or(wanted.replicas, |before| before.value.replicas);
        *now == Volume { replicas, ..wanted.clone() }
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
            prop_assert_eq!(file.settings.as_ref().unwrap_or(&cluster.settings.value), &now.settings.value);
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
            prop_assert!(plan.only_here.iter().all(Step::destroys_data));
        }

        #[test]
        fn an_empty_cluster_becomes_the_file(file in config()) {
            let cluster = Cluster::default();
            let plan = plan(&file, &cluster);
            prop_assert!(plan.only_here.is_empty() && plan.impossible.is_empty());
            let now = after(&plan, &cluster);
            let volumes: BTreeMap<_, _> = now.volumes.into_iter().map(|(name, one)| (name, one.value)).collect();
            prop_assert_eq!(volumes, file.volumes);
        }

        #[test]
        fn every_change_says_what_changes(file in config(), cluster in cluster()) {
            let plan = plan(&file, &cluster);
            let changes = plan.steps.iter().chain(&plan.impossible).filter(|step| step.action() == "change");
            for step in changes {
                prop_assert!(!step.changes().is_empty(), "{:?}", step);
            }
        }
    }

    #[test]
    fn administrators_are_made_before_others_stop_being_one_and_whoever_asks_comes_last() {
        let user = |role| User { role, owned: Default::default(), disabled: false };
        let mut cluster = Cluster { asking: Some("amy".into()), ..Cluster::default() };
        for (name, role) in [("amy", Role::Administrator), ("bob", Role::Operator), ("cho", Role::Auditor)] {
            cluster.users.insert(name.into(), seen(user(role)));
        }
        let mut file = Config::default();
        file.users.insert("bob".into(), user(Role::Administrator));
        let plan = plan(&file, &cluster).pruning(cluster.asking.as_deref());
        let order: Vec<&str> = plan.steps.iter().map(|step| step.thing().1).collect();
        assert_eq!(order, ["bob", "cho", "amy"]);
    }
}
