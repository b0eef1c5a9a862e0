//! Owns the bytes of a file, holes included.

use std::collections::BTreeMap;
use std::sync::Arc;

const BLOCK: u64 = 4096;

/// Sparse file content; cheap to clone.
#[derive(Clone, Default)]
pub struct Content {
    pub size: u64,
    blocks: BTreeMap<u64, Arc<[u8; BLOCK as usize]>>,
}

impl Content {
    pub fn allocated(&self) -> u64 {
        self.blocks.len() as u64 * BLOCK
    }

    pub fn read(&self, offset: u64, len: u64) -> Vec<u8> {
        let end = self.size.min(offset.saturating_add(len));
        let mut data = vec![0; end.saturating_sub(offset) as usize];
        self.each(offset, data.len(), |this, block, within, at, count| {
            if let Some(bytes) = this.blocks.get(&block) {
                data[at..at + count].copy_from_slice(&bytes[within..within + count]);
            }
        });
        data
    }

    /// The first byte at or after `offset` in a block that is there, or in one that is not.
    pub fn seek(&self, offset: u64, hole: bool) -> Option<u64> {
        let mut blocks = offset / BLOCK..self.size.div_ceil(BLOCK);
        let found = blocks.find(|block| self.blocks.contains_key(block) != hole);
        let at = found.map(|block| offset.max(block * BLOCK));
        let end = hole.then_some(self.size).filter(|end| *end > offset);
        at.filter(|at| *at < self.size).or(end)
    }

    pub fn write(&mut self, offset: u64, data: &[u8]) {
        let blocks = self.pieces(offset, data.len());
        for (block, within, at, count) in blocks {
            let bytes = self.blocks.entry(block).or_insert_with(|| Arc::new([0; BLOCK as usize]));
            Arc::make_mut(bytes)[within..within + count].copy_from_slice(&data[at..at + count]);
        }
        if !data.is_empty() {
            self.size = self.size.max(offset + data.len() as u64);
        }
    }

    pub fn truncate(&mut self, size: u64) {
        if size < self.size {
            self.punch(size, self.size - size);
        }
        self.size = size;
    }

    pub fn punch(&mut self, offset: u64, len: u64) {
        let end = offset.saturating_add(len).min(self.size.next_multiple_of(BLOCK));
        if offset >= end {
            return;
        }
        let inside: Vec<u64> =
            self.blocks.range(offset / BLOCK..end.div_ceil(BLOCK)).map(|(block, _)| *block).collect();
        for block in inside {
            let start = block * BLOCK;
            let (from, to) = (offset.max(start) - start, end.min(start + BLOCK) - start);
            if to - from == BLOCK {
                self.blocks.remove(&block);
            } else if let Some(bytes) = self.blocks.get_mut(&block) {
                Arc::make_mut(bytes)[from as usize..to as usize].fill(0);
            }
        }
    }

    /// `(block, offset in it, offset in the data, bytes)` for each block touched.
    fn pieces(&self, offset: u64, len: usize) -> Vec<(u64, usize, usize, usize)> {
        let mut pieces = Vec::new();
        let mut at = 0;
        while at < len {
            let place = offset + at as u64;
            let within = (place % BLOCK) as usize;
            let count = (BLOCK as usize - within).min(len - at);
            pieces.push((place / BLOCK, within, at, count));
            at += count;
        }
        pieces
    }

    fn each(&self, offset: u64, len: usize, mut visit: impl FnMut(&Self, u64, usize, usize, usize)) {
        for (block, within, at, count) in self.pieces(offset, len) {
            visit(self, block, within, at, count);
        }
    }
}
