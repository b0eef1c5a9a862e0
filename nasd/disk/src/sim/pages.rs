//! The bytes of a simulated file: pages that hold something, zeroes elsewhere.

use crate::BLOCK_BYTES;
use std::collections::BTreeMap;
use std::sync::Arc;

const PAGE: u64 = BLOCK_BYTES as u64;
type Page = [u8; BLOCK_BYTES];

/// A sparse array of bytes. Copies share their pages until one of them writes.
#[derive(Clone, Default)]
pub(super) struct Pages {
    len: u64,
    pages: BTreeMap<u64, Arc<Page>>,
}

impl Pages {
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Up to `len` bytes at `offset`; shorter only at the end.
    pub(super) fn read(&self, offset: u64, len: usize) -> Vec<u8> {
        let len = (self.len.saturating_sub(offset)).min(len as u64) as usize;
        let mut bytes = vec![0; len];
        let mut done = 0;
        while done < len {
            let (page, within, count) = span(offset + done as u64, len - done);
            if let Some(page) = self.pages.get(&page) {
                bytes[done..done + count].copy_from_slice(&page[within..within + count]);
            }
            done += count;
        }
        bytes
    }

    /// Extends the array when `data` ends beyond it.
    pub(super) fn write(&mut self, offset: u64, data: &[u8]) {
        let mut done = 0;
        while done < data.len() {
            let (page, within, count) = span(offset + done as u64, data.len() - done);
            let part = &data[done..done + count];
            if count == BLOCK_BYTES && part.iter().all(|byte| *byte == 0) {
                self.pages.remove(&page);
            } else {
                let page = self.pages.entry(page).or_insert_with(|| Arc::new([0; BLOCK_BYTES]));
                Arc::make_mut(page)[within..within + count].copy_from_slice(part);
            }
            done += count;
        }
        if !data.is_empty() {
            self.len = self.len.max(offset + data.len() as u64);
        }
    }

    pub(super) fn set_len(&mut self, len: u64) {
        if len < self.len {
            self.pages.split_off(&len.div_ceil(PAGE));
            if let Some(page) = self.pages.get_mut(&(len / PAGE)) {
                Arc::make_mut(page)[(len % PAGE) as usize..].fill(0);
            }
        }
        self.len = len;
    }

    /// Inverts the bits of `mask` in one byte, which must exist.
    pub(super) fn flip(&mut self, offset: u64, mask: u8) {
        let page = self.pages.entry(offset / PAGE).or_insert_with(|| Arc::new([0; BLOCK_BYTES]));
        Arc::make_mut(page)[(offset % PAGE) as usize] ^= mask;
    }
}

/// The page of `offset`, the place in it, and how much of `len` lies in it.
fn span(offset: u64, len: usize) -> (u64, usize, usize) {
    let within = (offset % PAGE) as usize;
    (offset / PAGE, within, len.min(BLOCK_BYTES - within))
}
