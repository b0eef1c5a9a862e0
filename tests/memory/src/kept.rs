//! Owns what is the same of all nouns: things by their keys, which are made, shown, changed and removed.

use nasd_api::{ApiError, Nothing, refusal};
use std::collections::BTreeMap;

/// Something that has a key.
pub(crate) trait Thing: Clone {
    fn taken(key: &str) -> ApiError;
    fn missing(key: &str) -> ApiError;
    fn etag(&mut self) -> &mut String;
}

pub(crate) type Kept<T> = BTreeMap<String, T>;

pub(crate) fn list<T: Thing>(kept: &Kept<T>) -> Vec<T> {
    kept.values().cloned().collect()
}

pub(crate) fn find<T: Thing>(kept: &Kept<T>, key: &str) -> Result<T, ApiError> {
    kept.get(key).cloned().ok_or_else(|| T::missing(key))
}

pub(crate) fn add<T: Thing>(kept: &mut Kept<T>, key: String, thing: T) -> Result<T, ApiError> {
    match kept.contains_key(&key) {
        true => Err(T::taken(&key)),
        false => Ok(kept.entry(key).or_insert(thing).clone()),
    }
}

/// Changes it if it still has the tag that was seen, if one was.
pub(crate) fn change<T: Thing>(
    kept: &mut Kept<T>,
    key: &str,
    seen: Option<String>,
    change: impl FnOnce(&mut T),
) -> Result<T, ApiError> {
    let thing = kept.get_mut(key).ok_or_else(|| T::missing(key))?;
    if seen.is_some_and(|seen| seen != *thing.etag()) {
        return Err(refusal::changed());
    }
    change(thing);
    thing.etag().push('1');
    Ok(thing.clone())
}

pub(crate) fn delete<T: Thing>(kept: &mut Kept<T>, key: &str) -> Result<Nothing, ApiError> {
    kept.remove(key).map(|_| Nothing).ok_or_else(|| T::missing(key))
}
