//! The client's connection: calls waiting for replies, and the streams they travel over.

use crate::{ClientError, ClientResult};
use bytes::Bytes;
use nasd_base::net::{BoxFuture, Stream};
use nasd_nfs::record::{RecordReader, mark, read_record};
use nasd_nfs::rpc::{self, RpcCredential};
use nasd_nfs::xdr::Encoder;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

/// Largest reply that is taken, in bytes.
const REPLY_BYTES_MAX: usize = 4 << 20;
/// Pauses between attempts to connect.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Makes connections to a server. It may go to another address every time, as a moved service does.
pub trait Connector: Send + Sync + 'static {
    fn connect(&self) -> BoxFuture<'_, io::Result<Box<dyn Stream>>>;
}

impl<C: Connector + ?Sized> Connector for Arc<C> {
    fn connect(&self) -> BoxFuture<'_, io::Result<Box<dyn Stream>>> {
        (**self).connect()
    }
}

/// The pieces of an encoded record.
type Message = Vec<Bytes>;

struct Pending {
    message: Message,
    reply: oneshot::Sender<ClientResult<Bytes>>,
}

struct State {
    next_xid: u32,
    /// By the order in which they were made; keyed by xid.
    pending: BTreeMap<u64, (u32, Pending)>,
    order: BTreeMap<u32, u64>,
    calls_made: u64,
    /// To the stream that is connected now.
    outgoing: Option<mpsc::UnboundedSender<Message>>,
    closed: bool,
}

pub(super) struct ServerLink {
    state: Mutex<State>,
    patience: Option<Duration>,
    give_up: Notify,
}

/// Ends the link's task with the last client.
pub(super) struct Handle {
    link: Arc<ServerLink>,
    task: JoinHandle<()>,
}

impl Handle {
    pub(super) fn new(link: Arc<ServerLink>, task: JoinHandle<()>) -> Handle {
        Handle { link, task }
    }

    pub(super) fn link(&self) -> &Arc<ServerLink> {
        &self.link
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl ServerLink {
    pub(super) fn new(first_xid: u32, patience: Option<Duration>) -> ServerLink {
        let state = State {
            next_xid: first_xid,
            pending: BTreeMap::new(),
            order: BTreeMap::new(),
            calls_made: 0,
            outgoing: None,
            closed: false,
        };
        ServerLink { state: Mutex::new(state), patience, give_up: Notify::new() }
    }

    /// One call and its reply.
    pub(super) async fn call(
        &self,
        target: (u32, u32, u32),
        credential: &RpcCredential,
        args: Encoder,
    ) -> ClientResult<Bytes> {
        let (reply, mut answered) = oneshot::channel();
        let xid = self.state.lock().submit(target, credential, args, reply)?;
        let _forget = Forget { link: self, xid };
        let Some(patience) = self.patience else {
            return answered.await.unwrap_or(Err(ClientError::Disconnected));
        };
        loop {
            match tokio::time::timeout(patience, &mut answered).await {
                Ok(result) => return result.unwrap_or(Err(ClientError::Disconnected)),
                Err(_) => self.give_up.notify_one(),
            }
        }
    }

    /// Serves one stream, then fails what is unanswered.
    pub(super) async fn run_once<S: AsyncRead + AsyncWrite + Send>(self: Arc<Self>, stream: S) {
        self.run(stream).await;
        let mut state = self.state.lock();
        state.closed = true;
        state.order.clear();
        for (_, (_, pending)) in std::mem::take(&mut state.pending) {
            let _ = pending.reply.send(Err(ClientError::Disconnected));
        }
    }

    /// Serves one stream after another.
    pub(super) async fn run_always(self: Arc<Self>, connector: impl Connector) {
        let mut pause = PAUSE_MIN;
        loop {
            let attempt = tokio::time::timeout(PAUSE_MAX, connector.connect()).await;
            if let Ok(Ok(stream)) = attempt
                && self.run(stream).await
            {
                pause = PAUSE_MIN;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Sends all that is unanswered and what comes later, until the stream ends. True if replies came.
    async fn run<S: AsyncRead + AsyncWrite + Send>(&self, stream: S) -> bool {
        let (read, write) = tokio::io::split(stream);
        let (outgoing, messages) = mpsc::unbounded_channel();
        self.state.lock().attach(outgoing);
        let mut useful = false;
        tokio::select! {
            biased;
            () = self.give_up.notified() => {}
            () = self.read_replies(read, &mut useful) => {}
            _ = write_messages(write, messages) => {}
        }
        self.state.lock().outgoing = None;
        useful
    }

    async fn read_replies<R: AsyncRead + Unpin>(&self, read: R, useful: &mut bool) {
        let mut reader = RecordReader::new(read);
        while let Ok(Some(record)) = read_record(&mut reader, REPLY_BYTES_MAX).await {
            let Ok((xid, results)) = rpc::decode_reply(record.freeze()) else { return };
            *useful = true;
            // A reply that nobody waits for is the second to a call that was repeated.
            if let Some(pending) = self.state.lock().take(xid) {
                let _ = pending.reply.send(results.map_err(ClientError::from));
            }
        }
    }
}

impl State {
    fn submit(
        &mut self,
        target: (u32, u32, u32),
        credential: &RpcCredential,
        args: Encoder,
        reply: oneshot::Sender<ClientResult<Bytes>>,
    ) -> ClientResult<u32> {
        if self.closed {
            return Err(ClientError::Disconnected);
        }
        let xid = self.next_xid;
        self.next_xid = self.next_xid.wrapping_add(1);
        let message = encode(xid, target, credential, args);
        if let Some(outgoing) = &self.outgoing {
            let _ = outgoing.send(message.clone());
        }
        self.calls_made += 1;
        self.order.insert(xid, self.calls_made);
        self.pending.insert(self.calls_made, (xid, Pending { message, reply }));
        Ok(xid)
    }

    /// Repeats what is unanswered on a new stream, oldest first.
    fn attach(&mut self, outgoing: mpsc::UnboundedSender<Message>) {
        for (_, pending) in self.pending.values() {
            let _ = outgoing.send(pending.message.clone());
        }
        self.outgoing = Some(outgoing);
    }

    fn take(&mut self, xid: u32) -> Option<Pending> {
        let order = self.order.remove(&xid)?;
        self.pending.remove(&order).map(|(_, pending)| pending)
    }
}

/// A call that is dropped is not repeated any more.
struct Forget<'a> {
    link: &'a ServerLink,
    xid: u32,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.link.state.lock().take(self.xid);
    }
}

fn encode(xid: u32, target: (u32, u32, u32), credential: &RpcCredential, args: Encoder) -> Message {
    let mut out = Encoder::new();
    rpc::encode_call(&mut out, xid, target, credential);
    out.append(args);
    let mut message = vec![Bytes::copy_from_slice(&mark(out.len()))];
    message.extend(out.into_pieces());
    message
}

async fn write_messages<W: AsyncWrite + Unpin>(
    mut write: W,
    mut messages: mpsc::UnboundedReceiver<Message>,
) -> io::Result<()> {
    while let Some(message) = messages.recv().await {
        for piece in message {
            write.write_all(&piece).await?;
        }
        if messages.is_empty() {
            write.flush().await?;
        }
    }
    Ok(())
}
