//! What nodes say to each other about files.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| nasd_fs::fuzzing::peer_message(input));
