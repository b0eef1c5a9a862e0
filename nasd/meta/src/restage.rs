//! `Restage`: the same bytes at another place, from inline to chunks or from chunks to better packed ones.

use crate::apply::Apply;
use crate::error::MetaError;
use crate::inode::Layout;
use crate::write::check_pieces;
use crate::{FreshChunk, Outcome, Piece, Source, extents};
use nasd_base::{Errno, Ino};

impl Apply<'_> {
    /// A piece takes effect if all of its range holds bytes that were there at `as_of`. What it replaces
    /// keeps its stamp, so that several restagings of one version may follow each other.
    pub fn restage(
        &mut self,
        ino: Ino,
        pieces: &[Piece],
        fresh: &[FreshChunk],
        as_of: u64,
    ) -> Result<Outcome, MetaError> {
        let result = self.restage_or_refuse(ino, pieces, fresh, as_of);
        if let Err(MetaError::Refused(_)) = result {
            self.give_up(fresh)?;
        }
        result
    }

    fn restage_or_refuse(
        &mut self,
        ino: Ino,
        pieces: &[Piece],
        fresh: &[FreshChunk],
        as_of: u64,
    ) -> Result<Outcome, MetaError> {
        check_pieces(pieces)?;
        let mut ledger = self.open_ledger(fresh)?;
        let mut known = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let holds = self.chunk_holds(&ledger, piece)?;
            if matches!(piece.source, Source::Inline { .. }) || holds == Some(false) {
                return Err(Errno::Inval.into());
            }
            // A chunk that was there when the leader chose it and is gone: so is what it held.
            known.push(holds.is_some());
        }
        let inode = self.memory.inodes.get(self.db, ino)?;
        let in_extents = inode.is_some_and(|inode| inode.layout == Layout::Extents);
        let mut taken = 0;
        for (piece, known) in pieces.iter().zip(known) {
            if known && in_extents && self.restage_piece(ino, piece, as_of, &mut ledger)? {
                taken += 1;
            }
        }
        self.settle(ledger)?;
        Ok(Outcome::Restaged { taken })
    }

    fn restage_piece(
        &mut self,
        ino: Ino,
        piece: &Piece,
        as_of: u64,
        ledger: &mut crate::chunks::Ledger,
    ) -> Result<bool, MetaError> {
        let range = piece.offset..piece.offset + piece.len;
        let newest = extents::newest_stamp(self.db, ino, &range)?;
        let Some(stamp) = newest.filter(|stamp| *stamp <= as_of) else { return Ok(false) };
        self.put_piece(ino, piece, stamp, ledger)?;
        Ok(true)
    }
}
