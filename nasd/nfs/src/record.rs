//! Record marking (RFC 5531 §11): how RPC messages are cut out of a byte stream.
//!
//! A fragment's length is only a claim. Memory is taken as bytes arrive, never more than twice what is there,
//! and a claim beyond the limit ends the connection before anything is read.

use bytes::{BufMut, BytesMut};
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

/// What an idle connection costs: small calls are read ahead into this.
const READ_AHEAD_BYTES: usize = 4096;
/// First step of a record's buffer, in bytes.
const STEP_BYTES_MIN: usize = 4096;
/// Most fragments in a record. A client that sends 4 KiB at a time needs 272 for the largest one.
pub(crate) const FRAGMENTS_MAX: u32 = 1024;
/// Marks a record's last fragment.
pub(crate) const LAST_FRAGMENT: u32 = 1 << 31;

/// A fragment's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    pub len: usize,
    pub last: bool,
}

impl Fragment {
    fn parse(word: u32) -> Fragment {
        Fragment { len: (word & !LAST_FRAGMENT) as usize, last: word & LAST_FRAGMENT != 0 }
    }
}

/// Reads fragments from a stream.
pub struct RecordReader<R> {
    input: BufReader<R>,
}

impl<R: AsyncRead + Unpin> RecordReader<R> {
    pub fn new(stream: R) -> Self {
        RecordReader { input: BufReader::with_capacity(READ_AHEAD_BYTES, stream) }
    }

    /// Waits for the first byte of a record. False at the end of the stream. May be cancelled.
    pub async fn wait(&mut self) -> io::Result<bool> {
        Ok(!self.input.fill_buf().await?.is_empty())
    }

    pub async fn fragment(&mut self) -> io::Result<Fragment> {
        Ok(Fragment::parse(self.input.read_u32().await?))
    }

    /// Appends exactly `len` bytes to `record`.
    pub async fn body(&mut self, record: &mut BytesMut, len: usize) -> io::Result<()> {
        let end = record.len() + len;
        while record.len() < end {
            let missing = end - record.len();
            if record.capacity() == record.len() {
                record.reserve(missing.min(record.len().max(STEP_BYTES_MIN)));
            }
            if self.input.read_buf(&mut (&mut *record).limit(missing)).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// Reads `len` bytes and forgets them.
    async fn skip(&mut self, mut len: usize) -> io::Result<()> {
        while len > 0 {
            let ahead = self.input.fill_buf().await?.len().min(len);
            if ahead == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.input.consume(ahead);
            len -= ahead;
        }
        Ok(())
    }
}

/// Reads a record of at most `bytes_max` bytes and keeps the first `head_max` of them.
pub(crate) async fn read_head<R: AsyncRead + Unpin>(
    reader: &mut RecordReader<R>,
    head_max: usize,
    bytes_max: usize,
) -> io::Result<BytesMut> {
    let (mut head, mut bytes) = (BytesMut::new(), 0);
    for _ in 0..FRAGMENTS_MAX {
        let fragment = reader.fragment().await?;
        check_room(bytes, fragment, bytes_max)?;
        let kept = fragment.len.min(head_max - head.len());
        reader.body(&mut head, kept).await?;
        reader.skip(fragment.len - kept).await?;
        bytes += fragment.len;
        if fragment.last {
            return Ok(head);
        }
    }
    Err(too_many_fragments())
}

/// Reads one whole record of at most `bytes_max` bytes. `None` at the end of the stream.
pub async fn read_record<R: AsyncRead + Unpin>(
    reader: &mut RecordReader<R>,
    bytes_max: usize,
) -> io::Result<Option<BytesMut>> {
    if !reader.wait().await? {
        return Ok(None);
    }
    let mut record = BytesMut::new();
    for _ in 0..FRAGMENTS_MAX {
        let fragment = reader.fragment().await?;
        check_room(record.len(), fragment, bytes_max)?;
        reader.body(&mut record, fragment.len).await?;
        if fragment.last {
            return Ok(Some(record));
        }
    }
    Err(too_many_fragments())
}

/// Refuses a fragment that would make the record larger than allowed.
pub(crate) fn check_room(bytes: usize, fragment: Fragment, bytes_max: usize) -> io::Result<()> {
    if fragment.len > bytes_max - bytes.min(bytes_max) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "an RPC record is larger than the limit"));
    }
    Ok(())
}

pub(crate) fn too_many_fragments() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "an RPC record has too many fragments")
}

/// The header of a record that is sent as one fragment.
pub fn mark(len: usize) -> [u8; 4] {
    (LAST_FRAGMENT | len as u32).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use tokio::io::ReadBuf;

    /// Gives its bytes a few at a time.
    struct Dribble<'a>(&'a [u8], usize);

    impl AsyncRead for Dribble<'_> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            out: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let len = self.1.min(self.0.len()).min(out.remaining());
            let (now, later) = self.0.split_at(len);
            out.put_slice(now);
            self.0 = later;
            Poll::Ready(Ok(()))
        }
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn a_huge_claim_costs_nothing() {
        let header = mark((1 << 31) - 1);
        let mut reader = RecordReader::new(&header[..]);
        let error = block_on(read_record(&mut reader, 1 << 20)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn the_buffer_grows_with_what_arrived() {
        let mut bytes = mark(1 << 20).to_vec();
        bytes.extend([0; 10_000]);
        let mut reader = RecordReader::new(&bytes[..]);
        let mut record = BytesMut::new();
        block_on(async {
            let fragment = reader.fragment().await.unwrap();
            assert!(reader.body(&mut record, fragment.len).await.is_err());
        });
        assert!(record.len() == 10_000 && record.capacity() <= 20_000, "{}", record.capacity());
    }

    #[test]
    fn endless_empty_fragments_are_refused() {
        let bytes = vec![0; 8 * FRAGMENTS_MAX as usize];
        let mut reader = RecordReader::new(&bytes[..]);
        assert!(block_on(read_record(&mut reader, 1 << 20)).is_err());
    }

    proptest! {
        #[test]
        fn fragments_are_put_together(
            parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..9000), 1..5),
            step in 1usize..5000
        ) {
            let mut bytes = Vec::new();
            for (at, part) in parts.iter().enumerate() {
                let last = if at + 1 == parts.len() { LAST_FRAGMENT } else { 0 };
                bytes.extend((last | part.len() as u32).to_be_bytes());
                bytes.extend(part);
            }
            let mut reader = RecordReader::new(Dribble(&bytes, step));
            let record = block_on(read_record(&mut reader, 1 << 20)).unwrap().unwrap();
            prop_assert_eq!(record, parts.concat());
            prop_assert!(block_on(read_record(&mut reader, 1 << 20)).unwrap().is_none());
            let mut reader = RecordReader::new(Dribble(&bytes, step));
            let head = block_on(read_head(&mut reader, 4096, 1 << 20)).unwrap();
            let whole = parts.concat();
            prop_assert_eq!(&head[..], &whole[..whole.len().min(4096)]);
            prop_assert!(block_on(read_record(&mut reader, 1 << 20)).unwrap().is_none());
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let mut reader = RecordReader::new(&bytes[..]);
            while let Ok(Some(record)) = block_on(read_record(&mut reader, 64)) {
                prop_assert!(record.len() <= 64);
            }
        }
    }
}
