//! Frames between nodes, as a connection brings them, for members and for strangers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nasd_cluster::transport::frame::{Limits, PREFIX_BYTES, Prefix};
use nasd_cluster::transport::stream::FrameReader;

fuzz_target!(|input: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    for limits in [Limits::STRANGER, Limits::MEMBER] {
        if let Some(Ok(prefix)) =
            input.first_chunk::<PREFIX_BYTES>().map(|bytes| Prefix::decode(bytes, limits))
        {
            assert_eq!(prefix.encode(), input[..PREFIX_BYTES]);
            assert!(prefix.payload_bytes() <= limits.header + limits.body);
        }
        runtime.block_on(async {
            let mut reader = FrameReader::new(input, limits);
            while let Ok(prefix) = reader.prefix().await {
                let Ok((header, body)) = reader.payload(&prefix).await else { return };
                assert_eq!(header.len() + body.len(), prefix.payload_bytes());
            }
        });
    }
});
