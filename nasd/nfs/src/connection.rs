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

use crate::budget::Charge;
use crate::dispatch::{self, Reply};
use crate::record::{FRAGMENTS_MAX, Fragment, RecordReader, check_room, mark, too_many_fragments};
use crate::rpc::{self, Call, Message, RpcError};
use crate::server::{ConnectionEntry, Shared};
use crate::v3;
use crate::v3::Procedure;
use crate::v3::write::Write;
use crate::xdr::Encoder;
use bytes::{Buf, Bytes, BytesMut};
use nasd_base::eager;
use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};

/// Most pieces in one vectored write (Linux's IOV_MAX is 1024).
const SLICES_MAX: usize = 64;
/// Most replies the writer takes out of the queue at a time.
const REPLIES_AT_ONCE: usize = 16;

/// Why reading ended.
enum End {
    /// The client closed its side. Begun calls are still answered, but for those of [`Work::ends_with_client`].
    Closed,
    /// The server stops: begun calls are still answered.
    Stopping,
    /// Nothing that follows can be trusted.
    Broken,
    Idle,
}

/// A reply on its way out, with what it holds.
struct Outgoing {
    pieces: VecDeque<Bytes>,
    _charge: Charge,
    _slot: OwnedSemaphorePermit,
}

/// Serves one connection until it ends.
pub(crate) async fn run<R, W>(entry: &ConnectionEntry, read: R, write: W, stop: watch::Receiver<bool>)
where
    R: AsyncRead,
    W: AsyncWrite,
{
    let (read, mut write) = (pin!(read), pin!(write));
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
    };
    let disconnect = Arc::clone(&intake.disconnect);
    let totals = &entry.shared.volumes.totals;
    let reading = async {
        match intake.read_calls(RecordReader::new(read), stop).await {
            End::Closed => {
                gone.send_replace(true);
                drop(intake);
            }
            End::Stopping => drop(intake),
            End::Broken => {
                totals.connections_broken.add(1);
                return;
            }
            End::Idle => {
                totals.connections_idle_closed.add(1);
                return;
            }
        }
        std::future::pending().await
    };
    let writing = write_replies(entry, &mut write, replies);
    tokio::select! {
        biased;
        () = disconnect.notified() => {}
        result = writing => {
            if result.is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
                totals.connections_stalled.add(1);
            }
        }
        () = reading => {}
    }
    let _ = timeout(entry.shared.options.drain_timeout, write.shutdown()).await;
}

/// The reading half of a connection.
struct Intake<'a> {
    entry: &'a ConnectionEntry,
    slots: Arc<Semaphore>,
    queue: mpsc::Sender<Outgoing>,
    disconnect: Arc<Notify>,
    /// Becomes true when the client has closed its side, and ends with the connection.
    client_gone: watch::Receiver<bool>,
}

impl Intake<'_> {
    async fn read_calls<R: AsyncRead + Unpin>(
        &self,
        mut reader: RecordReader<R>,
        mut stop: watch::Receiver<bool>,
    ) -> End {
        loop {
            let slot = Arc::clone(&self.slots).acquire_owned().await.expect("slots are never closed");
            let waiting = self.wait_for_record(&mut reader);
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
            let Ok((record, charge)) = self.read_record(&mut reader).await else { return End::Broken };
            let Some(work) = self.admit(record, charge, slot).await else { return End::Broken };
            self.start(work.run());
        }
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
        loop {
            match timeout(options.idle_timeout, reader.wait()).await {
                Ok(more) => return more.map_err(|_| End::Closed),
                Err(_) if self.slots.available_permits() + 1 < options.calls_per_connection_max => {}
                Err(_) => return Err(End::Idle),
            }
        }
    }

    /// Reads a record whose first byte is there.
    async fn read_record<R: AsyncRead + Unpin>(
        &self,
        reader: &mut RecordReader<R>,
    ) -> io::Result<(BytesMut, Charge)> {
        let options = &self.entry.shared.options;
        let mut record = BytesMut::new();
        let mut fragment = timeout(options.record_timeout, reader.fragment()).await??;
        check_room(&record, fragment, options.record_bytes_max)?;
        let mut charge = self.charge_for(fragment).await;
        // Time spent waiting for memory is ours, not the client's.
        let deadline = Instant::now() + options.record_timeout;
        for _ in 0..FRAGMENTS_MAX {
            timeout_at(deadline, reader.body(&mut record, fragment.len)).await??;
            if fragment.last {
                charge.shrink_to(record.len());
                return Ok((record, charge));
            }
            fragment = timeout_at(deadline, reader.fragment()).await??;
            check_room(&record, fragment, options.record_bytes_max)?;
        }
        Err(too_many_fragments())
    }

    /// Takes memory for a whole record at its first fragment: waiting for more with some in hand could wait
    /// for ever.
    async fn charge_for(&self, first: Fragment) -> Charge {
        let bytes = if first.last { first.len } else { self.entry.shared.options.record_bytes_max };
        self.entry.budget.take(bytes).await
    }

    /// Makes sense of a record and takes memory for its reply.
    async fn admit(&self, record: BytesMut, mut charge: Charge, slot: OwnedSemaphorePermit) -> Option<Work> {
        let (entry, bytes) = (self.entry, record.len() as u64);
        let totals = &entry.shared.volumes.totals;
        entry.stats.bytes_in.add(bytes);
        totals.bytes_in.add(bytes);
        let message = rpc::decode_call(record.freeze()).ok()?;
        entry.stats.calls.add(1);
        totals.calls.add(1);
        if let Message::Call(call) = &message {
            let reply_bytes = match call.program {
                v3::PROGRAM => v3::reply_bytes_max(call.procedure, &call.args),
                _ => crate::mount::reply_bytes_max(call.procedure),
            };
            if reply_bytes > 0 {
                charge.merge(entry.budget.take(reply_bytes).await);
            }
        }
        Some(Work {
            shared: Arc::clone(&entry.shared),
            peer: entry.peer,
            connection: entry.id,
            message,
            charge,
            slot,
            queue: self.queue.clone(),
            disconnect: Arc::clone(&self.disconnect),
            client_gone: self.client_gone.clone(),
        })
    }
}

/// A call and all it needs to be carried out and answered.
struct Work {
    shared: Arc<Shared>,
    peer: SocketAddr,
    connection: u64,
    message: Message,
    charge: Charge,
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
                let answer = answer_or_apologise(&self.shared, self.peer, self.connection, call);
                tokio::select! {
                    biased;
                    reply = answer => reply,
                    _ = self.client_gone.wait_for(|gone| *gone), if ends => Reply::Silence,
                }
            }
            Message::OtherVersion { xid } => {
                let mut out = Encoder::new();
                rpc::encode_error(&mut out, xid, RpcError::VersionMismatch { low: 2, high: 2 });
                Reply::Send(out)
            }
        };
        match reply {
            Reply::Send(reply) => {
                self.charge.shrink_to(reply.len());
                let mut pieces = VecDeque::from(reply.into_pieces());
                let len = pieces.iter().map(Bytes::len).sum();
                pieces.push_front(Bytes::copy_from_slice(&mark(len)));
                // Fails when the connection is gone; then nobody waits for the reply.
                let _ = self.queue.try_send(Outgoing { pieces, _charge: self.charge, _slot: self.slot });
            }
            Reply::Silence => {}
            Reply::Disconnect => self.disconnect.notify_one(),
        }
    }
}

/// A panic in a handler costs its own call only.
async fn answer_or_apologise(shared: &Arc<Shared>, peer: SocketAddr, connection: u64, call: Call) -> Reply {
    let (xid, program, procedure) = (call.xid, call.program, call.procedure);
    let mut answering = pin!(dispatch::answer(shared, peer, connection, call));
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
            tracing::error!("a bug stopped an NFS call (program {program}, procedure {procedure}, {peer})");
            let mut out = Encoder::new();
            rpc::encode_error(&mut out, xid, RpcError::SystemError);
            Reply::Send(out)
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
    let deadline = Instant::now() + entry.shared.options.reply_timeout;
    loop {
        while pending.len() < REPLIES_AT_ONCE
            && let Ok(reply) = replies.try_recv()
        {
            pending.push_back(reply);
        }
        let written = timeout_at(deadline, write_some(write, pending)).await??;
        entry.stats.bytes_out.add(written as u64);
        entry.shared.volumes.totals.bytes_out.add(written as u64);
        if forget_written(pending, written) > 0 {
            return Ok(());
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
fn forget_written(pending: &mut VecDeque<Outgoing>, mut written: usize) -> usize {
    let mut finished = 0;
    while let Some(reply) = pending.front_mut() {
        while let Some(piece) = reply.pieces.front_mut() {
            if written < piece.len() {
                piece.advance(written);
                return finished;
            }
            written -= piece.len();
            reply.pieces.pop_front();
        }
        pending.pop_front();
        finished += 1;
    }
    finished
}
