//! Groups in the configuration file.

use crate::config::passwords::Passwords;
use crate::config::section::{Change, Fields, Names, Section, Seen, listed, still_there};
use crate::failure::Failure;
use crate::nouns::user::{check_owned, owned_now};
use nasd_api::{Client, CreateGroup, DeleteGroup, Group, GroupAt, ListGroups, Nothing, UpdateGroup};
use nasd_base::role::Role;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
#[cfg(test)]
use {
    crate::config::testing,
    crate::nouns::user::role_and_owned,
    proptest::{collection::btree_set, prelude::*},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSection {
    pub name: String,
    pub role: Role,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub owned: BTreeSet<String>,
    #[serde(default)]
    pub members: BTreeSet<String>,
}

impl GroupSection {
    fn request(&self) -> UpdateGroup {
        let members = self.members.iter().cloned().collect();
        UpdateGroup { role: self.role, owned: self.owned.iter().cloned().collect(), members }
    }
}

impl Section for GroupSection {
    const KIND: &str = "group";
    const HELD: &str = "groups (name, role, owned volumes, members)";

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self, names: &Names) -> Result<(), String> {
        check_owned(self, self.role, &self.owned, names)?;
        self.members.iter().try_for_each(|member| names.need(self, "user", member))
    }

    fn fields(&self) -> Fields {
        vec![
            ("role", self.role.to_string()),
            ("owned", listed(&self.owned)),
            ("members", listed(&self.members)),
        ]
    }

    fn rank(change: &Change<Self>) -> u8 {
        match change {
            Change::Create(_) => 9,
            Change::Update { .. } => 10,
            Change::Remove(_) => 11,
        }
    }

    async fn read(node: &Client, names: &Names) -> Result<Vec<Seen<Self>>, Failure> {
        let seen = |Group { name, role, owned, members, etag, .. }| {
            let (owned, members) = (owned_now(owned, names), members.into_iter().collect());
            Seen { value: GroupSection { name, role, owned, members }, etag }
        };
        Ok(node.all::<ListGroups>().await?.into_iter().map(seen).collect())
    }

    async fn carry_out(change: &Change<Self>, node: &Client, _: &mut Passwords) -> Result<(), Failure> {
        match change {
            Change::Create(group) => {
                let UpdateGroup { role, owned, members } = group.request();
                let wanted = CreateGroup { name: group.name.clone(), role, owned, members };
                node.call::<CreateGroup>(Nothing, &wanted).await?;
            }
            Change::Update { from, to } => {
                node.call_if::<UpdateGroup>(GroupAt::new(&to.name), &to.request(), Some(&from.etag)).await?;
            }
            Change::Remove(group) => {
                still_there(group, node).await?;
                node.ask::<DeleteGroup>(GroupAt::new(&group.value.name)).await?;
            }
        }
        Ok(())
    }

    #[cfg(test)]
    fn arbitrary() -> impl Strategy<Value = Self> {
        let fields = (testing::name(), role_and_owned(), btree_set(testing::name(), 0..3));
        fields.prop_map(|(name, (role, owned), members)| GroupSection { name, role, owned, members })
    }

    #[cfg(test)]
    fn forget(&mut self, kind: &str, name: &str) {
        if kind == "user" {
            self.members.remove(name);
        }
    }
}
