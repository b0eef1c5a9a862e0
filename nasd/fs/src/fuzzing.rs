//! What `fuzz/` feeds.

use crate::message::{Answer, Ask, decode, encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// Reads a header from a peer, as a question and as an answer. What can be read can be written and read again.
pub fn peer_message(header: &[u8]) {
    again::<Ask>(header);
    again::<Answer>(header);
}

fn again<T: Serialize + DeserializeOwned + PartialEq + Debug>(header: &[u8]) {
    if let Ok(message) = decode::<T>(header) {
        assert_eq!(decode::<T>(&encode(&message)).expect("it was just written"), message);
    }
}
