//! The arguments and results of one NFSv3 procedure; the first byte chooses it.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((procedure, bytes)) = input.split_first() else { return };
    let (procedure, bytes) = (u32::from(procedure % 23), Bytes::copy_from_slice(bytes));
    nasd_nfs::fuzzing::arguments(procedure, bytes.clone());
    nasd_nfs::fuzzing::results(procedure, bytes);
});
