//! A known client's record on its way in: memory is charged as bytes arrive, and a slow sender holds up nobody.

use crate::memory::{CALL_BYTES_MIN, CallCharge, PACE_CHECK, Pace};
use crate::pool::Payer;
use crate::record::{FRAGMENTS_MAX, Fragment, RecordReader, check_room, too_many_fragments};
use crate::rpc;
use crate::server::Shared;
use bytes::BytesMut;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::time::{Instant, timeout};

/// Most bytes read before the sender's pace is looked at again.
const STEP_BYTES_MAX: usize = 64 << 10;

struct Incoming<'a> {
    shared: &'a Shared,
    payer: Payer,
    record: BytesMut,
    charge: CallCharge,
    pace: Pace,
    /// How long others left no memory for it.
    held_up: Duration,
}

/// Reads a record whose first byte is there, and says how long it waited for memory. `payer` is who sent the one before; a record that grows is charged to
/// whom it names itself.
pub(crate) async fn read_record<R: AsyncRead + Unpin>(
    shared: &Shared,
    payer: Payer,
    reader: &mut RecordReader<R>,
) -> io::Result<(BytesMut, CallCharge, Duration)> {
    let mut begin = pin!(shared.memory.begin(payer));
    let at_once = poll_fn(|context| Poll::Ready(begin.as_mut().poll(context))).await;
    let (charge, held_up) = match at_once {
        Poll::Ready(charge) => (charge, Duration::ZERO),
        Poll::Pending => {
            let since = Instant::now();
            (begin.await, since.elapsed())
        }
    };
    let pace = Pace::new(shared.options.record_timeout);
    let mut incoming = Incoming { shared, payer, record: BytesMut::new(), charge, pace, held_up };
    for _ in 0..FRAGMENTS_MAX {
        let fragment = incoming.paced(reader.fragment()).await?;
        check_room(incoming.record.len(), fragment, shared.options.record_bytes_max)?;
        incoming.take_in(reader, fragment).await?;
        if fragment.last {
            let Incoming { record, mut charge, held_up, .. } = incoming;
            charge.shrink_to(record.len());
            return Ok((record, charge, held_up));
        }
    }
    Err(too_many_fragments())
}

impl Incoming<'_> {
    async fn take_in<R: AsyncRead + Unpin>(
        &mut self,
        reader: &mut RecordReader<R>,
        fragment: Fragment,
    ) -> io::Result<()> {
        let end = self.record.len() + fragment.len;
        while self.record.len() < end {
            if self.charge.bytes() <= self.record.len() {
                self.grow(end, fragment.last).await?;
            }
            let room = self.charge.bytes().min(end) - self.record.len();
            self.record.reserve(room);
            let mut record = std::mem::take(&mut self.record);
            let read = self.paced_after(record.len(), reader.body(&mut record, room.min(STEP_BYTES_MAX)));
            let outcome = read.await;
            self.record = record;
            outcome?;
        }
        Ok(())
    }

    /// Takes memory for as much again as there is, or in turn for all that may still come.
    async fn grow(&mut self, end: usize, is_last: bool) -> io::Result<()> {
        if self.record.len() == CALL_BYTES_MIN {
            let malformed = |_| io::Error::from(io::ErrorKind::InvalidData);
            self.payer.uid = rpc::peek_uid(&self.record).map_err(malformed)?.unwrap_or(self.payer.uid);
        }
        let memory = &self.shared.memory;
        let step = self.record.len().min(end - self.record.len());
        if !memory.grow(&mut self.charge, self.payer, step) {
            let most = if is_last { end } else { self.shared.options.record_bytes_max };
            let since = Instant::now();
            memory.complete(&mut self.charge, self.payer, most - self.record.len()).await;
            self.pace.excuse(since);
            self.held_up += since.elapsed();
        }
        Ok(())
    }

    async fn paced<T>(&self, reading: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        self.paced_after(self.record.len(), reading).await
    }

    /// Reads on as long as the sender, of whom `bytes` have come, is fast enough.
    async fn paced_after<T>(
        &self,
        bytes: usize,
        reading: impl Future<Output = io::Result<T>>,
    ) -> io::Result<T> {
        let mut reading = pin!(reading);
        loop {
            if let Ok(done) = timeout(PACE_CHECK, reading.as_mut()).await {
                return done;
            }
            if self.pace.is_too_slow(bytes, self.shared.memory.is_short_for(self.payer.host)) {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    }
}
