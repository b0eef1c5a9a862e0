//! What the system group's log and the control frames carry: commands with who asks for them, and their outcomes.
//! Append fields, never reorder. See `docs/formats/system-state.md`.

use super::audit::Actor;
use super::noun::Tag;
use super::nouns::{SystemCommand, SystemError, SystemReply};
use bytes::Bytes;
use nasd_base::{OpId, Timestamp};
use nasd_cluster::decode_all;
use serde::{Deserialize, Serialize};

/// Largest encoded command. Far above any that is accepted.
pub const COMMAND_BYTES_MAX: usize = 1 << 20;

/// What is asked of the leader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Proposal {
    /// Retries carry the same; the first outcome is the answer to all.
    pub op: OpId,
    pub command: SystemCommand,
    /// For the audit log; `None` for what a node does by itself.
    pub actor: Option<Actor>,
    /// Whether the actor decides about exports of volumes that it owns only.
    pub owned_only: bool,
    /// The command is carried out only while what it edits has this tag.
    pub seen: Option<Tag>,
}

/// An entry of the system group's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The leader's time when it proposed.
    pub now: Timestamp,
    pub proposal: Proposal,
}

/// The first byte of an entry.
const ENTRY: u8 = 1;

impl Entry {
    pub fn encode(&self) -> Bytes {
        let bytes = postcard::to_extend(&(self.now, &self.proposal), vec![ENTRY]);
        bytes.expect("commands always encode").into()
    }

    /// `None` for anything that `encode` does not write.
    pub fn decode(bytes: &[u8]) -> Option<Entry> {
        let (version, rest) = bytes.split_first()?;
        if bytes.len() > COMMAND_BYTES_MAX || *version != ENTRY {
            return None;
        }
        let (now, proposal) = decode_all(rest)?;
        Some(Entry { now, proposal })
    }
}

#[cfg(test)]
impl Proposal {
    /// Of a node itself, without conditions.
    pub fn plain(op: OpId, command: SystemCommand) -> Proposal {
        Proposal { op, command, actor: None, owned_only: false, seen: None }
    }
}

/// The outcome as the state machine returns it.
pub(super) type Outcome = Result<SystemReply, SystemError>;

pub(super) fn encode_outcome(outcome: &Outcome) -> Bytes {
    postcard::to_stdvec(outcome).expect("outcomes always encode").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VolumeCommand;
    use nasd_base::NodeId;
    use proptest::prelude::*;

    /// A noun that was appended to the list took the number of notes, which stood behind it: a note in the log was read
    /// as something of the new noun.
    #[test]
    fn the_numbers_of_commands_stay_when_nouns_are_added() {
        let number = |command: &SystemCommand| postcard::to_stdvec(command).expect("it encodes")[0];
        let note = SystemCommand::Note { action: String::new(), outcome: String::new() };
        let task = SystemCommand::Task(crate::TaskCommand::Cancel { task: 7 });
        let volume = SystemCommand::Volume(VolumeCommand::Delete { name: "media".to_owned() });
        assert_eq!([number(&note), number(&volume), number(&task)], [0, 5, 8]);
    }

    proptest! {
        #[test]
        fn garbage_entries_are_refused_or_mean_what_they_say(
            bytes in prop::collection::vec(any::<u8>(), 0..300), version: bool,
        ) {
            let mut bytes = bytes;
            if version && !bytes.is_empty() {
                bytes[0] = ENTRY;
            }
            if let Some(entry) = Entry::decode(&bytes) {
                prop_assert_eq!(Entry::decode(&entry.encode()), Some(entry));
            }
        }

        #[test]
        fn cut_entries_are_refused(cut in 0usize..100, name in "[a-z]{0,40}") {
            let command = SystemCommand::Volume(VolumeCommand::SetReplicas { name, replicas: vec![NodeId(1), NodeId(700)] });
            let proposal = Proposal::plain(OpId(1 << 100), command);
            let entry = Entry { now: Timestamp { secs: 7, nanos: 9 }, proposal };
            let bytes = entry.encode();
            prop_assert_eq!(Entry::decode(&bytes), Some(entry));
            let cut = cut.min(bytes.len() - 1);
            prop_assert_eq!(Entry::decode(&bytes[..cut]), None);
        }
    }
}
