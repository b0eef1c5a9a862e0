//! Moving small writes out of the metadata into chunks, so that the metadata stays small.

use crate::core::Core;
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use bytes::BytesMut;
use nasd_base::OpId;
use nasd_base::file::Caller;
use nasd_meta::{Backlog, Change, Outcome, Piece, Source};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Inline runs of a file that one chunk takes up.
const RUNS_PER_CHUNK_MAX: usize = 1024;

/// How much of a file is looked through at a time.
const WINDOW_BYTES: u64 = 256 << 20;

impl Core {
    /// Runs as long as the replica does.
    pub(crate) async fn destage_loop(self: Arc<Self>) {
        loop {
            tokio::time::sleep(self.tuning.destage_interval).await;
            let Ok(tenure) = self.tenure() else { continue };
            if let Err(error) = self.destage_round(&tenure).await {
                tracing::debug!(%error, "inline data could not be destaged this time");
            }
        }
    }

    /// Destages files until the backlog is empty, a go at a time.
    async fn destage_round(self: &Arc<Self>, tenure: &Arc<Tenure>) -> Result<(), ExecuteError> {
        loop {
            let backlog = self.meta.inline_backlog(self.tuning.destage_files as u32)?;
            let mut taken = 0;
            let rounds = backlog.iter().map(|file| self.destage_file(tenure, file));
            for outcome in futures::future::join_all(rounds).await {
                taken += outcome?;
            }
            // Files that are being written all the time wait for their turn.
            if taken == 0 || backlog.len() < self.tuning.destage_files {
                return Ok(());
            }
        }
    }

    /// Moves the inline runs of one file, up to a chunk's worth of them at a time. Returns how many moved.
    async fn destage_file(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        file: &Backlog,
    ) -> Result<u32, ExecuteError> {
        let held = tenure.files.open(file.ino);
        let (mut taken, mut at, mut size) = (0, 0, 1);
        while at < size {
            // Writes go on meanwhile: what they change is left alone, as the change's `as_of` has it.
            let Ok((attr, pieces)) = self.meta.pieces(file.ino, at..at + WINDOW_BYTES) else {
                return Ok(taken);
            };
            for group in group_inline(pieces, self.tuning.chunk_bytes as usize) {
                let _turn = held.turn.lock().await;
                taken += self.restage(tenure, file, group).await?;
            }
            (at, size) = (at + WINDOW_BYTES, attr.size);
            // A large file with little inline data takes a while to go through.
            tokio::task::yield_now().await;
        }
        Ok(taken)
    }

    async fn restage(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        file: &Backlog,
        group: Vec<Piece>,
    ) -> Result<u32, ExecuteError> {
        let mut bytes = BytesMut::new();
        for piece in &group {
            if let Source::Inline { data } = &piece.source {
                bytes.extend_from_slice(data);
            }
        }
        let len = bytes.len() as u64;
        let chunk = self.stage(tenure, bytes.freeze(), None);
        self.make_durable(tenure, std::slice::from_ref(&chunk)).await?;
        let Some(fresh) = chunk.fresh() else { return Ok(0) };
        let mut start = 0;
        let pieces = group.iter().map(|piece| {
            let source = Source::Chunk { chunk: fresh.chunk, start };
            start += piece.len as u32;
            Piece { offset: piece.offset, len: piece.len, source }
        });
        let pieces = pieces.collect();
        let change = Change::Restage { ino: file.ino, pieces, fresh: vec![fresh], as_of: file.data_change };
        chunk.offer();
        match tenure.committer.submit(Caller::root(), OpId::NONE, change).await? {
            Outcome::Restaged { taken } => {
                let bytes = if taken as usize == group.len() { len } else { 0 };
                self.stats.destaged_bytes.fetch_add(bytes, Relaxed);
                Ok(taken)
            }
            _ => Ok(0),
        }
    }
}

/// The inline pieces, in groups that each fit a chunk.
fn group_inline(pieces: Vec<Piece>, chunk_bytes: usize) -> Vec<Vec<Piece>> {
    let mut groups: Vec<Vec<Piece>> = Vec::new();
    let mut room = 0;
    for piece in pieces.into_iter().filter(|piece| matches!(piece.source, Source::Inline { .. })) {
        let len = piece.len as usize;
        let full = groups.last().is_none_or(|group| group.len() >= RUNS_PER_CHUNK_MAX);
        if full || len > room {
            groups.push(Vec::new());
            room = chunk_bytes.max(len);
        }
        room -= len;
        if let Some(group) = groups.last_mut() {
            group.push(piece);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn inline_runs_are_grouped_by_what_a_chunk_holds() {
        let piece = |offset, len: usize| Piece {
            offset,
            len: len as u64,
            source: Source::Inline { data: Bytes::from(vec![0; len]) },
        };
        let groups = group_inline(vec![piece(0, 60), piece(60, 30), piece(200, 20), piece(300, 150)], 100);
        let lens: Vec<Vec<u64>> = groups.iter().map(|g| g.iter().map(|p| p.len).collect()).collect();
        assert_eq!(lens, vec![vec![60, 30], vec![20], vec![150]]);
    }
}
