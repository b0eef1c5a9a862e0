//! Users in the configuration file.

use crate::config::passwords::Passwords;
use crate::config::section::{Change, Fields, Names, Section, Seen, listed, still_there, yes_or_no};
use crate::failure::Failure;
use nasd_api::{Client, CreateUser, DeleteUser, ListUsers, Nothing, UpdateUser, User, UserAt};
use nasd_base::role::Role;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
#[cfg(test)]
use {
    crate::config::testing,
    proptest::{collection::btree_set, prelude::*, sample::select},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserSection {
    pub name: String,
    pub role: Role,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub owned: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

/// Whether the volumes are there, and whether such a role owns any.
pub fn check_owned<T: Section>(
    whose: &T,
    role: Role,
    owned: &BTreeSet<String>,
    names: &Names,
) -> Result<(), String> {
    owned.iter().try_for_each(|volume| names.need(whose, "volume", volume))?;
    match role != Role::ShareOwner && !owned.is_empty() {
        true => Err(format!("{} {}: only a share_owner has `owned` volumes", T::KIND, whose.name())),
        false => Ok(()),
    }
}

/// A volume that was destroyed may still be among what somebody owns; the file cannot name it.
pub fn owned_now(owned: Vec<String>, names: &Names) -> BTreeSet<String> {
    owned.into_iter().filter(|volume| names.has("volume", volume)).collect()
}

/// A role, and what whoever has it may own.
#[cfg(test)]
pub fn role_and_owned() -> impl Strategy<Value = (Role, BTreeSet<String>)> {
    select(Role::ALL.to_vec()).prop_flat_map(|role| {
        let owned_max = if role == Role::ShareOwner { 2 } else { 0 };
        (Just(role), btree_set(testing::name(), 0..=owned_max))
    })
}

impl UserSection {
    fn request(&self) -> UpdateUser {
        let owned = self.owned.iter().cloned().collect();
        UpdateUser { role: self.role, owned, disabled: self.disabled }
    }

    async fn create(&self, node: &Client, passwords: &mut Passwords) -> Result<(), Failure> {
        let (name, password) = (self.name.clone(), passwords.make(&self.name)?);
        let UpdateUser { role, owned, disabled } = self.request();
        let wanted = CreateUser { name, role, owned, password: password.clone() };
        let made = node.call::<CreateUser>(Nothing, &wanted).await?;
        passwords.took(&self.name, password);
        // Nobody knows the password yet, so that the user being there for a moment lets nobody in.
        if disabled {
            node.call_if::<UpdateUser>(UserAt::new(&self.name), &self.request(), Some(&made.etag)).await?;
        }
        Ok(())
    }
}

impl Section for UserSection {
    const KIND: &str = "user";
    const HELD: &str = "users (name, role, owned volumes, disabled)";
    const HAS_PASSWORD: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self, names: &Names) -> Result<(), String> {
        check_owned(self, self.role, &self.owned, names)
    }

    fn fields(&self) -> Fields {
        vec![
            ("role", self.role.to_string()),
            ("owned", listed(&self.owned)),
            ("disabled", yes_or_no(self.disabled)),
        ]
    }

    /// One who is deleted leaves its groups, so groups change before.
    fn rank(change: &Change<Self>) -> u8 {
        match change {
            Change::Create(_) => 2,
            Change::Update { to, .. } if to.role == Role::Administrator && !to.disabled => 3,
            Change::Update { .. } => 4,
            Change::Remove(_) => 12,
        }
    }

    fn is_about(change: &Change<Self>, user: &str) -> bool {
        match change {
            Change::Create(_) => false,
            Change::Update { from, .. } | Change::Remove(from) => from.value.name == user,
        }
    }

    async fn read(node: &Client, names: &Names) -> Result<Vec<Seen<Self>>, Failure> {
        let seen = |User { name, role, owned, disabled, etag, .. }| Seen {
            value: UserSection { name, role, owned: owned_now(owned, names), disabled },
            etag,
        };
        Ok(node.all::<ListUsers>().await?.into_iter().map(seen).collect())
    }

    async fn carry_out(
        change: &Change<Self>,
        node: &Client,
        passwords: &mut Passwords,
    ) -> Result<(), Failure> {
        match change {
            Change::Create(user) => user.create(node, passwords).await?,
            Change::Update { from, to } => {
                node.call_if::<UpdateUser>(UserAt::new(&to.name), &to.request(), Some(&from.etag)).await?;
            }
            Change::Remove(user) => {
                still_there(user, node).await?;
                node.ask::<DeleteUser>(UserAt::new(&user.value.name)).await?;
            }
        }
        Ok(())
    }

    #[cfg(test)]
    fn arbitrary() -> impl Strategy<Value = Self> {
        let fields = (testing::name(), role_and_owned(), any::<bool>());
        fields.prop_map(|(name, (role, owned), disabled)| UserSection { name, role, owned, disabled })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::plan;
    use crate::nouns::{Cluster, Config};
    use testing::seen;

    #[test]
    fn administrators_are_made_before_others_stop_being_one_and_whoever_asks_comes_last() {
        let user = |name: &str, role| {
            let (name, owned) = (name.to_owned(), Default::default());
            UserSection { name, role, owned, disabled: false }
        };
        let mut cluster = Cluster { asking: Some("amy".into()), ..Cluster::default() };
        for (name, role) in [("amy", Role::Administrator), ("bob", Role::Operator), ("cho", Role::Auditor)] {
            cluster.user.insert(name.into(), seen(user(name, role)));
        }
        let mut file = Config::default();
        file.user.insert("bob".into(), user("bob", Role::Administrator));
        let plan = plan(&file, &cluster).pruning(cluster.asking.as_deref());
        let order: Vec<&str> = plan.steps.iter().map(|step| step.change().thing().1).collect();
        assert_eq!(order, ["bob", "cho", "amy"]);
    }
}
