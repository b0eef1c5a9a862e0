//! Volumes in the configuration file.

use crate::config::passwords::Passwords;
use crate::config::section::{Change, Fields, Names, Section, Seen, listed, number};
use crate::failure::Failure;
use nasd_api::{
    Client, CreateVolume, Description, Fresh, Limits, List, ListVolumes, Nothing, Page, REPLICAS_MAX,
    ReplicaState, RootDir, SetDescription, SetLimits, VolumeAt, VolumeInfo, check_volume_name,
};
use nasd_base::description::{DESCRIPTION_CHARS_MAX, DESCRIPTION_LINES_MAX, is_description};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
#[cfg(test)]
use {
    crate::config::testing,
    proptest::{option, prelude::*, sample::select},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeSection {
    #[serde(deserialize_with = "volume_name")]
    pub name: String,
    /// None: as many as the cluster gives it.
    #[serde(default, deserialize_with = "replicas", skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u8>,
    #[serde(default, deserialize_with = "limit", skip_serializing_if = "Option::is_none")]
    pub limit_bytes: Option<u64>,
    #[serde(default, deserialize_with = "limit", skip_serializing_if = "Option::is_none")]
    pub limit_files: Option<u64>,
    #[serde(default, deserialize_with = "description", skip_serializing_if = "String::is_empty")]
    pub description: String,
}

fn volume_name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    check_volume_name(&name).map_err(D::Error::custom)?;
    Ok(name)
}

fn replicas<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u8>, D::Error> {
    match u8::deserialize(from)? {
        count @ 1..=REPLICAS_MAX => Ok(Some(count)),
        _ => Err(D::Error::custom(format!("a volume has 1 to {REPLICAS_MAX} replicas"))),
    }
}

fn limit<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    match u64::deserialize(from)? {
        0 => Err(D::Error::custom("a limit is at least 1; leave it out to have none")),
        limit => Ok(Some(limit)),
    }
}

fn description<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if is_description(&text) {
        return Ok(text);
    }
    let refused = format!(
        "a description has at most {DESCRIPTION_CHARS_MAX} characters in {DESCRIPTION_LINES_MAX} lines"
    );
    Err(D::Error::custom(refused))
}

impl VolumeSection {
    fn of(volume: VolumeInfo) -> VolumeSection {
        // One that is being filled takes the place of another.
        let whole = volume.replicas.iter().filter(|replica| replica.state != ReplicaState::Learning).count();
        let replicas = u8::try_from(whole).ok().filter(|count| *count > 0);
        let Limits { bytes: limit_bytes, files: limit_files } = volume.limits;
        let (name, description) = (volume.name, volume.description);
        VolumeSection { name, replicas, limit_bytes, limit_files, description }
    }

    fn limits(&self) -> Limits {
        Limits { bytes: self.limit_bytes, files: self.limit_files }
    }
}

impl Section for VolumeSection {
    const KIND: &str = "volume";
    const HELD: &str = "volumes (name, description, replicas, limits)";
    const HOLDS_DATA: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn fields(&self) -> Fields {
        vec![
            ("replicas", number(&self.replicas)),
            ("limit_bytes", number(&self.limit_bytes)),
            ("limit_files", number(&self.limit_files)),
            ("description", listed(self.description.lines())),
        ]
    }

    fn attainable(&self, wanted: &Self) -> (Self, Option<Self>) {
        let beyond = wanted.replicas.is_some() && wanted.replicas != self.replicas;
        let attainable = VolumeSection { replicas: self.replicas, ..wanted.clone() };
        (attainable, beyond.then(|| wanted.clone()))
    }

    fn rank(change: &Change<Self>) -> u8 {
        match change {
            Change::Create(_) => 0,
            Change::Update { .. } => 1,
            Change::Remove(_) => 13,
        }
    }

    /// Says on standard error when the node may not know it.
    async fn read(node: &Client, _: &Names) -> Result<Vec<Seen<Self>>, Failure> {
        let Fresh { value: List { items, .. }, stale } =
            node.ask_fresh::<ListVolumes>(Page::default()).await?;
        if stale {
            eprintln!("nasctl: this node knows of no majority: what it says may be old");
        }
        let seen = |volume: VolumeInfo| Seen { etag: volume.etag.clone(), value: VolumeSection::of(volume) };
        Ok(items.into_iter().map(seen).collect())
    }

    async fn carry_out(change: &Change<Self>, node: &Client, _: &mut Passwords) -> Result<(), Failure> {
        match change {
            Change::Create(volume) => {
                let (name, replicas, limits) = (volume.name.clone(), volume.replicas, volume.limits());
                let (root, description) = (RootDir::default(), volume.description.clone());
                let request = CreateVolume { name, replicas, limits, root, description };
                node.call::<CreateVolume>(Nothing, &request).await?;
            }
            Change::Update { from, to } => {
                let (at, mut etag) = (VolumeAt::new(&to.name), from.etag.clone());
                if to.limits() != from.value.limits() {
                    let changed = node.call_if::<SetLimits>(at.clone(), &to.limits(), Some(&etag)).await?;
                    etag = changed.etag;
                }
                if to.description != from.value.description {
                    let said = Description { description: to.description.clone() };
                    node.call_if::<SetDescription>(at, &said, Some(&etag)).await?;
                }
            }
            Change::Remove(_) => return Err(Failure::Local("this never destroys a volume".into())),
        }
        Ok(())
    }

    #[cfg(test)]
    fn arbitrary() -> impl Strategy<Value = Self> {
        let limit = || option::of(select(vec![1, 1 << 30, i64::MAX as u64]));
        let description = select(vec!["", "Films", "영화\nask \"Minjun\""]).prop_map(str::to_owned);
        let fields = (testing::name(), option::of(1..=REPLICAS_MAX), limit(), limit(), description);
        fields.prop_map(|(name, replicas, limit_bytes, limit_files, description)| VolumeSection {
            name,
            replicas,
            limit_bytes,
            limit_files,
            description,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_that_is_there_keeps_its_number_of_replicas() {
        let volume = |replicas, limit_files| {
            let name = "demo".to_owned();
            VolumeSection { name, replicas, limit_bytes: None, limit_files, description: String::new() }
        };
        let (has, to) = (volume(Some(1), None), volume(Some(1), Some(7)));
        for wanted in [volume(None, Some(7)), to.clone()] {
            assert_eq!(has.attainable(&wanted), (to.clone(), None));
        }
        let beyond = volume(Some(3), Some(7));
        assert_eq!(has.attainable(&beyond), (to, Some(beyond)));
    }
}
