//! Frames on a byte stream: one reader, one writer with a queue, and the beats that show a dead peer.

use super::frame::{Frame, FrameError, Limits, PREFIX_BYTES, Prefix};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::timeout;

/// A side that has nothing to send sends a beat this often.
pub const BEAT: Duration = Duration::from_secs(1);
/// A peer that was silent for this long is dead: it missed two beats.
pub const SILENCE_MAX: Duration = Duration::from_millis(2_500);
/// Small reads (prefix and header) share one trip; larger ones go around the buffer.
const READ_BUFFER_BYTES: usize = 16 << 10;
/// A body up to this size is copied behind its header, so that a small frame is one piece.
const COPY_BYTES_MAX: usize = 1 << 10;
/// Frames are gathered into one write up to about this many bytes.
const GATHER_BYTES: usize = 256 << 10;

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The peer closed between two frames.
    #[error("the peer closed the connection")]
    Closed,
    #[error("the peer was silent for {} s", .0.as_secs_f32())]
    Silent(Duration),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Frame(#[from] FrameError),
    #[error("the peer sent a {0} where none belongs")]
    Unexpected(&'static str),
    #[error("the peer took nothing for {} s", .0.as_secs())]
    Stalled(Duration),
}

/// Reads frames. A caller takes the prefix first, so that it can wait for room before it takes the bytes.
pub struct FrameReader<R> {
    stream: BufReader<R>,
    limits: Limits,
    silence_max: Duration,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// For a peer that sends beats.
    pub fn new(stream: R, limits: Limits) -> Self {
        FrameReader::patient(stream, limits, SILENCE_MAX)
    }

    /// For a peer that sends nothing but its answer.
    pub fn patient(stream: R, limits: Limits, silence_max: Duration) -> Self {
        FrameReader { stream: BufReader::with_capacity(READ_BUFFER_BYTES, stream), limits, silence_max }
    }

    /// The next frame's prefix.
    pub async fn prefix(&mut self) -> Result<Prefix, StreamError> {
        let mut bytes = [0; PREFIX_BYTES];
        let mut filled = 0;
        while filled < PREFIX_BYTES {
            match heard(self.silence_max, self.stream.read(&mut bytes[filled..])).await? {
                0 if filled == 0 => return Err(StreamError::Closed),
                0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                n => filled += n,
            }
        }
        Ok(Prefix::decode(&bytes, self.limits)?)
    }

    /// The header and body that `prefix` announced.
    pub async fn payload(&mut self, prefix: &Prefix) -> Result<(Bytes, Bytes), StreamError> {
        let header = self.exactly(prefix.header_len as usize).await?;
        let body = self.exactly(prefix.body_len as usize).await?;
        Ok((header, body))
    }

    async fn exactly(&mut self, len: usize) -> Result<Bytes, StreamError> {
        let mut bytes = BytesMut::with_capacity(len);
        while bytes.len() < len {
            let missing = len - bytes.len();
            if heard(self.silence_max, self.stream.read_buf(&mut (&mut bytes).limit(missing))).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
        Ok(bytes.freeze())
    }
}

/// One read, which must bring something before the peer counts as dead.
async fn heard(limit: Duration, read: impl Future<Output = io::Result<usize>>) -> Result<usize, StreamError> {
    match timeout(limit, read).await {
        Ok(read) => Ok(read?),
        Err(_) => Err(StreamError::Silent(limit)),
    }
}

/// A frame to send and the room it holds, given back once it is written.
pub struct Outgoing {
    pub frame: Frame,
    pub room: Vec<OwnedSemaphorePermit>,
}

/// Writes what comes through `queue`, and beats in between, until the queue's senders are gone; then closes
/// the stream. With `stall_max`, a write that makes no progress for that long is an error.
pub async fn write_frames<W: AsyncWrite + Unpin>(
    mut stream: W,
    mut queue: mpsc::Receiver<Outgoing>,
    stall_max: Option<Duration>,
) -> Result<(), StreamError> {
    let mut batch = Batch::default();
    loop {
        let mut room = Vec::new();
        match timeout(BEAT, queue.recv()).await {
            Ok(Some(next)) => batch.gather(next, &mut room),
            Ok(None) => break,
            Err(_) => batch.push(&Frame::beat()),
        }
        while batch.remaining < GATHER_BYTES {
            match queue.try_recv() {
                Ok(next) => batch.gather(next, &mut room),
                Err(_) => break,
            }
        }
        while batch.has_remaining() {
            moved(stall_max, stream.write_buf(&mut batch)).await?;
        }
        moved(stall_max, stream.flush()).await?;
    }
    moved(stall_max, stream.shutdown()).await
}

async fn moved<T>(
    stall_max: Option<Duration>,
    write: impl Future<Output = io::Result<T>>,
) -> Result<(), StreamError> {
    let done = match stall_max {
        None => write.await,
        Some(limit) => timeout(limit, write).await.map_err(|_| StreamError::Stalled(limit))?,
    };
    done?;
    Ok(())
}

/// Pieces that go out together, with one system call where the stream can.
#[derive(Default)]
struct Batch {
    pieces: VecDeque<Bytes>,
    remaining: usize,
}

impl Batch {
    fn gather(&mut self, outgoing: Outgoing, room: &mut Vec<OwnedSemaphorePermit>) {
        self.push(&outgoing.frame);
        room.extend(outgoing.room);
    }

    /// Small parts are put in one piece; a larger body is sent from where it is.
    fn push(&mut self, frame: &Frame) {
        let copied = frame.body.len() <= COPY_BYTES_MAX;
        let len = PREFIX_BYTES + frame.header.len() + if copied { frame.body.len() } else { 0 };
        let mut piece = BytesMut::with_capacity(len);
        piece.put_slice(&frame.prefix().encode());
        piece.put_slice(&frame.header);
        if copied {
            piece.put_slice(&frame.body);
        }
        self.append(piece.freeze());
        if !copied {
            self.append(frame.body.clone());
        }
    }

    fn append(&mut self, piece: Bytes) {
        self.remaining += piece.len();
        self.pieces.push_back(piece);
    }
}

impl Buf for Batch {
    fn remaining(&self) -> usize {
        self.remaining
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map_or(&[], |piece| piece)
    }

    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.remaining, "advanced past the end of a batch");
        self.remaining -= count;
        while count > 0 {
            let front = self.pieces.front_mut().expect("remaining counts the pieces' bytes");
            if count < front.len() {
                front.advance(count);
                return;
            }
            count -= front.len();
            self.pieces.pop_front();
        }
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let pieces = self.pieces.iter().zip(slices);
        pieces.map(|(piece, slice)| *slice = IoSlice::new(piece)).count()
    }
}

/// Sends one frame on its own (a stranger's exchange).
pub async fn write_frame<W: AsyncWrite + Unpin>(stream: &mut W, frame: &Frame) -> io::Result<()> {
    let mut batch = Batch::default();
    batch.push(frame);
    stream.write_all_buf(&mut batch).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::super::frame::Kind;
    use super::*;
    use proptest::prelude::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
    }

    fn frame(call: u64, header: Vec<u8>, body: Vec<u8>) -> Frame {
        Frame { kind: Kind::Request, service: 2, call, header: header.into(), body: body.into() }
    }

    async fn read_all(stream: tokio::io::DuplexStream) -> (Vec<Frame>, StreamError) {
        let mut reader = FrameReader::new(stream, Limits::MEMBER);
        let mut frames = Vec::new();
        loop {
            let prefix = match reader.prefix().await {
                Ok(prefix) => prefix,
                Err(error) => return (frames, error),
            };
            match reader.payload(&prefix).await {
                Ok((header, body)) => {
                    let Prefix { kind, service, call, .. } = prefix;
                    frames.push(Frame { kind, service, call, header, body });
                }
                Err(error) => return (frames, error),
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn frames_cross_a_narrow_stream_unchanged(
            parts in prop::collection::vec(
                (prop::collection::vec(any::<u8>(), 0..100), prop::collection::vec(any::<u8>(), 0..5000)), 0..20),
            width in 1usize..3000,
        ) {
            let sent: Vec<Frame> =
                parts.into_iter().enumerate().map(|(i, (h, b))| frame(i as u64, h, b)).collect();
            let (frames, end) = runtime().block_on(async {
                let (near, far) = tokio::io::duplex(width);
                let (queue, receiver) = mpsc::channel(100);
                for frame in sent.clone() {
                    queue.try_send(Outgoing { frame, room: Vec::new() }).ok().unwrap();
                }
                drop(queue);
                let (written, read) = tokio::join!(write_frames(near, receiver, None), read_all(far));
                written.unwrap();
                read
            });
            prop_assert_eq!(frames, sent);
            prop_assert!(matches!(end, StreamError::Closed));
        }

        #[test]
        fn garbage_and_cut_frames_end_with_an_error(
            bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..60, flip in 0usize..60,
        ) {
            let mut stream_bytes = frame(7, vec![1; 10], vec![2; 20]).prefix().encode().to_vec();
            stream_bytes.extend([3; 30]);
            let at = flip % stream_bytes.len();
            stream_bytes[at] ^= 0x55;
            stream_bytes.truncate(cut);
            stream_bytes.extend(bytes);
            let (frames, _end) = runtime().block_on(async {
                let (mut near, far) = tokio::io::duplex(4096);
                near.write_all(&stream_bytes).await.unwrap();
                drop(near);
                read_all(far).await
            });
            prop_assert!(frames.len() <= 3);
        }
    }

    #[test]
    fn a_silent_peer_is_dead_and_a_beating_one_is_not() {
        runtime().block_on(async {
            let (near, far) = tokio::io::duplex(4096);
            let (queue, receiver) = mpsc::channel(1);
            let writer = tokio::spawn(write_frames(near, receiver, None));
            let mut reader = FrameReader::new(far, Limits::MEMBER);
            for _ in 0..10 {
                assert_eq!(reader.prefix().await.unwrap().kind, Kind::Beat);
            }
            writer.abort();
            let _ = writer.await;
            drop(queue);
            assert!(matches!(reader.prefix().await, Err(StreamError::Closed)));

            let (_mute, far) = tokio::io::duplex(4096);
            let mut reader = FrameReader::new(far, Limits::MEMBER);
            assert!(matches!(reader.prefix().await, Err(StreamError::Silent(_))));
        });
    }

    #[test]
    fn a_peer_that_takes_nothing_stalls_the_writer() {
        runtime().block_on(async {
            let (near, _far) = tokio::io::duplex(64);
            let (queue, receiver) = mpsc::channel(1);
            queue.send(Outgoing { frame: frame(1, vec![], vec![0; 4096]), room: vec![] }).await.unwrap();
            let limit = Duration::from_secs(10);
            let error = write_frames(near, receiver, Some(limit)).await.unwrap_err();
            assert!(matches!(error, StreamError::Stalled(_)));
        });
    }
}
