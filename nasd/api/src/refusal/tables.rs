//! Owns the tables of words together, and how they are looked up.

use crate::nouns::refused as of_nouns;
use crate::refused::words::{Table, Words};
use crate::refused::{caller, client, filled, phrases, recognised, request, state};
use std::collections::BTreeMap;

fn tables() -> impl Iterator<Item = &'static Table> {
    let of_any = [&caller::refusals::TABLE, &client::refusals::TABLE, &request::refusals::TABLE];
    of_any.into_iter().chain(of_nouns::TABLES)
}

/// What a node refuses by itself.
pub(super) fn own() -> impl Iterator<Item = &'static Words> {
    tables().flat_map(|table| table.own)
}

/// What the replicated state refuses, and what is wrong with a certificate.
pub(super) fn of_state() -> impl Iterator<Item = &'static Words> {
    tables().flat_map(|table| table.of_state).chain(state::WORDS)
}

/// Sentences within sentences are put into words this deep.
const DEPTH_MAX: u8 = 3;

/// The words of this reason.
pub(super) fn of_reason(reason: &str) -> Option<&'static Words> {
    own().chain(of_state()).find(|words| words.reason == reason)
}

/// The Korean sentence with its values, and with the sentences among them in Korean.
pub(super) fn korean(words: &Words, values: &BTreeMap<String, String>) -> Option<String> {
    filled(words.korean, values, &|sentence| in_korean(sentence, DEPTH_MAX))
}

/// A refusal that was written down, in Korean; as it is when nobody knows it.
pub(crate) fn said_in_korean(message: &str) -> String {
    let said = |words: &Words| {
        let english = words.english.filter(|english| !is_only_a_place(english))?;
        filled(words.korean, &recognised(english, message)?, &|sentence| in_korean(sentence, DEPTH_MAX))
    };
    own().find_map(said).unwrap_or_else(|| in_korean(message, DEPTH_MAX))
}

/// It would fit anything.
fn is_only_a_place(english: &str) -> bool {
    english.starts_with('{') && english.find('}') == Some(english.len() - 1)
}

/// A sentence that came as text, in Korean; as it is when nobody knows it.
fn in_korean(sentence: &str, depth: u8) -> String {
    let within = |sentence: &str| match depth {
        0 => sentence.to_owned(),
        _ => in_korean(sentence, depth - 1),
    };
    let said = |words: &Words| filled(words.korean, &recognised(words.english?, sentence)?, &within);
    of_state().chain(phrases::WORDS).find_map(said).unwrap_or_else(|| sentence.to_owned())
}
