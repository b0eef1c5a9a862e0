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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Change;
    use crate::testing::{Volume, inline, piece};

    const ROOT: Ino = Ino::ROOT;

    struct Staged {
        volume: Volume,
        file: Ino,
        as_of: u64,
        chunk: FreshChunk,
    }

    /// A file of 10,000 inline bytes and a chunk that is to take them.
    fn staged() -> Staged {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.write_inline(file, 0, &[7; 10_000]).unwrap();
        let chunk = volume.fresh_chunk(10_000);
        let as_of = volume.view().inline_backlog(9).unwrap()[0].data_change;
        Staged { volume, file, as_of, chunk }
    }

    impl Staged {
        fn restage(&mut self, pieces: Vec<Piece>) -> crate::ChangeResult {
            let (ino, fresh, as_of) = (self.file, vec![self.chunk], self.as_of);
            self.volume.change(Change::Restage { ino, pieces, fresh, as_of })
        }
    }

    #[test]
    fn destaged_bytes_leave_the_metadata_and_nothing_else_changes() {
        let mut staged = staged();
        let before = staged.volume.attr(staged.file);
        let pieces = vec![piece(0, 10_000, &staged.chunk, 0)];
        assert_eq!(staged.restage(pieces.clone()), Ok(Outcome::Restaged { taken: 1 }));
        assert_eq!(staged.volume.pieces(staged.file, 0..u64::MAX), pieces);
        assert_eq!(staged.volume.attr(staged.file), before);
        assert!(staged.volume.view().inline_backlog(9).unwrap().is_empty());
        assert_eq!(staged.volume.live(staged.chunk.chunk), Some(10_000));
        assert_eq!(staged.volume.effects().named, vec![staged.chunk]);
        assert!(staged.volume.effects().changed.is_empty());
    }

    #[test]
    fn a_piece_whose_range_was_written_since_is_skipped() {
        let mut staged = staged();
        staged.volume.write_inline(staged.file, 5000, b"new").unwrap();
        let pieces = vec![piece(0, 5000, &staged.chunk, 0), piece(5000, 5000, &staged.chunk, 5000)];
        assert_eq!(staged.restage(pieces), Ok(Outcome::Restaged { taken: 1 }));
        let pieces = staged.volume.pieces(staged.file, 0..u64::MAX);
        assert_eq!(pieces[0], piece(0, 5000, &staged.chunk, 0));
        assert_eq!(pieces[1], inline(5000, b"new"));
        assert_eq!(staged.volume.live(staged.chunk.chunk), Some(5000));
    }

    #[test]
    fn a_piece_over_a_hole_is_skipped() {
        let mut staged = staged();
        staged.volume.change(Change::Punch { ino: staged.file, offset: 1, len: 1 }).unwrap();
        let whole = vec![piece(0, 10_000, &staged.chunk, 0)];
        assert_eq!(staged.restage(whole), Ok(Outcome::Restaged { taken: 0 }));
        assert_eq!(staged.volume.effects().freed, vec![staged.chunk.chunk]);
    }

    #[test]
    fn cut_off_and_written_again_is_skipped() {
        let mut staged = staged();
        staged.volume.resize(staged.file, 0).unwrap();
        staged.volume.write_inline(staged.file, 0, &[8; 10_000]).unwrap();
        let whole = vec![piece(0, 10_000, &staged.chunk, 0)];
        assert_eq!(staged.restage(whole), Ok(Outcome::Restaged { taken: 0 }));
        assert_eq!(staged.volume.read_inline(staged.file), [8; 10_000]);
    }

    #[test]
    fn restaged_bytes_may_be_restaged_again_as_of_the_same_version() {
        let mut staged = staged();
        staged.restage(vec![piece(0, 10_000, &staged.chunk, 0)]).unwrap();
        let old = staged.chunk;
        staged.chunk = staged.volume.fresh_chunk(10_000);
        let packed = vec![piece(0, 10_000, &staged.chunk, 0)];
        assert_eq!(staged.restage(packed.clone()), Ok(Outcome::Restaged { taken: 1 }));
        assert_eq!(staged.volume.pieces(staged.file, 0..u64::MAX), packed);
        assert_eq!(staged.volume.effects().freed, vec![old.chunk]);
    }

    #[test]
    fn a_file_that_is_gone_takes_nothing() {
        let mut staged = staged();
        staged.volume.unlink(ROOT, "f").unwrap();
        staged.volume.change(Change::Reap { inos: vec![staged.file] }).unwrap();
        let pieces = vec![piece(0, 10_000, &staged.chunk, 0)];
        assert_eq!(staged.restage(pieces), Ok(Outcome::Restaged { taken: 0 }));
        assert_eq!(staged.volume.effects().freed, vec![staged.chunk.chunk]);
    }

    #[test]
    fn small_files_stay_as_they_are() {
        let mut staged = staged();
        staged.file = staged.volume.file(ROOT, "s");
        staged.volume.write_inline(staged.file, 0, b"abc").unwrap();
        staged.as_of = u64::MAX >> 1;
        let pieces = vec![piece(0, 3, &staged.chunk, 0)];
        assert_eq!(staged.restage(pieces), Ok(Outcome::Restaged { taken: 0 }));
        assert_eq!(staged.volume.read_inline(staged.file), b"abc");
    }

    #[test]
    fn pieces_outside_of_their_chunk_are_refused() {
        let mut staged = staged();
        let long = vec![piece(0, 10_000, &staged.chunk, 1)];
        assert_eq!(staged.restage(long), Err(Errno::Inval));
        assert_eq!(staged.restage(vec![inline(0, b"x")]), Err(Errno::Inval));
        let unknown = FreshChunk { chunk: nasd_base::ChunkId(1 << 40), ..staged.chunk };
        let gone = vec![piece(0, 10_000, &unknown, 0)];
        assert_eq!(staged.restage(gone), Ok(Outcome::Restaged { taken: 0 }));
    }

    #[test]
    fn a_copy_of_a_small_file_that_changed_before_it_grew_is_skipped() {
        let mut staged = staged();
        staged.file = staged.volume.file(ROOT, "s");
        staged.volume.write_inline(staged.file, 0, b"old").unwrap();
        staged.as_of = staged.volume.view().data_change(staged.file).unwrap();
        staged.volume.write_inline(staged.file, 0, b"new").unwrap();
        staged.volume.write_inline(staged.file, 5000, b"far").unwrap();
        let pieces = vec![piece(0, 3, &staged.chunk, 0)];
        assert_eq!(staged.restage(pieces), Ok(Outcome::Restaged { taken: 0 }));
        assert_eq!(staged.volume.read_inline(staged.file)[..3], *b"new");
    }

    #[test]
    fn bytes_that_joined_older_ones_make_the_whole_row_young() {
        let mut staged = staged();
        staged.volume.write_inline(staged.file, 20_000, &[1; 100]).unwrap();
        let as_of = staged.volume.view().data_change(staged.file).unwrap();
        staged.volume.resize(staged.file, 20_050).unwrap();
        staged.volume.write_inline(staged.file, 20_050, &[2; 50]).unwrap();
        staged.as_of = as_of;
        let pieces = vec![piece(20_000, 100, &staged.chunk, 0)];
        assert_eq!(staged.restage(pieces), Ok(Outcome::Restaged { taken: 0 }));
        assert_eq!(staged.volume.read_inline(staged.file)[20_050..], [2; 50]);
    }
}
