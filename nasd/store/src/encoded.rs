//! A chunk as it lies on disk and travels between nodes: compressed in frames that can be read alone.
//!
//! ```text
//!   magic "GTC1" | len u32 | digest [32] | frame table: (stored u32, crc32c u32)* | crc32c of all this | frames
//! ```
//!
//! All numbers are little-endian. A frame is 32 KiB of data (the last one less), compressed with zstd unless
//! that would save less than a sixteenth; then the top bit of `stored` is clear. A read of 4 KiB decompresses one or two
//! frames, whatever the chunk's size.

use crate::StoreError;
use crate::format::is_right;
use bytes::{BufMut, Bytes, BytesMut};
use std::cell::RefCell;
use std::ops::Range;
use zstd::bulk::{Compressor, Decompressor};

/// Largest chunk, in bytes of data.
pub const CHUNK_BYTES_MAX: usize = 4 << 20;
/// Data bytes in one frame. Source code takes 21.0% of its size in frames of 16 KiB, 19.7% in 32, 18.7% in 64 and
/// 17.0% as one MiB; a small read then decompresses for 29, 44, 81 or 1,150 µs (two shared cores, level 1).
pub const FRAME_BYTES: usize = 32 << 10;

const MAGIC: &[u8; 4] = b"GTC1";
const FIXED_BYTES: usize = 4 + 4 + 32;
const ENTRY_BYTES: usize = 8;
const CRC_BYTES: usize = 4;
/// In the frame table: this frame is compressed.
const COMPRESSED: u32 = 1 << 31;
/// zstd's fastest ordinary level: chunks are compressed while a client waits.
const LEVEL: i32 = 1;
/// A frame is compressed if that saves at least one part in this many: for less, reads should not pay.
const SAVING_PART_MIN: usize = 16;
/// The header of the largest chunk.
pub(crate) const HEADER_BYTES_MAX: usize = header_bytes(CHUNK_BYTES_MAX);

thread_local! {
    // Making one takes longer than using it for a frame.
    static COMPRESSOR: RefCell<Compressor<'static>> =
        RefCell::new(Compressor::new(LEVEL).expect("zstd knows the level"));
    static DECOMPRESSOR: RefCell<Decompressor<'static>> =
        RefCell::new(Decompressor::new().expect("zstd has memory for its tables"));
}

const fn header_bytes(len: usize) -> usize {
    FIXED_BYTES + len.div_ceil(FRAME_BYTES) * ENTRY_BYTES + CRC_BYTES
}

/// An encoded chunk whose structure and checksums have been verified.
#[derive(Clone, Debug)]
pub struct EncodedChunk {
    header: Header,
    bytes: Bytes,
}

/// The decoded head of a chunk: enough to find, check and decompress each frame.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub len: u32,
    pub digest: [u8; 32],
    frames: Vec<Frame>,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    /// From the start of the encoded chunk.
    offset: u32,
    stored: u32,
    crc: u32,
    compressed: bool,
}

impl Header {
    /// Decodes the head of an encoded chunk; `bytes` may go on with frames, or end after the head.
    pub fn parse(bytes: &[u8]) -> Result<Header, StoreError> {
        let fixed = bytes.get(..FIXED_BYTES).ok_or(StoreError::Malformed("shorter than a header"))?;
        if &fixed[..4] != MAGIC {
            return Err(StoreError::Malformed("wrong magic"));
        }
        let len = read_u32(fixed, 4);
        if len == 0 || len as usize > CHUNK_BYTES_MAX {
            return Err(StoreError::Malformed("a length that no chunk has"));
        }
        let size = header_bytes(len as usize);
        let head = bytes.get(..size).ok_or(StoreError::Malformed("shorter than its frame table"))?;
        if !is_right(read_u32(head, size - CRC_BYTES), crc32c::crc32c(&head[..size - CRC_BYTES])) {
            return Err(StoreError::Malformed("the header's checksum is wrong"));
        }
        let mut offset = size as u32;
        let mut frames = Vec::with_capacity((len as usize).div_ceil(FRAME_BYTES));
        for entry in head[FIXED_BYTES..size - CRC_BYTES].chunks_exact(ENTRY_BYTES) {
            let word = read_u32(entry, 0);
            let stored = word & !COMPRESSED;
            if stored as usize > FRAME_BYTES {
                return Err(StoreError::Malformed("a frame larger than its data"));
            }
            frames.push(Frame {
                offset,
                stored,
                crc: read_u32(entry, 4),
                compressed: word & COMPRESSED != 0,
            });
            offset += stored;
        }
        Ok(Header { len, digest: fixed[8..40].try_into().expect("32 bytes"), frames })
    }

    /// What it takes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Header>() + self.frames.len() * size_of::<Frame>()
    }

    /// Bytes of the whole encoded chunk.
    pub fn encoded_len(&self) -> u32 {
        self.frames.last().map_or(0, |last| last.offset + last.stored)
    }

    /// Where frame `index` lies in the encoded chunk.
    pub fn frame_range(&self, index: usize) -> (u32, u32) {
        (self.frames[index].offset, self.frames[index].stored)
    }

    /// Checks and decompresses frame `index`.
    pub fn decode_frame(&self, index: usize, stored: &[u8]) -> Result<Bytes, StoreError> {
        let frame = self.frames[index];
        let len = FRAME_BYTES.min(self.len as usize - index * FRAME_BYTES);
        if stored.len() != frame.stored as usize || !is_right(frame.crc, crc32c::crc32c(stored)) {
            return Err(StoreError::Malformed("a frame's checksum is wrong"));
        }
        if !frame.compressed {
            let fits = stored.len() == len;
            return if fits { Ok(Bytes::copy_from_slice(stored)) } else { Err(BAD_FRAME) };
        }
        let mut data = Vec::with_capacity(len);
        let done = DECOMPRESSOR.with_borrow_mut(|zstd| zstd.decompress_to_buffer(stored, &mut data));
        if done.is_ok_and(|done| done == len) { Ok(data.into()) } else { Err(BAD_FRAME) }
    }
}

const BAD_FRAME: StoreError = StoreError::Malformed("a frame does not decompress to its length");

impl EncodedChunk {
    /// Compresses and checksums `data`, which has 1 to [`CHUNK_BYTES_MAX`] bytes.
    ///
    /// # Panics
    /// When `data` is empty or too large: that is the caller's bug.
    pub fn encode(data: &[u8]) -> EncodedChunk {
        assert!(!data.is_empty() && data.len() <= CHUNK_BYTES_MAX, "a chunk of {} bytes", data.len());
        let size = header_bytes(data.len());
        let mut bytes = BytesMut::with_capacity(size + data.len());
        bytes.put_slice(MAGIC);
        bytes.put_u32_le(data.len() as u32);
        bytes.put_slice(blake3::hash(data).as_bytes());
        bytes.resize(size, 0);
        let mut scratch = vec![0; FRAME_BYTES];
        for (index, frame) in data.chunks(FRAME_BYTES).enumerate() {
            // What does not fit has not shrunk enough: it is stored as it is.
            let room = &mut scratch[..frame.len() - frame.len().div_ceil(SAVING_PART_MIN)];
            let shrunk = COMPRESSOR.with_borrow_mut(|zstd| zstd.compress_to_buffer(frame, room)).ok();
            let (stored, flag) = shrunk.map_or((frame, 0), |len| (&scratch[..len], COMPRESSED));
            let entry = FIXED_BYTES + index * ENTRY_BYTES;
            bytes[entry..entry + 4].copy_from_slice(&(stored.len() as u32 | flag).to_le_bytes());
            bytes[entry + 4..entry + 8].copy_from_slice(&crc32c::crc32c(stored).to_le_bytes());
            bytes.put_slice(stored);
        }
        let crc = crc32c::crc32c(&bytes[..size - CRC_BYTES]);
        bytes[size - CRC_BYTES..size].copy_from_slice(&crc.to_le_bytes());
        let header = Header::parse(&bytes).expect("what was just encoded");
        EncodedChunk { header, bytes: bytes.freeze() }
    }

    /// Verifies bytes from a peer or a disk: structure, every frame's checksum, and the digest of the data.
    ///
    /// # Errors
    /// `Malformed` says what is wrong.
    pub fn parse(bytes: Bytes) -> Result<EncodedChunk, StoreError> {
        let header = Header::parse(&bytes)?;
        if header.encoded_len() as usize != bytes.len() {
            return Err(StoreError::Malformed("its length is not that of its frames"));
        }
        let mut digest = blake3::Hasher::new();
        for index in 0..header.frames.len() {
            let (offset, stored) = header.frame_range(index);
            let stored = &bytes[offset as usize..(offset + stored) as usize];
            digest.update(&header.decode_frame(index, stored)?);
        }
        if digest.finalize().as_bytes() != &header.digest && !cfg!(fuzzing) {
            return Err(StoreError::Malformed("its digest is wrong"));
        }
        Ok(EncodedChunk { header, bytes })
    }

    /// BLAKE3 of the data.
    pub fn digest(&self) -> [u8; 32] {
        self.header.digest
    }

    /// Bytes of data.
    #[expect(clippy::len_without_is_empty, reason = "a chunk is never empty")]
    pub fn len(&self) -> u32 {
        self.header.len
    }

    /// Bytes on disk and on the wire.
    pub fn stored_len(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// The encoded form.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// `len` bytes of data from `start`.
    ///
    /// # Errors
    /// `OutOfRange` when the range reaches beyond the chunk.
    pub fn read(&self, start: u32, len: u32) -> Result<Bytes, StoreError> {
        let frames = frames_of(&self.header, start, len)?;
        let mut decoded = Vec::with_capacity(frames.len());
        for index in frames {
            let (offset, stored) = self.header.frame_range(index);
            let stored = &self.bytes[offset as usize..(offset + stored) as usize];
            decoded.push(self.header.decode_frame(index, stored)?);
        }
        Ok(cut(&decoded, start, len))
    }
}

/// The frames that hold `len` bytes from `start`.
pub(crate) fn frames_of(header: &Header, start: u32, len: u32) -> Result<Range<usize>, StoreError> {
    let end = start.checked_add(len).filter(|end| *end <= header.len);
    let end = end.ok_or(StoreError::OutOfRange { len: header.len })?;
    let first = start as usize / FRAME_BYTES;
    Ok(first..if len == 0 { first } else { (end as usize).div_ceil(FRAME_BYTES) })
}

/// `len` bytes from `start`, out of the consecutive decoded frames that hold them. Copies nothing when one
/// frame does.
pub(crate) fn cut(frames: &[Bytes], start: u32, len: u32) -> Bytes {
    let skip = start as usize % FRAME_BYTES;
    let len = len as usize;
    match frames {
        [] => Bytes::new(),
        [one] => one.slice(skip..skip + len),
        many => {
            let mut joined = BytesMut::with_capacity(len);
            let mut skip = skip;
            for frame in many {
                let rest = &frame[skip..];
                joined.put_slice(&rest[..rest.len().min(len - joined.len())]);
                skip = 0;
            }
            joined.freeze()
        }
    }
}

fn read_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Runs of repeated and of noisy bytes, so that both kinds of frames occur.
    fn data() -> impl Strategy<Value = Vec<u8>> {
        let run = (any::<bool>(), any::<u64>(), 1usize..50_000).prop_map(|(noisy, seed, len)| {
            let mut state = seed | 1;
            (0..len)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    if noisy { (state >> 56) as u8 } else { seed as u8 }
                })
                .collect::<Vec<u8>>()
        });
        prop::collection::vec(run, 1..6).prop_map(|runs| runs.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_range_of_a_chunk_can_be_read(data in data(), a: prop::sample::Index, b: prop::sample::Index) {
            let chunk = EncodedChunk::parse(EncodedChunk::encode(&data).bytes().clone()).unwrap();
            prop_assert_eq!(chunk.len() as usize, data.len());
            prop_assert_eq!(chunk.digest(), *blake3::hash(&data).as_bytes());
            let (a, b) = (a.index(data.len() + 1), b.index(data.len() + 1));
            let (start, end) = (a.min(b), a.max(b));
            let read = chunk.read(start as u32, (end - start) as u32).unwrap();
            prop_assert_eq!(&read[..], &data[start..end]);
            prop_assert!(chunk.read(start as u32, (data.len() - start) as u32 + 1).is_err());
        }

        #[test]
        fn a_flipped_bit_anywhere_is_found(data in data(), at: prop::sample::Index, bit in 0u8..8) {
            let mut bytes = EncodedChunk::encode(&data).bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(EncodedChunk::parse(bytes.into()).is_err());
        }

        #[test]
        fn a_truncated_chunk_is_refused(data in data(), at: prop::sample::Index) {
            let bytes = EncodedChunk::encode(&data).bytes().clone();
            prop_assert!(EncodedChunk::parse(bytes.slice(..at.index(bytes.len()))).is_err());
        }

        #[test]
        fn garbage_is_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..600), keep_magic: bool) {
            if keep_magic && bytes.len() >= 4 {
                bytes[..4].copy_from_slice(MAGIC);
            }
            prop_assert!(EncodedChunk::parse(bytes.into()).is_err());
        }
    }

    #[test]
    fn text_shrinks_and_noise_does_not_grow_by_more_than_its_header() {
        let text = b"the storehouse ".repeat(10_000);
        assert!(EncodedChunk::encode(&text).stored_len() < 10_000);
        let noise: Vec<u8> =
            (0..40_000u32).flat_map(|i| blake3::hash(&i.to_le_bytes()).as_bytes()[..4].to_vec()).collect();
        let chunk = EncodedChunk::encode(&noise);
        assert!(chunk.stored_len() as usize <= noise.len() + header_bytes(noise.len()));
    }
}
