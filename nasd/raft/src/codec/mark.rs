//! How far a state machine was applied: stored in its database with each batch.

use super::Malformed;
use super::ids::{LogIdBytes, StoredMembershipBytes};
use crate::types::{LogId, SnapshotMeta, StoredMembership};
use serde::{Deserialize, Serialize};

const VERSION: u8 = 1;

/// The last applied entry and the last applied membership.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub applied: Option<LogId>,
    pub membership: StoredMembership,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MarkBytes {
    applied: Option<LogIdBytes>,
    membership: StoredMembershipBytes,
}

impl From<&Mark> for MarkBytes {
    fn from(mark: &Mark) -> Self {
        MarkBytes { applied: mark.applied.map(Into::into), membership: (&mark.membership).into() }
    }
}

impl MarkBytes {
    pub fn check(self) -> Result<Mark, Malformed> {
        Ok(Mark { applied: self.applied.map(Into::into), membership: self.membership.check()? })
    }
}

impl Mark {
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_extend(&MarkBytes::from(self), vec![VERSION]).expect("numbers are encodable")
    }

    pub fn decode(bytes: &[u8]) -> Result<Mark, Malformed> {
        match bytes {
            [VERSION, rest @ ..] => {
                postcard::from_bytes::<MarkBytes>(rest).map_err(|_| Malformed("a state's mark"))?.check()
            }
            _ => Err(Malformed("a state's mark of unknown version")),
        }
    }

    pub fn index(&self) -> Option<u64> {
        self.applied.map(|id| id.index)
    }

    pub fn meta(&self) -> SnapshotMeta {
        SnapshotMeta { last_log_id: self.applied, last_membership: self.membership.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::entry::tests::{any_log_id, any_membership};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_round_trip(applied in proptest::option::of(any_log_id()), by in any_log_id(), m in any_membership()) {
            let mark = Mark { applied, membership: StoredMembership::new(Some(by), m) };
            prop_assert_eq!(Mark::decode(&mark.encode()).unwrap(), mark);
        }

        #[test]
        fn garbage_is_no_mark(mut bytes in proptest::collection::vec(any::<u8>(), 1..60)) {
            bytes[0] = VERSION;
            if let Ok(mark) = Mark::decode(&bytes) {
                prop_assert_eq!(Mark::decode(&mark.encode()).unwrap(), mark);
            }
        }
    }

    #[test]
    fn an_empty_state_has_a_mark_too() {
        assert_eq!(Mark::decode(&Mark::default().encode()).unwrap(), Mark::default());
        assert!(Mark::decode(&[]).is_err());
        assert!(Mark::decode(&[2]).is_err());
    }
}
