//! Owns configurations and clusters for property tests, and what a node would do with their parts. Knows no noun.

use super::section::{AnyChange, Change, Names, Section, Seen, key};
use crate::nouns::{Cluster, Config};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

/// Few of them, so that they often meet.
pub fn name() -> impl Strategy<Value = String> {
    select(vec!["archive", "demo", "lab-1", "media", "7"]).prop_map(str::to_owned)
}

pub fn config() -> impl Strategy<Value = Config> {
    Config::arbitrary(0, 7)
}

pub fn cluster() -> impl Strategy<Value = Cluster> {
    (Config::arbitrary(1, 7), option::of(name())).prop_map(|(config, asking)| Cluster::of(config, asking))
}

/// One with what every cluster has, and nothing else.
pub fn empty() -> impl Strategy<Value = Cluster> {
    Config::arbitrary(1, 0).prop_map(|config| Cluster::of(config, None))
}

pub fn seen<T>(value: T) -> Seen<T> {
    Seen { value, etag: "1".to_owned() }
}

pub fn rows<T: Section>(ones_min: usize, others_max: usize) -> impl Strategy<Value = Vec<T>> {
    vec(T::arbitrary(), if T::ONE { ones_min..=1 } else { 0..=others_max })
}

/// Those that name only what is there, as a cluster and a file would refuse the others; and now they are there, too.
pub fn fitting<T: Section>(rows: Vec<T>, names: &mut Names) -> BTreeMap<String, T> {
    let fitting = rows.into_iter().filter(|value| value.check(names).is_ok());
    let values: BTreeMap<_, _> = fitting.map(|value| (key(&value), value)).collect();
    names.add::<T>(values.keys());
    values
}

/// What a node would do with the rows of a section: each only as it was seen, and with what it names.
pub fn take<T: Section>(change: &Change<T>, rows: &mut BTreeMap<String, Seen<T>>, names: &Names) {
    let key = if T::ONE { "" } else { change.thing().1 }.to_owned();
    match change.clone() {
        Change::Create(to) => {
            assert_eq!(to.check(names), Ok(()));
            assert!(rows.insert(key, seen(to)).is_none());
        }
        Change::Update { from, to } => {
            assert_eq!(to.check(names), Ok(()));
            assert_eq!(from.value.attainable(&to), (to.clone(), None), "no node is asked for {change:?}");
            assert_eq!(rows.insert(key, seen(to)), Some(from));
        }
        Change::Remove(from) => {
            assert!(!T::HOLDS_DATA, "no node is asked for {change:?}");
            assert_eq!(rows.remove(&key), Some(from));
        }
    }
}

/// What becomes of a section: what the file says as far as it can be, and what the file does not have. Only what holds
/// data is left of that when it is pruned.
pub fn told<T: Section>(
    file: &BTreeMap<String, T>,
    cluster: &BTreeMap<String, Seen<T>>,
    pruned: bool,
) -> BTreeMap<String, T> {
    let kept = cluster.iter().filter(|_| !pruned || T::HOLDS_DATA || T::ONE);
    let mut told: BTreeMap<_, _> = kept.map(|(key, seen)| (key.clone(), seen.value.clone())).collect();
    for (key, wanted) in file {
        let attainable = cluster.get(key).map(|seen| seen.value.attainable(wanted).0);
        told.insert(key.clone(), attainable.unwrap_or_else(|| wanted.clone()));
    }
    told
}
