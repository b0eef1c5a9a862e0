//! A connection from an address that no export rule names: it may ask, and is told no.
//!
//! It costs its place at the door and a few KiB, whatever it claims or sends: one call at a time, of whose record the
//! head is kept and the rest read over, with a pause after each; nothing of the memory for known clients' calls,
//! nothing in the cache of replies. Only that it was refused is remembered, in a table with bounds of its own. It is closed when it has nothing to say, or when another stranger wants the
//! place. When a rule comes to name its address, its next call is a known client's.

use crate::connection::Next;
use crate::dispatch;
use crate::record::{RecordReader, mark, read_head};
use crate::rpc::{self, Message, RpcError};
use crate::server::ConnectionEntry;
use crate::xdr::Encoder;
use bytes::Bytes;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::timeout;

/// What is kept of a record: enough for a MNT of the longest path with the largest credential.
const HEAD_BYTES_MAX: usize = 4096;
/// A record must be complete, and a reply taken, this long after it began.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two calls: nobody who asks for a list of exports notices, and a loop of calls costs little.
const PAUSE: Duration = Duration::from_millis(10);

/// Serves a stranger until it ends or becomes known.
pub(crate) async fn run<R, W>(
    entry: &ConnectionEntry,
    reader: &mut RecordReader<R>,
    write: &mut W,
    stop: &mut watch::Receiver<bool>,
) -> Next
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => Next::End,
        () = entry.displaced() => Next::End,
        next = talk(entry, reader, write) => next.unwrap_or(Next::End),
    }
}

/// `None`: it is over.
async fn talk<R, W>(entry: &ConnectionEntry, reader: &mut RecordReader<R>, write: &mut W) -> Option<Next>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (options, totals) = (&entry.shared.options, &entry.shared.volumes.totals);
    loop {
        let Ok(more) = timeout(options.strangers_idle_timeout, reader.wait()).await else {
            totals.connections_idle_closed.add(1);
            return None;
        };
        if !more.unwrap_or(false) {
            return None;
        }
        if entry.is_known() {
            return entry.become_known().then_some(Next::Known);
        }
        let reading = read_head(reader, HEAD_BYTES_MAX, options.record_bytes_max);
        let reply = match timeout(CALL_TIMEOUT, reading).await {
            Ok(Ok(head)) => answer(entry, head.freeze()),
            _ => None,
        };
        let Some(reply) = reply else {
            totals.connections_broken.add(1);
            return None;
        };
        timeout(CALL_TIMEOUT, send(write, reply)).await.ok()?.ok()?;
        tokio::time::sleep(PAUSE).await;
    }
}

fn answer(entry: &ConnectionEntry, head: Bytes) -> Option<Encoder> {
    let totals = &entry.shared.volumes.totals;
    let bytes = head.len() as u64;
    let message = rpc::decode_call(head).ok()?;
    entry.stats.count_call(bytes);
    totals.bytes_in.add(bytes);
    totals.calls.add(1);
    Some(match message {
        Message::Call(call) => dispatch::answer_stranger(&entry.shared, entry.peer, &call),
        Message::OtherVersion { xid } => {
            let mut out = Encoder::new();
            rpc::encode_error(&mut out, xid, RpcError::VersionMismatch { low: 2, high: 2 });
            out
        }
    })
}

async fn send<W: AsyncWrite + Unpin>(write: &mut W, reply: Encoder) -> io::Result<()> {
    let reply = reply.into_bytes();
    write.write_all(&mark(reply.len())).await?;
    write.write_all(&reply).await?;
    write.flush().await
}
