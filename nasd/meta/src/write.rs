//! `Write`: naming new data of a file.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::inode::{Inode, Layout};
use crate::{FreshChunk, Outcome, Piece, Source, perm, small};
use nasd_base::file::{Attr, FILE_BYTES_MAX, FileKind};
use nasd_base::{Errno, Ino, Timestamp};

/// Refuses what has no data to change: `IsDir` or `Inval`.
pub(crate) fn must_hold_data(attr: &Attr) -> Result<(), Errno> {
    match attr.kind {
        FileKind::File => Ok(()),
        FileKind::Directory => Err(Errno::IsDir),
        _ => Err(Errno::Inval),
    }
}

/// Refuses pieces that are none; returns where the last byte of all ends.
pub(crate) fn check_pieces(pieces: &[Piece]) -> Result<u64, Errno> {
    let mut last_end = 0;
    for piece in pieces {
        let end = piece.offset.checked_add(piece.len).filter(|end| *end <= FILE_BYTES_MAX);
        last_end = end.ok_or(Errno::FileTooBig)?.max(last_end);
        let whole = match &piece.source {
            Source::Inline { data } => data.len() as u64 == piece.len,
            Source::Chunk { .. } => true,
        };
        if piece.len == 0 || !whole {
            return Err(Errno::Inval);
        }
    }
    Ok(last_end)
}

impl Apply<'_> {
    pub fn write(
        &mut self,
        ino: Ino,
        pieces: &[Piece],
        fresh: &[FreshChunk],
        modified: Timestamp,
    ) -> Result<Outcome, MetaError> {
        let result = self.write_or_refuse(ino, pieces, fresh, modified);
        if let Err(MetaError::Refused(_)) = result {
            self.give_up(fresh)?;
        }
        result
    }

    fn write_or_refuse(
        &mut self,
        ino: Ino,
        pieces: &[Piece],
        fresh: &[FreshChunk],
        modified: Timestamp,
    ) -> Result<Outcome, MetaError> {
        let before = self.inode(ino)?;
        must_hold_data(&before.attr)?;
        let end = check_pieces(pieces)?;
        let ledger = self.open_ledger(fresh)?;
        for piece in pieces {
            if self.chunk_holds(&ledger, piece)? != Some(true) {
                return Err(Errno::Inval.into());
            }
        }
        let mut inode = before;
        inode.attr.size = before.attr.size.max(end);
        self.write_pieces(&mut inode, pieces, ledger)?;
        let attr = &mut inode.attr;
        attr.mtime = Timestamp::from_nanos(modified.as_nanos());
        attr.ctime = attr.mtime;
        if !self.caller.is_root() {
            attr.mode = perm::without_privileges(attr, self.caller);
        }
        inode.data_txg = self.txg;
        self.put(&mut inode);
        Ok(Outcome::Changed(wcc(&before, &inode)))
    }

    /// Puts checked pieces into a file that has its new size already.
    fn write_pieces(
        &mut self,
        inode: &mut Inode,
        pieces: &[Piece],
        mut ledger: crate::chunks::Ledger,
    ) -> Result<(), MetaError> {
        if small::fits(inode, pieces, inode.attr.size) {
            self.write_small(inode, pieces)?;
        } else {
            self.leave_small(inode)?;
            for piece in pieces {
                let removed = self.put_piece(inode.attr.ino, piece, self.txg.0, &mut ledger)?;
                self.account(inode, piece.len, removed);
            }
            settle_layout(inode);
        }
        self.settle(ledger)
    }

    /// Puts one checked piece into extents. Returns how many bytes were there.
    pub fn put_piece(
        &mut self,
        ino: Ino,
        piece: &Piece,
        stamp: u64,
        ledger: &mut crate::chunks::Ledger,
    ) -> Result<u64, MetaError> {
        match &piece.source {
            Source::Inline { data } => self.put_inline(ino, piece.offset, data, stamp, ledger),
            Source::Chunk { chunk, start } => {
                let range = piece.offset..piece.offset + piece.len;
                self.put_chunk(ino, &range, (*chunk, *start), stamp, ledger)
            }
        }
    }
}

/// A file without any data left may become a small one again.
pub(crate) fn settle_layout(inode: &mut Inode) {
    if inode.attr.allocated == 0 {
        inode.layout = Layout::Empty;
    }
}
