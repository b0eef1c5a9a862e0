//! An encoded chunk, from a peer or a disk.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nasd_store::EncodedChunk;

fuzz_target!(|input: &[u8]| {
    if let Ok(chunk) = EncodedChunk::parse(bytes::Bytes::copy_from_slice(input)) {
        let data = chunk.read(0, chunk.len()).expect("a chunk that was verified");
        assert_eq!(data.len(), chunk.len() as usize);
        let again = EncodedChunk::encode(&data);
        assert_eq!(again.read(0, again.len()).expect("just made"), data);
    }
});
