//! A disk in memory that behaves as badly as disks do, from one seed.
//!
//! Time passes in tokio's clock, so that a simulated crash can fall into any write. What was not flushed is
//! lost, kept or torn by chance at [`SimDisk::crash`]; nothing else is random. tokio's timers have a
//! resolution of 1 ms, so latencies below that count as 1 ms.

mod pages;
mod state;

use crate::name::{check, poisoned};
use crate::shortage::{explain, flush_failed};
use crate::{Disk, DiskFile, OpenMode, Shortage, Space};
use bytes::{Bytes, BytesMut};
use nasd_base::Entropy;
use nasd_base::net::BoxFuture;
use parking_lot::{Mutex, MutexGuard};
use state::{FileNumber, SimChange, SimFileState, State};
use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The manners of a simulated disk.
#[derive(Clone, Debug)]
pub struct SimDiskOptions {
    /// When files hold so much, holes included, writes that would grow one fail with `StorageFull`.
    pub capacity_bytes: u64,
    /// How long a read takes. Zero: it does not wait at all.
    pub read_latency: RangeInclusive<Duration>,
    /// How long a write into memory takes.
    pub write_latency: RangeInclusive<Duration>,
    /// How long a flush or a durable write takes.
    pub sync_latency: RangeInclusive<Duration>,
}

impl Default for SimDiskOptions {
    fn default() -> Self {
        SimDiskOptions {
            capacity_bytes: 1 << 40,
            read_latency: Duration::ZERO..=Duration::ZERO,
            write_latency: Duration::ZERO..=Duration::ZERO,
            sync_latency: Duration::from_millis(1)..=Duration::from_millis(3),
        }
    }
}

impl SimDiskOptions {
    /// A disk on which nothing takes time: for tests without a paused clock.
    pub fn instant() -> SimDiskOptions {
        SimDiskOptions { sync_latency: Duration::ZERO..=Duration::ZERO, ..SimDiskOptions::default() }
    }
}

/// One simulated disk. Clones are the same disk.
///
/// The harness keeps one and gives each life of a node a clone: what was cloned before a
/// [`crash`](SimDisk::crash) fails afterwards, like the open files of a process that is gone. The handle on
/// which `crash` was called goes on.
pub struct SimDisk {
    shared: Arc<Shared>,
    generation: AtomicU64,
}

struct Shared {
    options: SimDiskOptions,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
enum Work {
    Read,
    Write,
    Sync,
}

impl Shared {
    /// Lets the time pass that an operation takes.
    async fn work(&self, work: Work) {
        let range = match work {
            Work::Read => &self.options.read_latency,
            Work::Write => &self.options.write_latency,
            Work::Sync => &self.options.sync_latency,
        };
        let (least, most) = (range.start().as_nanos() as u64, range.end().as_nanos() as u64);
        let nanos = if most == 0 {
            0
        } else {
            let state = self.state.lock();
            let drawn = least + state.entropy.next_u64() % (most.saturating_sub(least) + 1);
            drawn.saturating_mul(u64::from(state.slowness))
        };
        if nanos > 0 {
            tokio::time::sleep(Duration::from_nanos(nanos)).await;
        }
    }

    /// The state, if no crash has come since `generation`.
    fn alive(&self, generation: u64) -> io::Result<MutexGuard<'_, State>> {
        let state = self.state.lock();
        if state.generation == generation {
            return Ok(state);
        }
        Err(io::Error::other(
            "the process of this handle to the simulated disk is dead; use a new clone of it",
        ))
    }
}

impl SimDisk {
    /// An empty disk. The same seed and calls give the same bytes.
    pub fn new(seed: u64, options: SimDiskOptions) -> SimDisk {
        let state = Mutex::new(State::new(seed, options.capacity_bytes));
        SimDisk { shared: Arc::new(Shared { options, state }), generation: AtomicU64::new(0) }
    }

    /// Cuts the power. Everything flushed stays. Each write that was not flushed is kept, dropped, or torn
    /// between 512-byte sectors; each creation, removal and rename that was not flushed happens or not
    /// (those of one name in order). Open files and earlier clones fail from now on.
    pub fn crash(&self) {
        let mut state = self.shared.state.lock();
        state.crash();
        self.generation.store(state.generation, Ordering::Release);
    }

    /// Ends the process, not the machine: open files and earlier clones fail as after a crash, but what was
    /// written and not flushed can be read, until a crash decides about it.
    pub fn kill(&self) {
        let mut state = self.shared.state.lock();
        state.kill();
        self.generation.store(state.generation, Ordering::Release);
    }

    /// Changes the size of the disk; what is on it stays.
    pub fn set_capacity(&self, bytes: u64) {
        self.shared.state.lock().capacity_bytes = bytes;
    }

    /// The next flush or durable write, of whatever file, fails with EIO. What it should have flushed is
    /// gone (of a durable write, any part may have arrived), and the file refuses writes until a crash.
    pub fn fail_next_sync(&self) {
        self.shared.state.lock().fail_next_sync = true;
    }

    /// From now on there is too little of something, until it is called with `None`: without descriptors no file
    /// and no directory can be opened, without memory nothing can be opened, read or written, without space nothing
    /// can be made or grow.
    pub fn lack(&self, lacks: Option<Shortage>) {
        self.shared.state.lock().lacks = lacks;
    }

    /// Multiplies all latencies: 1 is normal.
    pub fn set_slowness(&self, factor: u32) {
        self.shared.state.lock().slowness = factor;
    }

    /// Flips one bit of the byte at `offset`, on the disk and in memory.
    ///
    /// # Errors
    /// `NotFound` without such a file, `UnexpectedEof` beyond its end.
    pub fn corrupt(&self, name: &str, offset: u64) -> io::Result<()> {
        let mut state = self.shared.state.lock();
        let number = *state.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        if state.corrupt(number, offset) { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn alive(&self) -> io::Result<MutexGuard<'_, State>> {
        self.shared.alive(self.generation.load(Ordering::Acquire))
    }
}

impl Clone for SimDisk {
    /// The same disk, alive even if this handle is from before a crash.
    fn clone(&self) -> Self {
        let generation = self.shared.state.lock().generation;
        SimDisk { shared: self.shared.clone(), generation: AtomicU64::new(generation) }
    }
}

fn not_found(name: &str) -> io::Error {
    explain(name, "cannot find", io::Error::from(io::ErrorKind::NotFound))
}

/// Refuses what cannot be done for want of one of these.
fn check_enough(state: &State, name: &str, doing: &str, needs: &[Shortage]) -> io::Result<()> {
    let Some(lacks) = state.lacks.filter(|lacks| needs.contains(lacks)) else { return Ok(()) };
    Err(explain(
        name,
        doing,
        match lacks {
            Shortage::Descriptors => rustix::io::Errno::MFILE,
            Shortage::Memory => rustix::io::Errno::NOMEM,
            Shortage::Space => rustix::io::Errno::NOSPC,
        },
    ))
}

fn disk_error() -> io::Error {
    io::Error::other("Input/output error (simulated EIO)")
}

impl Disk for SimDisk {
    fn open<'a>(&'a self, name: &'a str, mode: OpenMode) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>> {
        Box::pin(async move {
            check(name)?;
            self.shared.work(Work::Write).await;
            let mut state = self.alive()?;
            let needs: &[Shortage] = match mode {
                OpenMode::Existing => &[Shortage::Descriptors, Shortage::Memory],
                OpenMode::New => &[Shortage::Descriptors, Shortage::Memory, Shortage::Space],
            };
            check_enough(&state, name, "cannot open", needs)?;
            let number = match (mode, state.names.get(name).copied()) {
                (OpenMode::Existing, Some(number)) => number,
                (OpenMode::Existing, None) => return Err(not_found(name)),
                (OpenMode::New, None) => state.create(name),
                (OpenMode::New, Some(_)) => {
                    return Err(explain(
                        name,
                        "cannot create",
                        io::Error::from(io::ErrorKind::AlreadyExists),
                    ));
                }
            };
            state.files.get_mut(&number).ok_or_else(|| not_found(name))?.handles += 1;
            let (shared, generation) = (self.shared.clone(), state.generation);
            Ok(Arc::new(SimFile { shared, generation, number, name: name.to_owned() }) as Arc<dyn DiskFile>)
        })
    }

    fn list(&self) -> BoxFuture<'_, io::Result<Vec<String>>> {
        Box::pin(async move {
            self.shared.work(Work::Read).await;
            let state = self.alive()?;
            let needs = [Shortage::Descriptors, Shortage::Memory];
            check_enough(&state, "the directory", "cannot list", &needs)?;
            Ok(state.names.keys().cloned().collect())
        })
    }

    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            check(name)?;
            self.shared.work(Work::Write).await;
            let mut state = self.alive()?;
            if !state.names.contains_key(name) {
                return Err(not_found(name));
            }
            state.remove(name);
            Ok(())
        })
    }

    fn rename<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            check(from)?;
            check(to)?;
            self.shared.work(Work::Write).await;
            let mut state = self.alive()?;
            if !state.names.contains_key(from) {
                return Err(not_found(from));
            }
            if from != to {
                state.rename(from, to);
            }
            Ok(())
        })
    }

    fn sync_names(&self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            let until = self.alive()?.now();
            self.shared.work(Work::Sync).await;
            self.alive()?.flush_names(until);
            Ok(())
        })
    }

    fn space(&self) -> BoxFuture<'_, io::Result<Space>> {
        Box::pin(async move {
            let state = self.alive()?;
            let free_bytes = state.capacity_bytes.saturating_sub(state.used_bytes());
            Ok(Space { total_bytes: state.capacity_bytes, free_bytes })
        })
    }
}

struct SimFile {
    shared: Arc<Shared>,
    generation: u64,
    number: FileNumber,
    name: String,
}

impl SimFile {
    /// The state and what `look` finds in the file.
    fn with<T>(&self, look: impl FnOnce(&SimFileState) -> T) -> io::Result<(MutexGuard<'_, State>, T)> {
        let state = self.shared.alive(self.generation)?;
        let found = look(state.files.get(&self.number).ok_or_else(|| not_found(&self.name))?);
        Ok((state, found))
    }

    /// Makes a change visible, not durable, if the file may be written and the disk has room for it.
    fn change(&self, change: SimChange) -> io::Result<u64> {
        let (mut state, (poison, len)) = self.with(|file| (file.poisoned, file.current.len()))?;
        if poison {
            return Err(poisoned(&self.name));
        }
        check_enough(&state, &self.name, "cannot write", &[Shortage::Memory])?;
        let new_len = match &change {
            SimChange::Write { offset, data } => len.max(offset + data.len() as u64),
            SimChange::Length(bytes) => *bytes,
        };
        if new_len > len {
            check_enough(&state, &self.name, "cannot write", &[Shortage::Space])?;
        }
        if !state.fits(self.number, new_len) {
            return Err(explain(&self.name, "cannot write", io::Error::from(io::ErrorKind::StorageFull)));
        }
        Ok(state.change(self.number, change))
    }

    /// Ends a flush: by `flush`, or by the failure that was ordered.
    fn finish_sync(&self, write: Option<u64>, flush: impl FnOnce(&mut State)) -> io::Result<()> {
        let (mut state, poison) = self.with(|file| file.poisoned)?;
        if poison {
            return Err(poisoned(&self.name));
        }
        if std::mem::take(&mut state.fail_next_sync) {
            state.fail_file(self.number, write);
            return Err(flush_failed(&self.name, "cannot flush", disk_error()));
        }
        flush(&mut state);
        Ok(())
    }

    async fn change_durably(&self, change: SimChange) -> io::Result<()> {
        let at = self.change(change)?;
        self.shared.work(Work::Sync).await;
        self.finish_sync(Some(at), |state| state.flush_change(self.number, at))
    }
}

fn joined(pieces: Vec<Bytes>) -> Bytes {
    let mut all = BytesMut::with_capacity(pieces.iter().map(Bytes::len).sum());
    pieces.iter().for_each(|piece| all.extend_from_slice(piece));
    all.freeze()
}

impl DiskFile for SimFile {
    fn read_at(&self, offset: u64, len: usize) -> BoxFuture<'_, io::Result<Bytes>> {
        Box::pin(async move {
            self.shared.work(Work::Read).await;
            let (state, bytes) = self.with(|file| file.current.read(offset, len))?;
            check_enough(&state, &self.name, "cannot read", &[Shortage::Memory])?;
            Ok(bytes.into())
        })
    }

    fn write_at(&self, offset: u64, pieces: Vec<Bytes>) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            self.change(SimChange::Write { offset, data: joined(pieces) })?;
            self.shared.work(Work::Write).await;
            self.shared.alive(self.generation).map(drop)
        })
    }

    fn write_durably_at(&self, offset: u64, pieces: Vec<Bytes>) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(self.change_durably(SimChange::Write { offset, data: joined(pieces) }))
    }

    fn sync(&self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            let until = self.with(|_| ())?.0.now();
            self.shared.work(Work::Sync).await;
            self.finish_sync(None, |state| state.flush_file(self.number, until))
        })
    }

    fn len(&self) -> BoxFuture<'_, io::Result<u64>> {
        Box::pin(async move { Ok(self.with(|file| file.current.len())?.1) })
    }

    fn allocate(&self, bytes: u64) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            if self.len().await? >= bytes {
                return Ok(());
            }
            self.change_durably(SimChange::Length(bytes)).await
        })
    }

    fn set_len(&self, bytes: u64) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            self.change(SimChange::Length(bytes))?;
            self.shared.work(Work::Write).await;
            self.shared.alive(self.generation).map(drop)
        })
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        let Ok(mut state) = self.shared.alive(self.generation) else { return };
        if let Some(file) = state.files.get_mut(&self.number) {
            file.handles = file.handles.saturating_sub(1);
            if file.handles == 0 {
                state.drop_unreachable();
            }
        }
    }
}
