//! A log entry: 25 bytes of header, then the command or the membership.
//!
//! ```text
//! kind u8 (0 blank, 1 command, 2 membership) │ term u64 │ leader u64 │ index u64 │ body
//! ```
//! Numbers are little-endian. The same bytes are in the log and in append messages.

use super::Malformed;
use super::ids::MembershipBytes;
use crate::types::{Command, Entry, LeaderId, LogId, Payload};
use bytes::{Buf, BufMut, Bytes, BytesMut};

pub(crate) const HEADER_BYTES: usize = 25;

const BLANK: u8 = 0;
const COMMAND: u8 = 1;
const MEMBERSHIP: u8 = 2;

/// Bytes that `encode_into` will add.
pub(crate) fn encoded_len(entry: &Entry) -> usize {
    HEADER_BYTES
        + match &entry.payload {
            Payload::Blank => 0,
            Payload::Normal(command) => command.0.len(),
            Payload::Membership(membership) => encode_membership(membership).len(),
        }
}

pub(crate) fn encode_into(entry: &Entry, out: &mut BytesMut) {
    out.put_u8(match &entry.payload {
        Payload::Blank => BLANK,
        Payload::Normal(_) => COMMAND,
        Payload::Membership(_) => MEMBERSHIP,
    });
    out.put_u64_le(entry.log_id.leader_id.term);
    out.put_u64_le(entry.log_id.leader_id.node_id);
    out.put_u64_le(entry.log_id.index);
    match &entry.payload {
        Payload::Blank => {}
        Payload::Normal(command) => out.put_slice(&command.0),
        Payload::Membership(membership) => out.put_slice(&encode_membership(membership)),
    }
}

pub(crate) fn encode(entry: &Entry) -> Bytes {
    let mut out = BytesMut::with_capacity(encoded_len(entry));
    encode_into(entry, &mut out);
    out.freeze()
}

/// The entry in `bytes`; its command shares their memory.
pub(crate) fn decode(mut bytes: Bytes) -> Result<Entry, Malformed> {
    if bytes.len() < HEADER_BYTES {
        return Err(Malformed("a log entry shorter than its header"));
    }
    let kind = bytes.get_u8();
    let leader_id = LeaderId { term: bytes.get_u64_le(), node_id: bytes.get_u64_le() };
    let log_id = LogId { leader_id, index: bytes.get_u64_le() };
    let payload = match kind {
        BLANK if bytes.is_empty() => Payload::Blank,
        COMMAND => Payload::Normal(Command(bytes)),
        MEMBERSHIP => Payload::Membership(
            postcard::from_bytes::<MembershipBytes>(&bytes)
                .map_err(|_| Malformed("a membership entry"))?
                .check()?,
        ),
        _ => return Err(Malformed("a log entry of unknown kind")),
    };
    Ok(Entry { log_id, payload })
}

fn encode_membership(membership: &crate::types::Membership) -> Vec<u8> {
    postcard::to_stdvec(&MembershipBytes::from(membership)).expect("sets of numbers are encodable")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::types::Membership;
    use openraft::impls::EmptyNode;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    pub fn any_log_id() -> impl Strategy<Value = LogId> {
        any::<(u64, u64, u64)>()
            .prop_map(|(term, node_id, index)| LogId { leader_id: LeaderId { term, node_id }, index })
    }

    pub fn any_membership() -> impl Strategy<Value = Membership> {
        let voters = || proptest::collection::btree_set(0u64..9, 1..5);
        (proptest::collection::vec(voters(), 1..3), proptest::collection::btree_set(0u64..20, 0..5)).prop_map(
            |(configs, others): (Vec<BTreeSet<u64>>, BTreeSet<u64>)| {
                let nodes: BTreeMap<u64, EmptyNode> =
                    configs.iter().flatten().chain(&others).map(|id| (*id, EmptyNode {})).collect();
                Membership::new(configs, nodes).unwrap()
            },
        )
    }

    pub fn any_entry() -> impl Strategy<Value = Entry> {
        let payload = prop_oneof![
            Just(Payload::Blank),
            proptest::collection::vec(any::<u8>(), 0..200)
                .prop_map(|bytes| Payload::Normal(Command(bytes.into()))),
            any_membership().prop_map(Payload::Membership),
        ];
        (any_log_id(), payload).prop_map(|(log_id, payload)| Entry { log_id, payload })
    }

    proptest! {
        #[test]
        fn entries_round_trip(entry in any_entry()) {
            let bytes = encode(&entry);
            prop_assert_eq!(bytes.len(), encoded_len(&entry));
            prop_assert_eq!(decode(bytes).unwrap(), entry);
        }

        #[test]
        fn garbage_is_refused_or_an_entry(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let bytes = Bytes::from(bytes);
            if let Ok(entry) = decode(bytes.clone()) {
                prop_assert!(encoded_len(&entry) <= bytes.len());
            }
        }

        #[test]
        fn a_truncated_membership_is_refused(membership in any_membership(), cut in 1usize..200) {
            let log_id = LogId { leader_id: LeaderId { term: 1, node_id: 1 }, index: 1 };
            let bytes = encode(&Entry { log_id, payload: Payload::Membership(membership) });
            prop_assert!(decode(bytes.slice(..bytes.len().saturating_sub(cut))).is_err());
        }
    }

    #[test]
    fn a_command_shares_the_memory_it_was_read_into() {
        let log_id = LogId { leader_id: LeaderId { term: 1, node_id: 1 }, index: 1 };
        let bytes = encode(&Entry { log_id, payload: Payload::Normal(Command(Bytes::from_static(b"x"))) });
        let start = bytes.as_ptr() as usize;
        let Payload::Normal(command) = decode(bytes).unwrap().payload else { panic!("not a command") };
        assert_eq!(command.0.as_ptr() as usize, start + HEADER_BYTES);
    }
}
