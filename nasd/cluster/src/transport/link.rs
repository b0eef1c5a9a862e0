//! The calling side of one connection: many calls in flight, replies in any order.

use super::Service;
use super::frame::{Frame, Kind, Limits};
use super::stream::{FrameReader, Outgoing, StreamError, write_frames};
use crate::task::Task;
use bytes::Bytes;
use nasd_base::net::Stream;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::io::{ReadHalf, split};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// Calls in flight on one connection, at either side; more wait for their turn.
pub const CALLS_IN_FLIGHT_MAX: usize = 1024;
/// Bytes in flight on one connection, at either side.
pub const BYTES_IN_FLIGHT_MAX: usize = 64 << 20;
/// Frames between the callers and the writer: enough to fill one gathered write.
pub const QUEUE_FRAMES: usize = 128;

const _: () = assert!(BYTES_IN_FLIGHT_MAX > super::frame::HEADER_BYTES_MAX + super::frame::BODY_BYTES_MAX);

/// What came back for a call.
#[derive(Debug)]
pub enum Answer {
    Reply(Bytes, Bytes),
    Refusal(String),
}

/// A connection that this node opened. Dropping it closes it.
pub struct Link {
    queue: mpsc::Sender<Outgoing>,
    slots: Arc<Semaphore>,
    room: Arc<Semaphore>,
    calls: Arc<Calls>,
}

/// The open calls. A `BTreeMap`, so that a lost connection fails them in one order.
#[derive(Default)]
struct Calls(Mutex<OpenCalls>);

#[derive(Default)]
struct OpenCalls {
    last: u64,
    waiting: BTreeMap<u64, oneshot::Sender<Answer>>,
    closed: bool,
}

/// A call that was not sent, because the connection is gone.
#[derive(Debug)]
pub struct NotSent;

/// A call on its way. Dropping it gives the answer up.
pub struct Sent {
    answer: oneshot::Receiver<Answer>,
    call: u64,
    calls: Arc<Calls>,
    _slot: OwnedSemaphorePermit,
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.calls.0.lock().waiting.remove(&self.call);
    }
}

impl Sent {
    /// The answer, or `None` when the connection broke.
    pub async fn answer(mut self) -> Option<Answer> {
        (&mut self.answer).await.ok()
    }
}

impl Link {
    /// Takes the stream over. The future runs the connection and ends, with the reason, when it is lost.
    pub fn open(stream: Box<dyn Stream>) -> (Arc<Link>, impl Future<Output = StreamError> + Send + 'static) {
        let (read, write) = split(stream);
        let (queue, outgoing) = mpsc::channel(QUEUE_FRAMES);
        let link = Arc::new(Link {
            queue,
            slots: Arc::new(Semaphore::new(CALLS_IN_FLIGHT_MAX)),
            room: Arc::new(Semaphore::new(BYTES_IN_FLIGHT_MAX)),
            calls: Arc::new(Calls::default()),
        });
        let closing =
            Closing { calls: link.calls.clone(), slots: link.slots.clone(), room: link.room.clone() };
        let run = async move {
            let mut writer = Task::spawn(write_frames(write, outgoing, None));
            tokio::select! {
                biased;
                written = writer.join() => written.err().unwrap_or(StreamError::Closed),
                lost = read_answers(read, &closing.calls) => lost,
            }
        };
        (link, run)
    }

    pub fn is_closed(&self) -> bool {
        self.calls.0.lock().closed
    }

    /// Waits for room and puts the call in the queue. Dropped before it returns, nothing was sent.
    pub async fn send(&self, service: Service, header: Bytes, body: Bytes) -> Result<Sent, NotSent> {
        let slot = self.slots.clone().acquire_owned().await.map_err(|_| NotSent)?;
        let bytes = (header.len() + body.len()) as u32;
        let room = self.room.clone().acquire_many_owned(bytes).await.map_err(|_| NotSent)?;
        let place = self.queue.reserve().await.map_err(|_| NotSent)?;
        let (call, answer) = self.calls.register().ok_or(NotSent)?;
        let frame = Frame { kind: Kind::Request, service: service as u8, call, header, body };
        place.send(Outgoing { frame, room: vec![room] });
        Ok(Sent { answer, call, calls: self.calls.clone(), _slot: slot })
    }
}

impl Calls {
    fn register(&self) -> Option<(u64, oneshot::Receiver<Answer>)> {
        let mut open = self.0.lock();
        if open.closed {
            return None;
        }
        open.last += 1;
        let call = open.last;
        let (sender, answer) = oneshot::channel();
        open.waiting.insert(call, sender);
        Some((call, answer))
    }

    /// An answer that nobody waits for any more is dropped.
    fn resolve(&self, call: u64, answer: Answer) {
        let waiting = self.0.lock().waiting.remove(&call);
        if let Some(waiting) = waiting {
            let _ = waiting.send(answer);
        }
    }
}

/// Fails what is still open when the connection's future ends or is dropped.
struct Closing {
    calls: Arc<Calls>,
    slots: Arc<Semaphore>,
    room: Arc<Semaphore>,
}

impl Drop for Closing {
    fn drop(&mut self) {
        let waiting = {
            let mut open = self.calls.0.lock();
            open.closed = true;
            std::mem::take(&mut open.waiting)
        };
        drop(waiting);
        self.slots.close();
        self.room.close();
    }
}

async fn read_answers(read: ReadHalf<Box<dyn Stream>>, calls: &Calls) -> StreamError {
    let mut reader = FrameReader::new(read, Limits::MEMBER);
    loop {
        if let Err(lost) = read_answer(&mut reader, calls).await {
            return lost;
        }
    }
}

async fn read_answer(
    reader: &mut FrameReader<ReadHalf<Box<dyn Stream>>>,
    calls: &Calls,
) -> Result<(), StreamError> {
    let prefix = reader.prefix().await?;
    match prefix.kind {
        Kind::Beat => {}
        Kind::Request => return Err(StreamError::Unexpected("request")),
        Kind::Reply => {
            let (header, body) = reader.payload(&prefix).await?;
            calls.resolve(prefix.call, Answer::Reply(header, body));
        }
        Kind::Refusal => {
            let (header, _) = reader.payload(&prefix).await?;
            let reason = String::from_utf8_lossy(&header).into_owned();
            calls.resolve(prefix.call, Answer::Refusal(reason));
        }
    }
    Ok(())
}
