//! Owns how sentences are read: every one that is declared, in every language.

use crate::refusal;
use crate::refused::words::Language;
use crate::refused::{filled, recognised};
use crate::sentence::{Sentence, Wording};
use crate::{alarm, certificate, condition, finding, happening, progress, smart, verdict, wholeness};

impl Sentence {
    /// In this language; as it was sent where that is not known.
    pub fn said(&self, language: Language) -> String {
        let translated = || {
            let words = words().find(|words| words.reason == self.reason)?;
            filled(words.korean, &self.values, &in_korean)
        };
        match language {
            Language::English => self.text.clone(),
            Language::Korean => translated().unwrap_or_else(|| self.text.clone()),
        }
    }
}

fn words() -> impl Iterator<Item = &'static Wording> {
    verdict::WORDS
        .iter()
        .chain(happening::WORDS)
        .chain(smart::WORDS)
        .chain(progress::WORDS)
        .chain(wholeness::WORDS)
        .chain(condition::WORDS)
        .chain(certificate::problem::WORDS)
        .chain(alarm::WORDS)
        .chain(finding::WORDS)
}

/// A sentence within another one, or what a lower layer said; as it is when nobody knows it.
fn in_korean(sentence: &str) -> String {
    let said = |words: &Wording| filled(words.korean, &recognised(words.english, sentence)?, &str::to_owned);
    words().find_map(said).unwrap_or_else(|| refusal::in_korean(sentence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::korean::has_both_forms;
    use crate::refusal::testing::check_korean;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn every_sentence_can_be_read_in_both_languages() {
        let mut reasons = BTreeSet::new();
        for sentence in [
            verdict::samples(),
            happening::samples(),
            smart::samples(),
            progress::samples(),
            wholeness::samples(),
            condition::samples(),
            certificate::problem::samples(),
            alarm::samples(),
            finding::samples(),
        ]
        .concat()
        {
            assert!(sentence.text.ends_with(['.', '>']), "{sentence:?}");
            let mut korean = sentence.said(Language::Korean);
            assert_ne!(korean, sentence.text);
            for value in sentence.values.values() {
                assert!(
                    korean.contains(value.as_str()) && sentence.text.contains(value.as_str()),
                    "{sentence:?}"
                );
                korean = korean.replace(value.as_str(), "_");
            }
            check_korean(&korean);
            assert!(!has_both_forms(&korean), "{korean}");
            assert!(reasons.insert(sentence.reason.clone()), "{sentence:?}");
        }
    }

    #[test]
    fn a_sentence_within_another_is_translated_too() {
        let why = verdict::of_volume("media", verdict::replicas_missing(2, 3).text);
        assert_eq!(why.text, "Volume media: 2 of 3 replicas answer.");
        assert_eq!(why.said(Language::Korean), "볼륨 media: 복제본 3개 중 2개가 응답합니다.");
    }

    /// Pages in Korean ended in "cannot flush segment-7: Input/output error (os error 5)".
    #[test]
    fn what_the_system_said_is_translated_too() {
        let failed = |why: &str| condition::disk_broken(why).said(Language::Korean);
        assert_eq!(
            failed("cannot flush segment-7: Input/output error (os error 5)"),
            "고장: segment-7 플러시 실패: 입출력 오류. 디스크를 교체하고 노드를 다시 시작하십시오."
        );
        assert!(
            failed("cannot write log-1: Odd thing (os error 99)")
                .starts_with("고장: log-1 쓰기 실패: 운영 체제 오류 99.")
        );
        let cause =
            verdict::disk_waits("a", "/srv", "cannot open segment-7: Too many open files (os error 24)");
        check_korean(&cause.said(Language::Korean).replace("segment-7", "_").replace("/srv", "_"));
    }

    #[test]
    fn what_a_newer_node_says_is_shown_as_it_was_sent() {
        let newer = Sentence { reason: "on_fire".into(), text: "It burns.".into(), values: BTreeMap::new() };
        assert_eq!(newer.said(Language::Korean), "It burns.");
    }
}
