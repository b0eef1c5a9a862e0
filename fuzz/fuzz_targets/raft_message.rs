//! What replicas of a group say to each other, and what they keep of it.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    nasd_raft::fuzzing::message(Bytes::copy_from_slice(input));
    nasd_raft::fuzzing::kept(Bytes::copy_from_slice(input));
});
