//! RPC records, calls, and the arguments in them, as a client's connection brings them.
#![no_main]

use libfuzzer_sys::fuzz_target;

/// Small, so that the limit is met.
const RECORD_BYTES_MAX: usize = 2048;

fuzz_target!(|input: &[u8]| nasd_nfs::fuzzing::stream(input, RECORD_BYTES_MAX));
