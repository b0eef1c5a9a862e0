//! SNMP views in the configuration file.

use crate::config::passwords::Passwords;
use crate::config::section::{Change, Fields, Names, Section, Seen, listed, still_there};
use crate::failure::Failure;
use nasd_api::{
    ChangeSnmpView, Client, CreateSnmpView, DeleteSnmpView, ListSnmpViews, Nothing, SnmpAt, SnmpView,
};
use nasd_base::snmp::Oid;
use serde::{Deserialize, Serialize};
#[cfg(test)]
use {
    crate::config::testing,
    proptest::{collection::vec, prelude::*},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnmpViewSection {
    pub name: String,
    pub included: Vec<Oid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<Oid>,
}

impl Section for SnmpViewSection {
    const KIND: &str = "snmp_view";
    const HELD: &str =
        "SNMP views (name, subtrees), but no SNMP users and communities, whose secrets are not kept";

    fn name(&self) -> &str {
        &self.name
    }

    fn fields(&self) -> Fields {
        vec![("included", listed(&self.included)), ("excluded", listed(&self.excluded))]
    }

    fn rank(change: &Change<Self>) -> u8 {
        match change {
            Change::Create(_) | Change::Update { .. } => 3,
            Change::Remove(_) => 14,
        }
    }

    /// Those that are always there are nobody's to change.
    async fn read(node: &Client, _: &Names) -> Result<Vec<Seen<Self>>, Failure> {
        let seen = |SnmpView { name, included, excluded, etag, .. }| Seen {
            value: SnmpViewSection { name, included, excluded },
            etag,
        };
        let own = node.all::<ListSnmpViews>().await?.into_iter().filter(|view| !view.built_in);
        Ok(own.map(seen).collect())
    }

    async fn carry_out(change: &Change<Self>, node: &Client, _: &mut Passwords) -> Result<(), Failure> {
        match change {
            Change::Create(SnmpViewSection { name, included, excluded }) => {
                let (name, included, excluded) = (name.clone(), included.clone(), excluded.clone());
                node.call::<CreateSnmpView>(Nothing, &CreateSnmpView { name, included, excluded }).await?;
            }
            Change::Update { from, to } => {
                let (included, excluded) = (to.included.clone(), to.excluded.clone());
                let (at, wanted) = (SnmpAt::new(&to.name), ChangeSnmpView { included, excluded });
                node.call_if::<ChangeSnmpView>(at, &wanted, Some(&from.etag)).await?;
            }
            Change::Remove(view) => {
                still_there(view, node).await?;
                node.ask::<DeleteSnmpView>(SnmpAt::new(&view.value.name)).await?;
            }
        }
        Ok(())
    }

    #[cfg(test)]
    fn arbitrary() -> impl Strategy<Value = Self> {
        let oids =
            |least| vec(any::<u32>().prop_map(|arc| format!("1.3.6.{arc}").parse().unwrap()), least..3);
        (testing::name(), oids(1), oids(0)).prop_map(|(name, included, excluded)| SnmpViewSection {
            name,
            included,
            excluded,
        })
    }
}
