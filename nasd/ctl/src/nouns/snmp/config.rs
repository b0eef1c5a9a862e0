//! Contact and location in the configuration file. Users and communities are not there: nobody could make them again
//! without their secrets.

use crate::config::passwords::Passwords;
use crate::config::section::{Change, Fields, Names, Section, Seen};
use crate::failure::Failure;
use nasd_api::{ChangeSnmp, Client, Nothing, ReadSnmp, Snmp};
use serde::{Deserialize, Serialize};
#[cfg(test)]
use {crate::config::testing, proptest::prelude::*};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnmpSection {
    #[serde(default)]
    pub contact: String,
    #[serde(default)]
    pub location: String,
}

impl Section for SnmpSection {
    const KIND: &str = "snmp";
    const HELD: &str = "what SNMP tells as contact and location";
    const ONE: bool = true;

    fn name(&self) -> &str {
        "cluster"
    }

    fn fields(&self) -> Fields {
        vec![("contact", self.contact.clone()), ("location", self.location.clone())]
    }

    fn rank(_: &Change<Self>) -> u8 {
        0
    }

    async fn read(node: &Client, _: &Names) -> Result<Vec<Seen<Self>>, Failure> {
        let Snmp { contact, location, etag, .. } = node.ask::<ReadSnmp>(Nothing).await?;
        Ok(vec![Seen { value: SnmpSection { contact, location }, etag }])
    }

    async fn carry_out(change: &Change<Self>, node: &Client, _: &mut Passwords) -> Result<(), Failure> {
        let (SnmpSection { contact, location }, seen) = match change {
            Change::Create(to) => (to.clone(), None),
            Change::Update { from, to } => (to.clone(), Some(from.etag.as_str())),
            Change::Remove(_) => return Ok(()),
        };
        node.call_if::<ChangeSnmp>(Nothing, &ChangeSnmp { contact, location }, seen).await?;
        Ok(())
    }

    #[cfg(test)]
    fn arbitrary() -> impl Strategy<Value = Self> {
        (testing::name(), testing::name()).prop_map(|(contact, location)| SnmpSection { contact, location })
    }
}
