//! Registration with rpcbind, against a small one.

use bytes::Bytes;
use nasd_nfs::portmap::register_over;
use nasd_nfs::xdr::Decoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// Answers SET and UNSET with `accepts` and returns what it was asked.
async fn rpcbind(mut stream: DuplexStream, accepts: bool) -> Vec<Vec<u32>> {
    let mut asked = Vec::new();
    while let Ok(mark) = stream.read_u32().await {
        let mut record = vec![0; (mark & 0x7fff_ffff) as usize];
        stream.read_exact(&mut record).await.unwrap();
        let mut input = Decoder::new(Bytes::from(record));
        let words: Vec<u32> = std::iter::from_fn(|| input.u32().ok()).collect();
        let reply = [0x8000_0000 | 28, words[0], 1, 0, 0, 0, 0, u32::from(accepts)];
        asked.push(words[3..6].iter().chain(&words[10..]).copied().collect());
        for word in reply {
            stream.write_u32(word).await.unwrap();
        }
    }
    asked
}

#[tokio::test]
async fn both_programs_are_registered_for_tcp() {
    let (near, far) = tokio::io::duplex(4096);
    let (result, asked) = tokio::join!(register_over(near, 2049), rpcbind(far, true));
    result.unwrap();
    assert_eq!(
        asked,
        [
            [100_000, 2, 2, 100_003, 3, 6, 0],
            [100_000, 2, 1, 100_003, 3, 6, 2049],
            [100_000, 2, 2, 100_005, 3, 6, 0],
            [100_000, 2, 1, 100_005, 3, 6, 2049],
        ]
    );
}

#[tokio::test]
async fn a_refusal_is_an_error() {
    let (near, far) = tokio::io::duplex(4096);
    let (result, _) = tokio::join!(register_over(near, 2049), rpcbind(far, false));
    assert!(result.unwrap_err().to_string().contains("another NFS server"));
}
