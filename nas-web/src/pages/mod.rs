//! Owns the pages, one folder per noun: its handlers, templates and words together.
//!
//! A new noun is a folder here and a line in [`NOUNS`], and touches nothing else:
//!
//! ```text
//! mod.rs      NOUN: routes, words, place in the navigation; the list
//! words.rs    words! { … }: its messages, and what it says was done
//! new.rs      flow::create::Create    edit.rs    flow::edit::Edit    delete.rs    flow::confirm::Confirm
//! *.html      {% let w = crate::pages::NOUN::words::of(c.language()) %}; c.w has what all nouns say
//! ```
//!
//! A folder may use another one's words and how it says a thing, never its mod.rs.

pub mod account;
pub mod alerts;
pub mod api;
pub mod audit;
pub mod channels;
pub mod clients;
pub mod dashboard;
pub mod diagnostics;
pub mod disks;
pub mod events;
pub mod exports;
pub mod groups;
pub mod help;
pub mod language;
pub mod login;
pub mod news;
pub mod nodes;
pub mod performance;
pub mod recovery;
pub mod refused_mounts;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod snmp;
pub mod tasks;
pub mod top;
pub mod users;
pub mod volumes;

use crate::noun::Noun;
use crate::words::{Table, common};

/// Everything that the console has pages for, in the order of the navigation.
pub const NOUNS: &[Noun] = &[
    dashboard::NOUN,
    alerts::NOUN,
    volumes::NOUN,
    exports::NOUN,
    refused_mounts::NOUN,
    nodes::NOUN,
    disks::NOUN,
    clients::NOUN,
    events::NOUN,
    performance::NOUN,
    top::NOUN,
    diagnostics::NOUN,
    snmp::NOUN,
    tasks::NOUN,
    users::NOUN,
    groups::NOUN,
    sessions::NOUN,
    audit::NOUN,
    account::NOUN,
    channels::NOUN,
    settings::NOUN,
    help::NOUN,
    api::NOUN,
    setup::NOUN,
    login::NOUN,
    language::NOUN,
    recovery::NOUN,
    news::NOUN,
];

/// All that the console can say.
pub fn tables() -> impl Iterator<Item = Table> {
    NOUNS.iter().filter_map(|noun| noun.words).chain([common::TABLE])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Text;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    fn messages() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        tables().flat_map(|table| table.messages).copied()
    }

    #[test]
    fn both_languages_have_the_same_places_for_values() {
        for (name, english, korean) in messages() {
            let places = |text: &str| text.matches("{}").count();
            assert_eq!(places(english), places(korean), "{name}");
            assert!(!korean.trim().is_empty(), "{name}");
        }
    }

    /// What is the same in both is a name, a unit or an example, never a sentence.
    #[test]
    fn nothing_was_left_in_english() {
        let same: BTreeSet<&str> = messages()
            .filter(|(_, english, korean)| english == korean)
            .map(|(_, english, _)| english)
            .collect();
        assert!(same.iter().all(|text| text.split(' ').count() <= 2), "{same:?}");
    }

    /// 볼륨을(를) 삭제: what no Korean would write.
    #[test]
    fn particles_have_one_form_when_they_are_read() {
        for (name, _, korean) in messages() {
            let alone = korean.split("{}").next().unwrap_or_default();
            assert!(!nasd_api::korean::has_both_forms(alone), "{name}: {korean}");
            for value in ["사진", "demo", "node1", ""] {
                let shown = Text(korean).of2(value, value);
                assert!(!nasd_api::korean::has_both_forms(&shown), "{name}: {shown}");
            }
        }
    }

    /// 작업 was a task, an operation and what one can do; 내보내기 a page, a thing and a button.
    #[test]
    fn one_word_is_one_thing() {
        let mut meant: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (name, english, korean) in messages() {
            assert_eq!(korean.contains("작업"), english.to_lowercase().contains("task"), "{name}: {korean}");
            assert!(!korean.contains("공간 만들기"), "{name} reads as if something were deleted");
            meant.entry(korean).or_default().insert(alike(english));
        }
        let known = ["내용", "보관했습니다", "새 API 토큰", "클러스터 만들기", "토큰 만들기"];
        meant.retain(|korean, english| english.len() > 1 && !known.contains(korean));
        assert!(meant.is_empty(), "{meant:?}");
    }

    /// One or many of them.
    fn alike(english: &str) -> String {
        let lower = english.to_lowercase();
        match lower.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => lower.strip_suffix('s').unwrap_or(&lower).to_owned(),
        }
    }

    /// Else its messages would not be looked at here, and what they say was done would not be shown.
    #[test]
    fn the_words_of_every_folder_are_known() {
        let known: BTreeSet<&str> = tables().map(|table| table.module).collect();
        let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages");
        let mut seen = 0;
        for folder in pages.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
            let noun = folder.file_name().unwrap().to_str().unwrap().to_owned();
            if folder.join("words.rs").exists() {
                assert!(known.contains(&*format!("nas_web::pages::{noun}::words")), "{noun}");
                seen += 1;
            }
        }
        assert_eq!(seen + 1, known.len(), "{known:?}");
    }

    #[test]
    fn what_was_done_has_a_code_of_its_own() {
        let codes: Vec<&str> = tables().flat_map(|table| table.done).map(|done| done.code).collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    }
}
