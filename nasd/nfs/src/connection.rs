//! One connection: reads records, starts calls, and writes replies in the order they are ready.
//!
//! ```text
//! socket ─▶ reader ─▶ a task per call ─▶ queue ─▶ writer ─▶ socket
//!             │  waits for a slot and for memory           │
//!             └──────────── given back when written ◀──────┘
//! ```
//! A call that is alone begins in the reader, and becomes a task when it has to wait.
//!
//! A call's slot and memory come back when its reply has left for the socket, so a client that does not read
//! its replies stops being read from, and holds no more than its share. Calls but WRITE run to their end even when
//! the connection breaks: the client will ask again on another.

use crate::dispatch::{self, Arrived, CallEnd, Carried};
use crate::incoming::read_record;
use crate::memory::{CALL_BYTES_MIN, CallCharge, PACE_CHECK, Pace};
use crate::pool::Payer;
use crate::record::{RecordReader, mark};
use crate::rpc::{self, Call, Message, RpcError};
use crate::server::{ConnectionEntry, Shared};
use crate::stats::ConnectionStats;
use crate::stranger;
use crate::v3;
use crate::v3::Procedure;
use crate::v3::write::Write;
use crate::xdr::Encoder;
use bytes::{Buf, Bytes, BytesMut};
use nasd_base::eager;
use nasd_fs::{Origin, Stage};
use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, IoSlice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, timeout};

/// Most pieces in one vectored write (Linux's IOV_MAX is 1024).
const SLICES_MAX: usize = 64;
/// Most replies the writer takes out of the queue at a time.
const REPLIES_AT_ONCE: usize = 16;
/// How often a silent connection looks whether a rule still names its address.
const STANDING_CHECK: Duration = Duration::from_secs(60);

/// What becomes of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It goes on as a known client's.
    Known,
    /// It goes on as a stranger's.
    Stranger,
    End,
}

/// Why reading ended.
enum End {
    /// The client closed its side. Begun calls are still answered, but for those of [`Work::ends_with_client`].
    Closed,
    /// The server stops: begun calls are still answered.
    Stopping,
    /// Nothing that follows can be trusted.
    Broken,
    Idle,
    /// No export rule names the client any more.
    Unknown,
}

/// A reply on its way out, with what it holds.
struct Outgoing {
    pieces: VecDeque<Bytes>,
    /// What it answers, and since when it has been ready.
    carried: Option<(Carried, Instant)>,
    _charge: CallCharge,
    _slot: OwnedSemaphorePermit,
}

/// Serves one connection until it ends.
pub(crate) async fn run<R, W>(entry: &ConnectionEntry, read: R, write: W, mut stop: watch::Receiver<bool>)
where
    R: AsyncRead,
    W: AsyncWrite,
{
    let (read, mut write) = (pin!(read), pin!(write));
    let mut reader = RecordReader::new(read);
    let mut next = if entry.is_known() { Next::Known } else { Next::Stranger };
    loop {
        next = match next {
            Next::Known => serve_known(entry, &mut reader, &mut write, &mut stop).await,
            Next::Stranger => stranger::run(entry, &mut reader, &mut write, &mut stop).await,
            Next::End => break,
        };
    }
    let _ = timeout(entry.shared.options.drain_timeout, write.shutdown()).await;
}

/// Serves a client that an export rule names.
async fn serve_known<R, W>(
    entry: &ConnectionEntry,
    reader: &mut RecordReader<R>,
    write: &mut W,
    stop: &mut watch::Receiver<bool>,
) -> Next
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let calls_max = entry.shared.options.calls_per_connection_max;
    // Every queued reply has a slot, so the queue is never full.
    let (queue, replies) = mpsc::channel(calls_max + 1);
    let (gone, client_gone) = watch::channel(false);
    let intake = Intake {
        entry,
        client_gone,
        slots: Arc::new(Semaphore::new(calls_max)),
        queue,
        disconnect: Arc::new(Notify::new()),
        payer: Payer { host: entry.host, uid: 0 },
    };
    let disconnect = Arc::clone(&intake.disconnect);
    let totals = &entry.shared.volumes.totals;
    let unknown = AtomicBool::new(false);
    let reading = async {
        match intake.read_calls(reader, stop).await {
            End::Closed => drop(gone.send_replace(true)),
            End::Stopping => {}
            End::Unknown => unknown.store(true, Relaxed),
            End::Broken => return totals.connections_broken.add(1),
            End::Idle => return totals.connections_idle_closed.add(1),
        }
        std::future::pending().await
    };
    let writing = write_replies(entry, write, replies);
    tokio::select! {
        biased;
        () = disconnect.notified() => return Next::End,
        result = writing => {
            if result.is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
                totals.connections_stalled.add(1);
                return Next::End;
            }
        }
        () = reading => return Next::End,
    }
    if unknown.into_inner() && entry.become_stranger() { Next::Stranger } else { Next::End }
}

/// The reading half of a connection.
struct Intake<'a> {
    entry: &'a ConnectionEntry,
    slots: Arc<Semaphore>,
    queue: mpsc::Sender<Outgoing>,
    disconnect: Arc<Notify>,
    /// Becomes true when the client has closed its side, and ends with the connection.
    client_gone: watch::Receiver<bool>,
    /// Who sent the last call.
    payer: Payer,
}

impl Intake<'_> {
    /// Reads calls and starts them, until there will be no more. Ends the queue.
    async fn read_calls<R: AsyncRead + Unpin>(
        mut self,
        reader: &mut RecordReader<R>,
        stop: &mut watch::Receiver<bool>,
    ) -> End {
        loop {
            let (slot, slot_wait) = self.slot().await;
            let waiting = self.wait_for_record(reader);
            let more = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return End::Stopping,
                more = waiting => more,
            };
            match more {
                Ok(true) => {}
                Ok(false) => return End::Closed,
                Err(end) => return end,
            }
            let begun = Instant::now();
            let read = read_record(&self.entry.shared, self.payer, reader).await;
            let Ok((record, charge, memory_wait)) = read else { return End::Broken };
            let arrived = Arrived { begun, whole: Instant::now(), held_up: memory_wait };
            let arrived = arrived.after(slot_wait);
            let Some(work) = self.admit(record, charge, slot, arrived).await else { return End::Broken };
            self.start(work.run());
        }
    }

    /// A slot for a call, and from when to when it was waited for.
    async fn slot(&self) -> (OwnedSemaphorePermit, Option<(Instant, Instant)>) {
        if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            return (slot, None);
        }
        let since = Instant::now();
        let slot = Arc::clone(&self.slots).acquire_owned().await.expect("slots are never closed");
        (slot, Some((since, Instant::now())))
    }

    /// A lone call is carried out here as far as it goes without waiting: a switch of tasks would be most of
    /// its cost. Of several at once each is a task, for as many processors.
    fn start(&self, work: impl Future<Output = ()> + Send + 'static) {
        let alone = self.slots.available_permits() + 1 == self.entry.shared.options.calls_per_connection_max;
        if !alone {
            tokio::spawn(work);
        } else if let Some(rest) = eager::begin(work) {
            tokio::spawn(rest);
        }
    }

    /// Waits for a record to begin. A connection is idle when nothing arrives and nothing is being done.
    async fn wait_for_record<R: AsyncRead + Unpin>(&self, reader: &mut RecordReader<R>) -> Result<bool, End> {
        let options = &self.entry.shared.options;
        let mut since = Instant::now();
        loop {
            let waited = timeout(STANDING_CHECK.min(options.idle_timeout), reader.wait()).await;
            if !self.entry.is_known() {
                return Err(End::Unknown);
            }
            if let Ok(more) = waited {
                return more.map_err(|_| End::Closed);
            }
            if self.slots.available_permits() + 1 < options.calls_per_connection_max {
                since = Instant::now();
            } else if since.elapsed() >= options.idle_timeout {
                return Err(End::Idle);
            }
        }
    }

    /// Makes sense of a record and takes memory for its reply.
    async fn admit(
        &mut self,
        record: BytesMut,
        mut charge: CallCharge,
        slot: OwnedSemaphorePermit,
        arrived: Arrived,
    ) -> Option<Work> {
        let (entry, bytes) = (self.entry, record.len());
        let totals = &entry.shared.volumes.totals;
        totals.bytes_in.add(bytes as u64);
        let message = rpc::decode_call(record.freeze()).ok()?;
        entry.stats.count_call(bytes as u64);
        totals.calls.add(1);
        if let Message::Call(call) = &message {
            if let Ok(credential) = &call.credential {
                self.payer.uid = credential.uid().unwrap_or(self.payer.uid);
            }
            // Calls with large replies have short arguments: a longer one is garbage, and is told so.
            let reply_bytes = reply_bytes_max(call);
            if bytes <= CALL_BYTES_MIN && reply_bytes > CALL_BYTES_MIN {
                entry.shared.memory.complete(&mut charge, self.payer, reply_bytes).await;
            }
        }
        Some(Work {
            shared: Arc::clone(&entry.shared),
            connection: Arc::clone(&entry.stats),
            message,
            arrived,
            charge,
            slot,
            queue: self.queue.clone(),
            disconnect: Arc::clone(&self.disconnect),
            client_gone: self.client_gone.clone(),
        })
    }
}

fn reply_bytes_max(call: &Call) -> usize {
    match call.program {
        v3::PROGRAM => v3::reply_bytes_max(call.procedure, &call.args),
        _ => crate::mount::reply_bytes_max(call.procedure),
    }
}

/// A call and all it needs to be carried out and answered.
struct Work {
    shared: Arc<Shared>,
    connection: Arc<ConnectionStats>,
    message: Message,
    arrived: Arrived,
    charge: CallCharge,
    slot: OwnedSemaphorePermit,
    queue: mpsc::Sender<Outgoing>,
    disconnect: Arc<Notify>,
    client_gone: watch::Receiver<bool>,
}

impl Work {
    /// A WRITE must not outlive its client's interest. A client that waits too long sends it again through
    /// another node, goes on, and writes something newer to the same place; this node, cut off from the
    /// volume's leader meanwhile, would then put the old bytes over it. Other changes are recognised by the
    /// volume as repeated; a write's bytes are not remembered.
    fn ends_with_client(call: &Call) -> bool {
        call.program == v3::PROGRAM && call.procedure == <Write as Procedure>::NUMBER
    }

    async fn run(mut self) {
        let reply = match self.message {
            Message::Call(call) => {
                let ends = Work::ends_with_client(&call);
                let answer = answer_or_apologise(&self.shared, &self.connection, call, self.arrived);
                tokio::select! {
                    biased;
                    reply = answer => reply,
                    _ = self.client_gone.wait_for(|gone| *gone), if ends => CallEnd::Silence,
                }
            }
            Message::OtherVersion { xid } => {
                let mut out = Encoder::new();
                rpc::encode_error(&mut out, xid, RpcError::VersionMismatch { low: 2, high: 2 });
                CallEnd::Send(out, None)
            }
        };
        match reply {
            CallEnd::Send(reply, carried) => {
                self.charge.shrink_to(reply.len());
                let mut pieces = VecDeque::from(reply.into_pieces());
                let len = pieces.iter().map(Bytes::len).sum();
                pieces.push_front(Bytes::copy_from_slice(&mark(len)));
                // Fails when the connection is gone; then nobody waits for the reply.
                let carried = carried.map(|carried| (carried, Instant::now()));
                let (_charge, _slot) = (self.charge, self.slot);
                let _ = self.queue.try_send(Outgoing { pieces, carried, _charge, _slot });
            }
            CallEnd::Silence => {}
            CallEnd::Disconnect => self.disconnect.notify_one(),
        }
    }
}

/// A panic in a handler costs its own call only.
async fn answer_or_apologise(
    shared: &Arc<Shared>,
    connection: &ConnectionStats,
    call: Call,
    arrived: Arrived,
) -> CallEnd {
    let (xid, program, procedure) = (call.xid, call.program, call.procedure);
    let mut answering = pin!(dispatch::answer(shared, connection, call, arrived));
    let guarded = std::future::poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(context))) {
            Ok(Poll::Ready(reply)) => Poll::Ready(Some(reply)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(None),
        }
    });
    match guarded.await {
        Some(reply) => reply,
        None => {
            shared.volumes.totals.panics.add(1);
            if let Some(times) = shared.volumes.complaints.bugs.say(Instant::now()) {
                let peer = connection.address;
                tracing::error!(
                    "a bug stopped an NFS call (program {program}, procedure {procedure}, {peer}; {times} since the last line)"
                );
            }
            let mut out = Encoder::new();
            rpc::encode_error(&mut out, xid, RpcError::SystemError);
            CallEnd::Send(out, None)
        }
    }
}

/// Writes replies until no call is left that could make one.
async fn write_replies<W: AsyncWrite + Unpin>(
    entry: &ConnectionEntry,
    write: &mut W,
    mut replies: mpsc::Receiver<Outgoing>,
) -> io::Result<()> {
    let mut pending: VecDeque<Outgoing> = VecDeque::new();
    loop {
        if pending.is_empty() {
            write.flush().await?;
            match replies.recv().await {
                Some(reply) => pending.push_back(reply),
                None => return Ok(()),
            }
        }
        write_head(entry, write, &mut replies, &mut pending).await?;
    }
}

/// Writes until at least the oldest reply is gone, for which it has a limited time.
async fn write_head<W: AsyncWrite + Unpin>(
    entry: &ConnectionEntry,
    write: &mut W,
    replies: &mut mpsc::Receiver<Outgoing>,
    pending: &mut VecDeque<Outgoing>,
) -> io::Result<()> {
    let pace = Pace::new(entry.shared.options.reply_timeout);
    let mut sent = 0;
    loop {
        while pending.len() < REPLIES_AT_ONCE
            && let Ok(reply) = replies.try_recv()
        {
            pending.push_back(reply);
        }
        if let Ok(written) = timeout(PACE_CHECK, write_some(write, pending)).await {
            let written = written?;
            sent += written;
            entry.stats.bytes_out.add(written as u64);
            entry.shared.volumes.totals.bytes_out.add(written as u64);
            if forget_written(entry, pending, written) > 0 {
                return Ok(());
            }
        }
        if pace.is_too_slow(sent, entry.shared.memory.is_short_for(entry.host)) {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
}

async fn write_some<W: AsyncWrite + Unpin>(write: &mut W, pending: &VecDeque<Outgoing>) -> io::Result<usize> {
    let pieces = pending.iter().flat_map(|reply| &reply.pieces);
    let slices: Vec<IoSlice<'_>> = pieces.take(SLICES_MAX).map(|piece| IoSlice::new(piece)).collect();
    match write.write_vectored(&slices).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        written => Ok(written),
    }
}

/// Drops what is on the wire and returns how many replies that finished.
fn forget_written(entry: &ConnectionEntry, pending: &mut VecDeque<Outgoing>, mut written: usize) -> usize {
    let (mut finished, mut now) = (0, None);
    while let Some(reply) = pending.front_mut() {
        while let Some(piece) = reply.pieces.front_mut() {
            if written < piece.len() {
                piece.advance(written);
                return finished;
            }
            written -= piece.len();
            reply.pieces.pop_front();
        }
        let done = pending.pop_front();
        if let Some((carried, ready)) = done.and_then(|done| done.carried) {
            end(entry, &carried, ready, *now.get_or_insert_with(Instant::now));
        }
        finished += 1;
    }
    finished
}

/// The reply of a call, `ready` since then, has left.
fn end(entry: &ConnectionEntry, Carried { trace, volume, begun }: &Carried, ready: Instant, now: Instant) {
    trace.count(Stage::Network, now.duration_since(ready));
    entry.tab.end(trace, Origin::Nfs(entry.stats.client()), *volume, now.duration_since(*begun), now);
}
