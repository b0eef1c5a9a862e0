//! Owns what a node knows of the machine that it runs on: hardware, load, addresses, and the devices under its disks.
//!
//! Read from `/proc` and `/sys` when somebody asks, kept for a few seconds, and never read otherwise.

mod device;
mod hardware;
mod mounted;
mod report;
mod smart;
mod text;

pub use report::{DeviceReport, MachineReport};
pub use smart::{NoSmart, Smart};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Pages that ask more often get the same answer.
const KEPT_FOR: Duration = Duration::from_secs(3);
/// Begins an answer: a node that does not know the question answers with its report.
const ANSWER: &[u8; 4] = b"GMA1";
/// Largest answer that is read: some addresses and names.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// What is asked. Append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Question {
    Machine,
    /// Of a disk of chunks, by its number.
    Disk(u32),
}

/// Answers questions about this machine.
pub struct Machine {
    root: PathBuf,
    smartctl: PathBuf,
    begun: Instant,
    /// One question at a time: a disk that hangs is asked once.
    kept: Mutex<BTreeMap<Question, (Instant, Bytes)>>,
}

impl Machine {
    /// Asks disks through the program `smartctl`.
    pub fn new(smartctl: PathBuf) -> Machine {
        Machine { root: "/".into(), smartctl, begun: Instant::now(), kept: Mutex::default() }
    }

    /// The encoded answer; `disk` is where the chunks are that a question is about.
    /// What this machine cannot know by itself is in `known`.
    pub async fn answer(&self, question: Question, disk: Option<&str>, known: MachineReport) -> Bytes {
        let mut kept = self.kept.lock().await;
        kept.retain(|_, (at, _)| at.elapsed() < KEPT_FOR);
        if let Some((_, answer)) = kept.get(&question) {
            return answer.clone();
        }
        let answer = match (question, disk) {
            (Question::Disk(_), Some(path)) => encode(&self.device(path).await),
            _ => encode(&self.machine(known).await),
        };
        kept.insert(question, (Instant::now(), answer.clone()));
        answer
    }

    async fn machine(&self, known: MachineReport) -> MachineReport {
        let (root, nasd_seconds) = (self.root.clone(), self.begun.elapsed().as_secs());
        let read = tokio::task::spawn_blocking(move || hardware::read(&root)).await;
        let MachineReport { https_until, chunks_damaged, chunks_mended, .. } = known;
        let read = read.unwrap_or_default();
        MachineReport { nasd_seconds, https_until, chunks_damaged, chunks_mended, ..read }
    }

    async fn device(&self, path: &str) -> DeviceReport {
        let (root, path) = (self.root.clone(), PathBuf::from(path));
        let read = tokio::task::spawn_blocking(move || device::read(&root, &path)).await;
        let Ok((mut report, whole)) = read else { return device::unknown() };
        if let Some(whole) = whole {
            report.smart = smart::ask(&self.smartctl, &whole).await;
        }
        report
    }
}

fn encode<T: Serialize>(answer: &T) -> Bytes {
    let begun = ANSWER.to_vec();
    postcard::to_extend(answer, begun).expect("answers always encode").into()
}

/// Nothing where the answer is to another question.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let answer = bytes.strip_prefix(ANSWER).filter(|answer| answer.len() <= ANSWER_BYTES_MAX)?;
    postcard::from_bytes(answer).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn this_machine_says_what_it_is_and_is_asked_once_in_a_while() {
        let machine = Machine::new("/nowhere/smartctl".into());
        let known = |until| MachineReport { https_until: Some(until), ..MachineReport::default() };
        let answer = machine.answer(Question::Machine, None, known(7)).await;
        let said: MachineReport = decode(&answer).unwrap();
        assert!(said.cores > 0 && said.memory_bytes > said.memory_free_bytes, "{said:?}");
        assert_eq!(said.https_until, Some(7));
        assert_eq!(machine.answer(Question::Machine, None, known(8)).await, answer, "kept");
    }

    #[test]
    fn the_answer_of_a_node_that_does_not_know_the_question_is_none() {
        let report = postcard::to_stdvec(&crate::report::Report::default()).unwrap();
        assert_eq!(decode::<MachineReport>(&report), None);
        assert_eq!(
            decode::<MachineReport>(&encode(&MachineReport::default())),
            Some(MachineReport::default())
        );
    }
}
