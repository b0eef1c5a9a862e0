//! Owns the words of tasks: what their logs tell, and how they ended.
//!
//! The cluster's state holds them in English, with the number of a node and plain bytes. They are read with the node's
//! name, in the reader's language; what nobody knows any more is shown as it was recorded.

use crate::happening;
use crate::refused::recognised;
use crate::sentence::{Sentence, sentences};
use nasd_base::write_size;
use std::collections::BTreeMap;

sentences! {
    part_reads(name, size):
        "{name} begins to read {size}.",
        "{name} 노드가 데이터를 읽기 시작합니다: {size}.";
    part_is_whole(name, size, chunks, seconds):
        "{name} has read {size} in {chunks} chunks within {seconds} s: all are whole.",
        "{name} 노드 완료: 청크 {chunks}개, {size}, {seconds}초. 모두 정상입니다.";
    part_was_mended(name, size, chunks, seconds, count):
        "{name} has read {size} in {chunks} chunks within {seconds} s: {count} were bad and are being fetched from other replicas.",
        "{name} 노드 완료: 청크 {chunks}개, {size}, {seconds}초. 손상된 {count}개를 다른 복제본에서 가져오고 있습니다.";
    part_stopped(name, why):
        "{name} cannot read on: {why}.",
        "{name} 노드가 계속 읽을 수 없습니다: {~why}.";
    part_has_authority(name):
        "{name} works with the new authority.",
        "{name} 노드가 새 인증 기관을 사용합니다.";
    every_part_done():
        "Every node has done its part.",
        "모든 노드가 맡은 부분을 마쳤습니다.";
    some_parts_failed(count, total):
        "{count} of {total} nodes found what they could not mend.",
        "노드 {total}개 중 {count}개에서 바로 고치지 못한 문제를 발견했습니다.";
    cancelled_early():
        "It was cancelled before it was through.",
        "끝나기 전에 취소되었습니다.";
}

/// As the state has it, and which sentence that is.
const RECORDED: &[(&str, &str)] = &[
    ("node {node} begins to read {bytes} bytes of chunks", "part_reads"),
    (
        "node {node} has read {bytes} bytes in {chunks} chunks within {seconds} s: all are whole",
        "part_is_whole",
    ),
    (
        "node {node} has read {bytes} bytes in {chunks} chunks within {seconds} s: {count} were bad and are being fetched \
         from other replicas",
        "part_was_mended",
    ),
    ("node {node} cannot read on: {why}", "part_stopped"),
    ("node {node} works with the new authority", "part_has_authority"),
    ("node {node} was removed from the cluster", "node_removed"),
    ("every node has done its part", "every_part_done"),
    ("{count} of {total} nodes found what they could not mend", "some_parts_failed"),
    ("cancelled before it was through", "cancelled_early"),
];

/// What was recorded, with `named` in the place of a node's number.
pub fn of_record(text: &str, named: impl Fn(u64) -> Option<String>) -> Sentence {
    let said = |(recorded, reason): &(&str, &str)| {
        let values = recognised(recorded, text)?;
        let values: Vec<(&str, String)> =
            values.iter().map(|(place, value)| told(place, value, &named)).collect();
        let words = WORDS.iter().chain(happening::WORDS).find(|words| words.reason == *reason)?;
        Some(Sentence::of(words, &values))
    };
    let as_it_is = || Sentence { reason: String::new(), text: text.to_owned(), values: BTreeMap::new() };
    RECORDED.iter().find_map(said).unwrap_or_else(as_it_is)
}

/// A value as people read it.
fn told<'a>(place: &'a str, value: &str, named: &impl Fn(u64) -> Option<String>) -> (&'a str, String) {
    match (place, value.parse::<u64>()) {
        ("node", Ok(number)) => ("name", named(number).unwrap_or_else(|| format!("node {number}"))),
        ("node", Err(_)) => ("name", value.to_owned()),
        ("bytes", Ok(count)) => ("size", write_size(count)),
        ("bytes", Err(_)) => ("size", value.to_owned()),
        _ => (place, value.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Language;
    use crate::refused::filled;

    fn names(number: u64) -> Option<String> {
        (number == 9).then(|| "node2".to_owned())
    }

    /// A line that no sentence fits would be shown in English, with a number for a node.
    #[test]
    fn whatever_is_recorded_is_read_with_names_in_both_languages() {
        for (recorded, reason) in RECORDED {
            let values = ["bytes", "chunks", "seconds", "count", "total", "why"];
            let mut values: BTreeMap<String, String> =
                values.into_iter().map(|place| (place.to_owned(), "2048".to_owned())).collect();
            values.insert("node".into(), "9".into());
            let line = filled(recorded, &values, &str::to_owned).unwrap();
            let sentence = of_record(&line, names);
            assert_eq!(&sentence.reason, reason, "{line}");
            for text in [sentence.text.clone(), sentence.said(Language::Korean)] {
                assert!(!text.contains(['{', '}']) && !text.contains("node 9"), "{text}");
                assert_eq!(text.contains("node2"), recorded.contains("{node}"), "{text}");
                assert_eq!(text.contains("2.0 KiB"), recorded.contains("{bytes}"), "{text}");
            }
        }
    }

    #[test]
    fn a_removed_node_keeps_its_number_and_what_is_new_stays_as_it_is() {
        let gone = of_record("node 4 works with the new authority", names);
        assert_eq!(gone.text, "node 4 works with the new authority.");
        let newer = of_record("node 9 has painted the disks", names);
        assert_eq!(newer.said(Language::Korean), "node 9 has painted the disks");
    }
}
