//! Owns how a file's content is written: chunk by chunk, and what is zero not at all.

use crate::outcome::count;
use backup_repository::{BlobKind, Node, Repository};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::AtomicU64;

/// Where zeros become holes.
const BLOCK_BYTES: usize = 4096;

/// Fills an empty file. What was written before a failure is counted, too.
pub(crate) fn fill(file: &File, node: &Node, repository: &Repository, bytes: &AtomicU64) -> io::Result<()> {
    let mut offset = 0;
    for id in node.content.iter().flatten() {
        let chunk = repository.blob(BlobKind::Data, *id).map_err(io::Error::other)?;
        write_but_zeros(file, &chunk, offset)?;
        offset += chunk.len() as u64;
        count(bytes, chunk.len() as u64);
    }
    if offset != node.size {
        return Err(io::Error::other(format!(
            "its chunks have {offset} bytes, and it should have {}",
            node.size
        )));
    }
    file.set_len(node.size)
}

/// Neighbouring blocks that hold something are written at once.
fn write_but_zeros(file: &File, chunk: &[u8], offset: u64) -> io::Result<()> {
    let is_zero = |block: &[u8]| block.iter().all(|byte| *byte == 0);
    let mut begin = 0;
    for (number, block) in chunk.chunks(BLOCK_BYTES).enumerate() {
        if is_zero(block) {
            let at = number * BLOCK_BYTES;
            write_at(file, &chunk[begin..at], offset + begin as u64)?;
            begin = at + block.len();
        }
    }
    write_at(file, &chunk[begin..], offset + begin as u64)
}

fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    if bytes.is_empty() { Ok(()) } else { file.write_all_at(bytes, offset) }
}
