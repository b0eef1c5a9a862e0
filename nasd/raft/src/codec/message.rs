//! Messages between the replicas of a group, and their replies.
//!
//! ```text
//! request: version u8 │ postcard of RaftRequest │ body (entries or a part of a copy)
//! reply:   version u8 │ postcard of RaftReply
//! ```

use super::ids::{LogIdBytes, VoteBytes};
use super::mark::MarkBytes;
use super::{Malformed, entry};
use crate::config::{APPEND_ENTRIES_MAX, SNAPSHOT_PART_BYTES};
use crate::types::Entry;
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};

const VERSION: u8 = 1;
/// Largest header: lengths of all entries with 5 bytes each, and room.
const HEADER_BYTES_MAX: usize = 5 * APPEND_ENTRIES_MAX as usize + 4096;

/// What one replica asks another. The variants' positions are part of the format: append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RaftRequest {
    Vote(VoteMessage),
    Append(AppendMessage),
    Transfer {
        from_leader: VoteBytes,
        to: u64,
        last: Option<LogIdBytes>,
    },
    /// A copy of the state is about to follow; it replaces what was received of an earlier one.
    CopyOpen {
        transfer: u64,
        vote: VoteBytes,
    },
    /// The body belongs at `offset`.
    CopyPart {
        transfer: u64,
        offset: u64,
    },
    /// All parts were sent: check them against their BLAKE3 and install. Repeated until it is done.
    CopyClose {
        transfer: u64,
        mark: MarkBytes,
        bytes: u64,
        blake3: [u8; 32],
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VoteMessage {
    /// Only asks whether a vote would be granted.
    pub pre: bool,
    pub vote: VoteBytes,
    pub last: Option<LogIdBytes>,
    /// The present leader has asked for this election.
    pub transfer: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AppendMessage {
    pub vote: VoteBytes,
    pub prev: Option<LogIdBytes>,
    pub commit: Option<LogIdBytes>,
    /// 0: order does not matter. Else messages of a stream are handled in the order of `sequence`, from 0.
    pub stream: u64,
    pub sequence: u64,
    /// Lengths of the entries in the body.
    pub lengths: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RaftReply {
    Vote {
        vote: VoteBytes,
        granted: bool,
        last: Option<LogIdBytes>,
    },
    /// All entries are durable there.
    Appended,
    /// The entry before the first one is missing there.
    Conflict,
    /// The sender does not lead any more.
    HigherVote(VoteBytes),
    /// The receiver stands for election, or has noted who will.
    Transferring,
    TransferRefused(String),
    /// Everything before this offset of the copy was received.
    CopyReceived {
        offset: u64,
    },
    /// The copy was installed, or refused because of this higher vote.
    CopyDone {
        vote: VoteBytes,
    },
    /// Not now; the text says why. The sender tries again later.
    Refused(String),
    /// The copy is complete and being installed.
    CopyInstalling,
}

/// Encodes a request with a body.
pub(crate) fn encode_request(request: &RaftRequest, body: &[u8]) -> Bytes {
    let out = Vec::with_capacity(body.len() + 128);
    let mut out = encode(request, out);
    out.extend_from_slice(body);
    out.into()
}

/// Encodes an append with its entries; fills in their lengths.
pub(crate) fn encode_append(mut message: AppendMessage, entries: &[Entry]) -> Bytes {
    message.lengths = entries.iter().map(|entry| entry::encoded_len(entry) as u32).collect();
    let body: usize = message.lengths.iter().map(|len| *len as usize).sum();
    let header = encode(&RaftRequest::Append(message), Vec::new());
    let mut out = BytesMut::with_capacity(header.len() + body);
    out.extend_from_slice(&header);
    for entry in entries {
        entry::encode_into(entry, &mut out);
    }
    out.freeze()
}

fn encode(request: &RaftRequest, mut out: Vec<u8>) -> Vec<u8> {
    out.push(VERSION);
    postcard::to_extend(request, out).expect("requests are encodable")
}

/// The request in `message` and its body, which shares the message's memory.
pub(crate) fn decode_request(message: &Bytes) -> Result<(RaftRequest, Bytes), Malformed> {
    let [VERSION, rest @ ..] = &message[..] else {
        return Err(Malformed("a message of unknown version"));
    };
    let header = &rest[..rest.len().min(HEADER_BYTES_MAX)];
    let (request, left) =
        postcard::take_from_bytes::<RaftRequest>(header).map_err(|_| Malformed("a message header"))?;
    let body = message.slice(1 + header.len() - left.len()..);
    let bounded = match &request {
        RaftRequest::Append(append) => append.lengths.len() <= APPEND_ENTRIES_MAX as usize,
        RaftRequest::CopyPart { .. } => body.len() <= SNAPSHOT_PART_BYTES,
        _ => body.is_empty(),
    };
    if !bounded {
        return Err(Malformed("a message longer than allowed"));
    }
    Ok((request, body))
}

/// The entries in an append's body.
pub(crate) fn decode_entries(lengths: &[u32], mut body: Bytes) -> Result<Vec<Entry>, Malformed> {
    let mut entries = Vec::with_capacity(lengths.len());
    for length in lengths {
        let length = *length as usize;
        if length > body.len() {
            return Err(Malformed("an append shorter than its entries"));
        }
        entries.push(entry::decode(body.split_to(length))?);
    }
    match body.is_empty() {
        true => Ok(entries),
        false => Err(Malformed("an append longer than its entries")),
    }
}

pub(crate) fn encode_reply(reply: &RaftReply) -> Bytes {
    postcard::to_extend(reply, vec![VERSION]).expect("replies are encodable").into()
}

pub(crate) fn decode_reply(bytes: &[u8]) -> Result<RaftReply, Malformed> {
    match bytes {
        [VERSION, rest @ ..] => postcard::from_bytes(rest).map_err(|_| Malformed("a reply")),
        _ => Err(Malformed("a reply of unknown version")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::entry::tests::{any_entry, any_log_id};
    use crate::types::{LeaderId, Vote};
    use proptest::prelude::*;

    fn vote() -> VoteBytes {
        Vote { leader_id: LeaderId { term: 3, node_id: 1 }, committed: true }.into()
    }

    fn append(prev: Option<LogIdBytes>) -> AppendMessage {
        AppendMessage { vote: vote(), prev, commit: prev, stream: 9, sequence: 1, lengths: vec![] }
    }

    proptest! {
        #[test]
        fn appends_round_trip(entries in proptest::collection::vec(any_entry(), 0..20), prev in any_log_id()) {
            let bytes = encode_append(append(Some(prev.into())), &entries);
            let (request, body) = decode_request(&bytes).unwrap();
            let RaftRequest::Append(message) = request else { panic!("not an append") };
            prop_assert_eq!(message.prev, Some(prev.into()));
            prop_assert_eq!(decode_entries(&message.lengths, body).unwrap(), entries);
        }

        #[test]
        fn a_truncated_append_is_refused(entries in proptest::collection::vec(any_entry(), 1..5), cut in 1usize..25) {
            let bytes = encode_append(append(None), &entries);
            let cut = bytes.slice(..bytes.len() - cut);
            let decoded = decode_request(&cut).and_then(|(request, body)| match request {
                RaftRequest::Append(message) => decode_entries(&message.lengths, body),
                _ => Err(Malformed("another request")),
            });
            prop_assert!(decoded.is_err());
        }

        #[test]
        fn garbage_never_panics(mut bytes in proptest::collection::vec(any::<u8>(), 1..300)) {
            bytes[0] = VERSION;
            let bytes = Bytes::from(bytes);
            if let Ok((RaftRequest::Append(message), body)) = decode_request(&bytes) {
                let _ = decode_entries(&message.lengths, body);
            }
            let _ = decode_reply(&bytes);
        }

        #[test]
        fn parts_round_trip(transfer: u64, offset: u64, body in proptest::collection::vec(any::<u8>(), 0..999)) {
            let bytes = encode_request(&RaftRequest::CopyPart { transfer, offset }, &body);
            let (request, found) = decode_request(&bytes).unwrap();
            prop_assert_eq!(request, RaftRequest::CopyPart { transfer, offset });
            prop_assert_eq!(&found[..], &body[..]);
        }
    }

    #[test]
    fn replies_round_trip() {
        let replies = [
            RaftReply::Vote { vote: vote(), granted: true, last: None },
            RaftReply::Appended,
            RaftReply::HigherVote(vote()),
            RaftReply::CopyReceived { offset: u64::MAX },
            RaftReply::Refused("busy".into()),
        ];
        for reply in replies {
            assert_eq!(decode_reply(&encode_reply(&reply)).unwrap(), reply);
        }
    }

    #[test]
    fn bodies_where_none_belong_are_refused() {
        let request = RaftRequest::CopyOpen { transfer: 1, vote: vote() };
        assert!(decode_request(&encode_request(&request, b"x")).is_err());
        let part = RaftRequest::CopyPart { transfer: 1, offset: 0 };
        assert!(decode_request(&encode_request(&part, &vec![0; SNAPSHOT_PART_BYTES + 1])).is_err());
        assert!(decode_request(&Bytes::new()).is_err());
        assert!(decode_request(&Bytes::from_static(&[9, 9])).is_err());
    }
}
