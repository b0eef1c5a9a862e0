//! What `fuzz/` feeds.

use crate::codec::mark::Mark;
use crate::codec::message::{
    RaftRequest, decode_entries, decode_reply, decode_request, encode_reply, encode_request,
};
use crate::codec::{entry, ids};
use bytes::Bytes;

/// Reads a message between replicas, as a request and as a reply.
pub fn message(bytes: Bytes) {
    if let Ok((request, body)) = decode_request(&bytes) {
        let again = encode_request(&request, &body);
        assert_eq!(decode_request(&again).expect("it was just written"), (request.clone(), body.clone()));
        match request {
            RaftRequest::Append(append) => drop(decode_entries(&append.lengths, body)),
            RaftRequest::CopyClose { mark, .. } => drop(mark.check()),
            _ => {}
        }
    }
    if let Ok(reply) = decode_reply(&bytes) {
        assert_eq!(decode_reply(&encode_reply(&reply)).expect("it was just written"), reply);
    }
}

/// Reads what the log and the state keep.
pub fn kept(bytes: Bytes) {
    let _ = Mark::decode(&bytes);
    let _ = ids::decode_vote(&bytes);
    let _ = ids::decode_log_id(&bytes);
    if let Ok(found) = entry::decode(bytes) {
        assert_eq!(entry::decode(entry::encode(&found)).expect("it was just written"), found);
    }
}
