//! Owns the tables of words together, and how they are looked up.

use super::fill::{filled, recognised};
use super::words::Words;
use super::{account, caller, client, cluster, phrases, request, state, storage};
use std::collections::BTreeMap;

pub(super) const DECLARED: [&[Words]; 6] =
    [account::WORDS, caller::WORDS, client::WORDS, cluster::WORDS, request::WORDS, storage::WORDS];

/// Sentences within sentences are put into words this deep.
const DEPTH_MAX: u8 = 3;

/// The words of this reason.
pub(super) fn of_reason(reason: &str) -> Option<&'static Words> {
    let known = DECLARED.into_iter().chain([state::WORDS]).flatten();
    known.into_iter().find(|words| words.reason == reason)
}

/// The Korean sentence with its values, and with the sentences among them in Korean.
pub(super) fn korean(words: &Words, values: &BTreeMap<String, String>) -> Option<String> {
    filled(words.korean, values, &|sentence| in_korean(sentence, DEPTH_MAX))
}

/// A sentence that came as text, in Korean; as it is when nobody knows it.
fn in_korean(sentence: &str, depth: u8) -> String {
    let within = |sentence: &str| match depth {
        0 => sentence.to_owned(),
        _ => in_korean(sentence, depth - 1),
    };
    let known = [state::WORDS, phrases::WORDS].into_iter().flatten();
    let said = |words: &Words| filled(words.korean, &recognised(words.english?, sentence)?, &within);
    known.into_iter().find_map(said).unwrap_or_else(|| sentence.to_owned())
}
