//! Walks every refusal that is declared, in both languages.

use super::tables::{of_state, own};
use super::*;
use crate::korean;
use crate::nouns::refused as of_nouns;
use crate::refused::words::Words;
use crate::refused::{caller, client, phrases, request};
use crate::{happening, verdict};

fn declared() -> Vec<ApiError> {
    let any = [caller::refusals::samples(), client::refusals::samples(), request::refusals::samples()];
    [any.concat(), of_nouns::samples()].concat()
}

fn all_words() -> impl Iterator<Item = &'static Words> {
    own().chain(of_state()).chain(phrases::WORDS)
}

#[test]
fn every_declared_refusal_has_words_in_both_languages() {
    let refusals = declared();
    assert_eq!(refusals.len(), own().count());
    for refusal in refusals {
        let english = refusal.said(Language::English);
        assert_eq!((&english.sentence, &english.hint), (&refusal.message, &refusal.hint));
        let korean = refusal.said(Language::Korean);
        assert_eq!(english.hint.is_some(), korean.hint.is_some(), "{}", refusal.reason);
        testing::check(&refusal);
        // A client's hint has the fingerprint.
        for value in refusal.values.values().filter(|value| *value != "<fingerprint>") {
            let shown = |said: &Said| format!("{} {:?}", said.sentence, said.hint).contains(value);
            assert!(shown(&english) && shown(&korean), "{}: {value} {korean:?}", refusal.reason);
        }
    }
}

#[test]
fn a_reason_has_one_meaning() {
    let mut reasons: Vec<&str> = own().chain(of_state()).map(|words| words.reason).collect();
    reasons.sort_unstable();
    assert!(reasons.windows(2).all(|pair| pair[0] != pair[1]), "{reasons:?}");
}

#[test]
fn korean_is_korean_and_its_places_are_those_of_the_english() {
    for words in all_words() {
        testing::check_korean(words.korean);
        if let Some(hint) = words.hint {
            testing::check_korean(hint.korean);
        }
        if let Some(english) = words.english {
            let text: String = english.chars().filter(|c| !"{}~".contains(*c)).collect();
            assert!(crate::refused::recognised(english, &text).is_some(), "{}", words.reason);
        }
    }
    for hint in [NASD_NOT_THERE, SERVER_NOT_THERE, BAD_TOKEN, NARROW_TOKEN, COMPARE_FINGERPRINT] {
        testing::check_korean(hint.korean);
    }
}

/// 작업 was a task, an operation and what one can do.
#[test]
fn a_task_and_nothing_else_is_called_one() {
    let refused = all_words().filter_map(|words| Some((words.english?, words.korean)));
    let sentences = verdict::WORDS.iter().chain(happening::WORDS).map(|words| (words.english, words.korean));
    let deeds = crate::nouns::DEEDS.iter().copied().flatten().map(|words| (words.english, words.korean));
    for (english, korean) in refused.chain(sentences).chain(deeds) {
        assert_eq!(korean.contains("작업"), english.to_lowercase().contains("task"), "{english}: {korean}");
    }
}

/// A sentence of places alone would be found in everything.
#[test]
fn a_phrase_has_words_of_its_own() {
    for words in of_state().chain(phrases::WORDS) {
        let own = |english: &str| english.split(['{', '}']).step_by(2).map(str::len).sum::<usize>();
        assert!(words.english.is_none_or(|english| own(english) >= 4), "{}", words.reason);
    }
}

#[test]
fn what_comes_as_text_is_recognised() {
    let said = |refusal: ApiError| refusal.said(Language::Korean).sentence;
    let used = "the join token was already used, by node 3; each token lets one node in, create another";
    assert_eq!(
        said(join_refused(used)),
        "클러스터가 거부했습니다: 참여 토큰을 노드 3이 이미 사용했습니다. 토큰 하나는 노드 하나만 들이므로 새로 만드십시오"
    );
    let silent = "the leader, node 2: no reply in time";
    let undecided = format!(
        "the cluster did not decide in time: {silent}. A majority of nodes must be up and able to reach each other"
    );
    let shown = said(join_refused(undecided));
    assert!(shown.contains("리더인 노드 2에 요청하지 못했습니다: 제시간에 응답이 없습니다"), "{shown}");
    assert_eq!(said(mount_failed("out of luck")), "마운트할 수 없습니다: out of luck");
}

#[test]
fn what_is_not_known_is_said_as_it_was_sent() {
    let newer =
        r#"{"code":"conflict","reason":"on_fire","message":"it burns","hint":"water","values":{"a":"b"}}"#;
    let newer: ApiError = serde_json::from_str(newer).unwrap();
    let as_sent = Said { sentence: "it burns".to_owned(), hint: Some("water".to_owned()) };
    assert_eq!(newer.said(Language::Korean), as_sent);
    let mut misfit = unknown_volume("media");
    misfit.values.clear();
    assert_eq!(misfit.said(Language::Korean).sentence, "there is no volume media");
}

proptest::proptest! {
    #[test]
    fn values_are_shown_as_they_are(value in "([{}~]|it|volume|[\u{0}-\u{20}]|\\PC){0,12}") {
        let value = value.as_str();
        let missing = unknown_volume(value);
        assert_eq!(missing.said(Language::English).sentence, format!("there is no volume {value}"));
        assert_eq!(missing.said(Language::Korean).sentence, korean::joined(&format!("볼륨 {value}"), "이(가) 없습니다"));
        let owned = not_owned(value, "{volume}");
        assert_eq!(owned.said(Language::Korean).sentence, korean::joined(&format!("볼륨 {value}"), "은(는) {volume}의 볼륨이 아닙니다"));
    }
}

#[test]
fn a_refusal_brings_its_reason_and_values() {
    let refusal = serde_json::to_value(volume_mounted_here("media", "/mnt/a, /mnt/b")).unwrap();
    assert_eq!(
        refusal,
        serde_json::json!({
            "code": "conflict", "reason": "volume_mounted_here",
            "message": "volume media is mounted here at /mnt/a, /mnt/b", "hint": "unmount it first",
            "values": { "volume": "media", "places": "/mnt/a, /mnt/b" },
        })
    );
}
