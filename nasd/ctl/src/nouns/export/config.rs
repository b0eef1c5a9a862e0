//! Exports in the configuration file.

use crate::config::passwords::Passwords;
use crate::config::section::{Change, Fields, Names, Section, Seen, listed, still_there};
use crate::failure::Failure;
use nasd_api::{
    Client, ClientRule, CreateExport, DeleteExport, Export, ExportAt, ListExports, Nothing, SetClients,
};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
#[cfg(test)]
use {
    crate::config::testing,
    proptest::{collection::vec, prelude::*, sample::select},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportSection {
    pub path: String,
    pub volume: String,
    /// The first that fits decides, so their order counts.
    #[serde(default)]
    pub clients: Vec<Rule>,
}

/// A client rule as `nasctl export create --client` reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule(pub ClientRule);

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map(Rule).map_err(D::Error::custom)
    }
}

fn seen(Export { path, volume, clients, etag }: Export) -> Seen<ExportSection> {
    let clients = clients.into_iter().map(Rule).collect();
    Seen { value: ExportSection { path, volume, clients }, etag }
}

impl ExportSection {
    fn at(&self) -> ExportAt {
        ExportAt { path: self.path.clone() }
    }

    fn rules(&self) -> Vec<ClientRule> {
        self.clients.iter().map(|Rule(rule)| rule.clone()).collect()
    }

    async fn create(&self, node: &Client) -> Result<(), Failure> {
        let (path, volume, clients) = (self.path.clone(), self.volume.clone(), self.rules());
        node.call::<CreateExport>(Nothing, &CreateExport { path, volume, clients }).await?;
        Ok(())
    }
}

async fn delete(from: &Seen<ExportSection>, node: &Client) -> Result<(), Failure> {
    still_there(from, node).await?;
    node.ask::<DeleteExport>(from.value.at()).await?;
    Ok(())
}

impl Section for ExportSection {
    const KIND: &str = "export";
    const HELD: &str = "exports (path, volume, client rules)";

    fn name(&self) -> &str {
        &self.path
    }

    fn check(&self, names: &Names) -> Result<(), String> {
        names.need(self, "volume", &self.volume)
    }

    fn fields(&self) -> Fields {
        let clients = listed(self.clients.iter().map(|Rule(rule)| rule));
        vec![("volume", self.volume.clone()), ("clients", clients)]
    }

    /// One path may lie inside another that goes or moves.
    fn rank(change: &Change<Self>) -> u8 {
        match change {
            Change::Remove(_) => 5,
            Change::Update { from, to } if from.value.volume != to.volume => 6,
            Change::Create(_) => 7,
            Change::Update { .. } => 8,
        }
    }

    async fn read(node: &Client, _: &Names) -> Result<Vec<Seen<Self>>, Failure> {
        Ok(node.all::<ListExports>().await?.into_iter().map(seen).collect())
    }

    async fn carry_out(change: &Change<Self>, node: &Client, _: &mut Passwords) -> Result<(), Failure> {
        match change {
            Change::Create(export) => export.create(node).await,
            Change::Update { from, to } if from.value.volume == to.volume => {
                let clients = SetClients { clients: to.rules() };
                node.call_if::<SetClients>(to.at(), &clients, Some(&from.etag)).await?;
                Ok(())
            }
            Change::Update { from, to } => {
                delete(from, node).await?;
                to.create(node).await.map_err(|failure| {
                    let words = failure.as_api_error(false).message;
                    let path = &to.path;
                    Failure::Local(format!("{path} is not exported now: it could not be made again: {words}"))
                })
            }
            Change::Remove(from) => delete(from, node).await,
        }
    }

    #[cfg(test)]
    fn arbitrary() -> impl Strategy<Value = Self> {
        let paths = ["/", "/demo", "/곳간", "/a \"quoted\" one", "/b\\c'd"];
        let path = select(paths.to_vec()).prop_map(str::to_owned);
        let rules = [
            "192.0.2.7",
            "192.0.2.0/24:ro:insecure",
            "2001:db8::/32:all_squash:anonuid=7",
            "0.0.0.0/0:no_root_squash",
        ];
        let rule = select(rules.to_vec()).prop_map(|text| Rule(text.parse().unwrap()));
        (path, testing::name(), vec(rule, 0..4)).prop_map(|(path, volume, clients)| ExportSection {
            path,
            volume,
            clients,
        })
    }
}
