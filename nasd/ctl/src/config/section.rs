//! Owns what a noun's part of the configuration file offers, and how what the file says of it differs from what the
//! cluster has. Knows no noun.

use super::passwords::Passwords;
use crate::failure::Failure;
use nasd_api::{Client, refusal};
#[cfg(test)]
use proptest::strategy::Strategy;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// One thing that a cluster is told to have, as it is in the file.
pub trait Section: Clone + Debug + PartialEq + Serialize + DeserializeOwned {
    /// What it is called, in words and as the key in the file.
    const KIND: &'static str;
    /// What the file holds of all of them, in words.
    const HELD: &'static str;
    /// A cluster has one, and always: it is a table in the file, which may leave it out.
    const ONE: bool = false;
    /// It holds people's data, so what only the cluster has is left alone.
    const HOLDS_DATA: bool = false;
    /// It gets a password when it is made.
    const HAS_PASSWORD: bool = false;

    fn name(&self) -> &str;

    /// Whether what it names is in the file, too; else why not, in words for the operator.
    fn check(&self, _: &Names) -> Result<(), String> {
        Ok(())
    }

    /// Each with its value, in words; in the same order for all.
    fn fields(&self) -> Fields;

    /// What this, which the cluster has, can become of what is wanted; and what is wanted besides.
    fn attainable(&self, wanted: &Self) -> (Self, Option<Self>) {
        (wanted.clone(), None)
    }

    /// Smaller ones come first among the changes of all sections. What others need comes before them, and who gets
    /// rights before who loses them: a cluster is never without an administrator.
    fn rank(change: &Change<Self>) -> u8;

    /// Whether it is about what this user may do.
    fn is_about(_: &Change<Self>, _user: &str) -> bool {
        false
    }

    /// All that the cluster has; `names` are those of the sections before.
    async fn read(node: &Client, names: &Names) -> Result<Vec<Seen<Self>>, Failure>;

    /// Only if it still is as it was seen.
    async fn carry_out(
        change: &Change<Self>,
        node: &Client,
        passwords: &mut Passwords,
    ) -> Result<(), Failure>;

    /// Any, for property tests.
    #[cfg(test)]
    fn arbitrary() -> impl Strategy<Value = Self>;

    /// What a node does with it when what it may name goes.
    #[cfg(test)]
    fn forget(&mut self, _kind: &str, _name: &str) {}
}

/// What a cluster has, with the tag that says whether it still is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<T> {
    pub value: T,
    pub etag: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<T> {
    Create(T),
    Update { from: Seen<T>, to: T },
    Remove(Seen<T>),
}

/// A field of a change, for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    pub field: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    pub to: String,
}

/// A change, whatever it is of.
pub trait AnyChange {
    /// `create`, `change` or `remove`.
    fn action(&self) -> &'static str;
    /// Of what it is a change, and its name.
    fn thing(&self) -> (&'static str, &str);
    /// What becomes of its fields; nothing of what is removed.
    fn fields(&self) -> Vec<FieldChange>;
    fn rank(&self) -> u8;
    fn is_about(&self, user: &str) -> bool;
    fn destroys_data(&self) -> bool;
    fn needs_password(&self) -> bool;
}

impl<T: Section> AnyChange for Change<T> {
    fn action(&self) -> &'static str {
        match self {
            Change::Create(_) => "create",
            Change::Update { .. } => "change",
            Change::Remove(_) => "remove",
        }
    }

    fn thing(&self) -> (&'static str, &str) {
        let (Change::Create(value)
        | Change::Update { from: Seen { value, .. }, .. }
        | Change::Remove(Seen { value, .. })) = self;
        (T::KIND, value.name())
    }

    fn fields(&self) -> Vec<FieldChange> {
        match self {
            Change::Create(to) => {
                let shown = to.fields().into_iter().filter(|(_, to)| to != NONE && to != NO);
                shown.map(|(field, to)| FieldChange { field, from: None, to }).collect()
            }
            Change::Update { from, to } => {
                let pairs = from.value.fields().into_iter().zip(to.fields());
                let changed = pairs.filter(|(from, to)| from != to);
                changed.map(|((field, from), (_, to))| FieldChange { field, from: Some(from), to }).collect()
            }
            Change::Remove(_) => Vec::new(),
        }
    }

    fn rank(&self) -> u8 {
        T::rank(self)
    }

    fn is_about(&self, user: &str) -> bool {
        T::is_about(self, user)
    }

    fn destroys_data(&self) -> bool {
        T::HOLDS_DATA && matches!(self, Change::Remove(_))
    }

    fn needs_password(&self) -> bool {
        T::HAS_PASSWORD && matches!(self, Change::Create(_))
    }
}

/// What differs between a file and a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differences<Step> {
    /// What is to be done, in this order.
    pub steps: Vec<Step>,
    /// Removals of what only the cluster has: done when pruning, except for what holds data.
    pub only_here: Vec<Step>,
    /// Differences that nasctl cannot remove.
    pub impossible: Vec<Step>,
}

impl<Step> Default for Differences<Step> {
    fn default() -> Self {
        Differences { steps: Vec::new(), only_here: Vec::new(), impossible: Vec::new() }
    }
}

impl<Step> Differences<Step> {
    /// Those of one section.
    pub fn add<T: Section>(
        &mut self,
        file: &BTreeMap<String, T>,
        cluster: &BTreeMap<String, Seen<T>>,
        step: fn(Change<T>) -> Step,
    ) {
        for (key, wanted) in file {
            let Some(seen) = cluster.get(key) else {
                self.steps.push(step(Change::Create(wanted.clone())));
                continue;
            };
            let (to, beyond) = seen.value.attainable(wanted);
            if let Some(beyond) = beyond {
                let from = Seen { value: to.clone(), etag: seen.etag.clone() };
                self.impossible.push(step(Change::Update { from, to: beyond }));
            }
            if to != seen.value {
                self.steps.push(step(Change::Update { from: seen.clone(), to }));
            }
        }
        let others = cluster.iter().filter(|(key, _)| !T::ONE && !file.contains_key(*key));
        self.only_here.extend(others.map(|(_, seen)| step(Change::Remove(seen.clone()))));
    }
}

/// By name; what there is one of by nothing.
pub fn keyed<T: Section>(values: impl IntoIterator<Item = Seen<T>>) -> BTreeMap<String, Seen<T>> {
    values.into_iter().map(|seen| (key(&seen.value), seen)).collect()
}

pub fn key<T: Section>(value: &T) -> String {
    if T::ONE { String::new() } else { value.name().to_owned() }
}

/// A section as it is in the file.
pub struct Entries<T>(Vec<T>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Entries(Vec::new())
    }
}

impl<T: Section> Entries<T> {
    pub fn of(values: &BTreeMap<String, T>) -> Entries<T> {
        Entries(values.values().cloned().collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// By name, if each is there once.
    pub fn collect(self) -> Result<BTreeMap<String, T>, String> {
        let mut values = BTreeMap::new();
        for value in self.0 {
            if let Some(twice) = values.insert(key(&value), value) {
                return Err(format!("{} {} is in the file twice", T::KIND, twice.name()));
            }
        }
        Ok(values)
    }
}

impl<T: Section> Serialize for Entries<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [one] if T::ONE => one.serialize(to),
            all => all.serialize(to),
        }
    }
}

impl<'de, T: Section> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if T::ONE {
            T::deserialize(from).map(|one| Entries(vec![one]))
        } else {
            Vec::deserialize(from).map(Entries)
        }
    }
}

/// The names of what there is of each kind.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeMap<&'static str, BTreeSet<String>>);

impl Names {
    pub fn add<'a, T: Section>(&mut self, names: impl IntoIterator<Item = &'a String>) {
        self.0.insert(T::KIND, names.into_iter().cloned().collect());
    }

    pub fn has(&self, kind: &str, name: &str) -> bool {
        self.0.get(kind).is_some_and(|names| names.contains(name))
    }

    /// Whether there is what `whose` names.
    pub fn need<T: Section>(&self, whose: &T, kind: &str, name: &str) -> Result<(), String> {
        match self.has(kind, name) {
            true => Ok(()),
            false => Err(format!(
                "{} {} names the {kind} {name}, which the file does not have",
                T::KIND,
                whose.name()
            )),
        }
    }
}

/// The interface deletes without a tag, so what was seen is looked at once more.
///
/// # Errors
/// Of what somebody else changed meanwhile.
pub async fn still_there<T: Section>(from: &Seen<T>, node: &Client) -> Result<(), Failure> {
    let mut now = T::read(node, &Names::default()).await?.into_iter();
    if now.any(|seen| seen.value.name() == from.value.name() && seen.etag == from.etag) {
        return Ok(());
    }
    Err(refusal::changed().into())
}

pub type Fields = Vec<(&'static str, String)>;

const NONE: &str = "none";
const NO: &str = "no";

pub fn number<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map_or(NONE.to_owned(), T::to_string)
}

pub fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { NO }.to_owned()
}

pub fn listed<T: ToString>(words: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| word.to_string()).collect();
    if words.is_empty() { NONE.to_owned() } else { words.join(", ") }
}
