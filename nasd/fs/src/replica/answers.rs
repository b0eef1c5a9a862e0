//! What a replica does for the others: it takes chunks, makes them durable, gives and drops them.

use crate::core::Core;
use crate::message::{Answer, CHUNKS_PER_MESSAGE_MAX};
use crate::replica::stores::PutFailure;
use bytes::Bytes;
use nasd_base::ChunkId;
use nasd_store::EncodedChunk;

impl Core {
    pub(crate) async fn answer_put(&self, chunk: ChunkId, body: Bytes) -> Answer {
        let Ok(encoded) = EncodedChunk::parse(body) else { return Answer::StoreFailed };
        match self.put_here(chunk, encoded).await {
            Ok(()) => Answer::Stored,
            Err(PutFailure::NoSpace) => Answer::NoSpace,
            Err(PutFailure::Failed) => Answer::StoreFailed,
        }
    }

    pub(crate) async fn answer_flush(&self, chunks: &[ChunkId]) -> Answer {
        if chunks.len() > CHUNKS_PER_MESSAGE_MAX {
            return Answer::StoreFailed;
        }
        match self.flush_here(chunks).await {
            Some(missing) => Answer::Flushed { missing },
            None => Answer::StoreFailed,
        }
    }

    pub(crate) async fn answer_get(&self, chunk: ChunkId) -> (Answer, Bytes) {
        match self.store.encoded(self.key(chunk)).await {
            Ok(encoded) => (Answer::Chunk, encoded.bytes().clone()),
            Err(_) => (Answer::NoChunk, Bytes::new()),
        }
    }

    /// What the metadata names stays, whatever the other side says.
    pub(crate) async fn answer_drop(&self, chunks: Vec<ChunkId>) -> Answer {
        let unnamed = |chunk: &ChunkId| matches!(self.meta.chunk(*chunk), Ok(None));
        let chunks: Vec<ChunkId> = chunks.into_iter().take(CHUNKS_PER_MESSAGE_MAX).filter(unnamed).collect();
        self.delete_here(&chunks).await;
        Answer::Done
    }
}
