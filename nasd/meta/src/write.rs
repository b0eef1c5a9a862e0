//! `Write`: naming new data of a file.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::inode::{Inode, Layout};
use crate::{FreshChunk, Outcome, Piece, Source, small};
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
        self.check_growth(&inode, pieces)?;
        self.write_pieces(&mut inode, pieces, ledger)?;
        let attr = &mut inode.attr;
        attr.mtime = Timestamp::from_nanos(modified.as_nanos());
        attr.ctime = attr.ctime.max(attr.mtime);
        self.take_privileges(&mut inode)?;
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

#[cfg(test)]
mod tests {
    use crate::testing::{Volume, inline, piece};
    use crate::{Change, FreshChunk, Outcome, Piece, Source};
    use nasd_base::file::{FILE_BYTES_MAX, NewNode};
    use nasd_base::{ChunkId, Errno, Ino, Timestamp};

    const ROOT: Ino = Ino::ROOT;
    const MIB: u64 = 1 << 20;

    fn small_rows(volume: &Volume) -> i64 {
        volume.db.query_row("SELECT count(*) FROM small", [], |row| row.get(0)).unwrap()
    }

    fn inline_rows(volume: &Volume) -> i64 {
        volume.db.query_row("SELECT count(*) FROM inline", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_write_grows_and_dates_the_file() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let modified = Timestamp { secs: volume.now.secs + 77, nanos: 7 };
        let change = Change::Write { ino: file, pieces: vec![inline(3, b"abc")], fresh: vec![], modified };
        let outcome = volume.change(change).unwrap();
        let Outcome::Changed(wcc) = outcome else { panic!("{outcome:?}") };
        assert_eq!((wcc.before.size, wcc.after.size), (0, 6));
        assert_eq!((wcc.after.mtime, wcc.after.ctime), (modified, modified));
        assert_eq!(wcc.after, volume.attr(file));
        assert_eq!(volume.read_inline(file), b"\0\0\0abc");
        volume.write_inline(file, 0, b"x").unwrap();
        assert_eq!(volume.attr(file).size, 6);
    }

    /// A file was written, closed and renamed; a second later its data was committed with the time of the write, and
    /// the file's ctime was again that from before the rename: who had cached the inode by its ctime was misled.
    #[test]
    fn data_committed_late_does_not_turn_ctime_back() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let modified = Timestamp { nanos: 7, ..volume.now };
        volume.chmod(file, 0o600).unwrap();
        let changed = volume.attr(file).ctime;
        let change = Change::Write { ino: file, pieces: vec![inline(0, b"abc")], fresh: vec![], modified };
        volume.change(change).unwrap();
        assert_eq!((volume.attr(file).mtime, volume.attr(file).ctime), (modified, changed));
    }

    #[test]
    fn a_file_of_4096_bytes_is_one_row_and_a_longer_one_is_not() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.write_inline(file, 0, &[1; 4096]).unwrap();
        assert_eq!((small_rows(&volume), inline_rows(&volume)), (1, 0));
        assert_eq!(volume.attr(file).allocated, 4096);
        volume.write_inline(file, 4096, &[2]).unwrap();
        assert_eq!((small_rows(&volume), inline_rows(&volume)), (0, 2));
        assert_eq!(volume.read_inline(file), [&[1; 4096][..], &[2]].concat());
        assert_eq!(volume.view().totals().unwrap().logical_bytes, 4097);
    }

    #[test]
    fn a_small_file_that_was_made_long_keeps_its_bytes() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.write_inline(file, 0, b"abc").unwrap();
        volume.resize(file, 10_000).unwrap();
        assert_eq!((small_rows(&volume), volume.attr(file).allocated), (1, 3));
        volume.write_inline(file, 5000, b"z").unwrap();
        assert_eq!((small_rows(&volume), volume.attr(file).allocated), (0, 4));
        let bytes = volume.read_inline(file);
        assert_eq!((&bytes[..4], bytes[5000], bytes.len()), (&b"abc\0"[..], b'z', 10_000));
    }

    #[test]
    fn a_chunk_written_over_inline_bytes_replaces_them_exactly() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.write_inline(file, 0, &[7; 10_000]).unwrap();
        let chunk = volume.write_chunk(file, 4000, 1000);
        let pieces = volume.pieces(file, 0..u64::MAX);
        let expected = vec![inline(0, &[7; 4000]), piece(4000, 1000, &chunk, 0), inline(5000, &[7; 5000])];
        assert_eq!(pieces, expected);
        assert_eq!(volume.attr(file).allocated, 10_000);
        assert_eq!(volume.effects().named, vec![chunk]);
    }

    #[test]
    fn pieces_are_clipped_to_the_range_asked_for() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let chunk = volume.write_chunk(file, 1000, 1000);
        volume.write_inline(file, 2000, &[1, 2, 3, 4]).unwrap();
        assert_eq!(
            volume.pieces(file, 1500..2002),
            vec![piece(1500, 500, &chunk, 500), inline(2000, &[1, 2])]
        );
        assert_eq!(volume.pieces(file, 0..1000), vec![]);
        assert_eq!(volume.pieces(file, 2003..9999), vec![inline(2003, &[4])]);
        let nothing = 1500..1500;
        assert_eq!(volume.pieces(file, nothing), vec![]);
    }

    #[test]
    fn a_chunk_across_blocks_is_found_in_both() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let chunk = volume.write_chunk(file, 8 * MIB - 100, 300);
        let expected = vec![piece(8 * MIB - 100, 100, &chunk, 0), piece(8 * MIB, 200, &chunk, 100)];
        assert_eq!(volume.pieces(file, 0..u64::MAX), expected);
        assert_eq!(volume.live(chunk.chunk), Some(300));
    }

    #[test]
    fn an_overwritten_chunk_is_freed_with_its_last_byte() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let old = volume.write_chunk(file, 0, 1000);
        assert_eq!(volume.view().totals().unwrap().stored_bytes, 500);
        let new = volume.write_chunk(file, 1, 998);
        assert_eq!((volume.live(old.chunk), volume.live(new.chunk)), (Some(2), Some(998)));
        volume.write_inline(file, 0, b"x").unwrap();
        assert_eq!(volume.live(old.chunk), Some(1));
        assert!(volume.effects().freed.is_empty());
        volume.write_inline(file, 999, b"x").unwrap();
        assert_eq!(volume.live(old.chunk), None);
        assert_eq!(volume.effects().freed, vec![old.chunk]);
        let totals = volume.view().totals().unwrap();
        assert_eq!((totals.chunks, totals.stored_bytes, totals.logical_bytes), (1, 499, 1000));
    }

    #[test]
    fn the_same_write_again_changes_no_data() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let chunk = volume.write_chunk(file, 0, 1000);
        volume.write(file, vec![piece(0, 1000, &chunk, 0)], vec![chunk]).unwrap();
        assert_eq!(volume.live(chunk.chunk), Some(1000));
        assert!(volume.effects().freed.is_empty() && volume.effects().named.is_empty());
        assert_eq!(volume.view().totals().unwrap().chunks, 1);
    }

    #[test]
    fn a_fresh_chunk_that_ends_unused_is_freed_at_once() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let (hidden, unused, seen) =
            (volume.fresh_chunk(100), volume.fresh_chunk(100), volume.fresh_chunk(100));
        let pieces = vec![piece(0, 100, &hidden, 0), piece(0, 100, &seen, 0)];
        volume.write(file, pieces, vec![hidden, unused, seen]).unwrap();
        assert_eq!(volume.effects().freed, vec![hidden.chunk, unused.chunk]);
        assert_eq!(volume.effects().named, vec![seen]);
        assert_eq!(volume.view().totals().unwrap().chunks, 1);
    }

    #[test]
    fn a_chunk_named_and_freed_in_one_transaction_is_only_told_as_freed() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let (first, second) = (volume.fresh_chunk(100), volume.fresh_chunk(100));
        let write = |chunk: FreshChunk| Change::Write {
            ino: file,
            pieces: vec![piece(0, 100, &chunk, 0)],
            fresh: vec![chunk],
            modified: Timestamp::default(),
        };
        volume.batch(&[(volume.stamp(), write(first)), (volume.stamp(), write(second))]);
        assert_eq!((volume.effects().named, volume.effects().freed), (vec![second], vec![first.chunk]));
        assert_eq!(volume.effects().changed, vec![file]);
    }

    #[test]
    fn a_refused_write_gives_its_chunks_up() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let used = volume.write_chunk(file, 0, 10);
        let chunk = volume.fresh_chunk(100);
        let gone = volume.write(Ino(99), vec![piece(0, 100, &chunk, 0)], vec![chunk, used]);
        assert_eq!(gone, Err(Errno::Stale));
        assert_eq!(volume.effects().freed, vec![chunk.chunk]);
        assert_eq!(volume.effects().txg, volume.view().totals().unwrap().txg);
    }

    #[test]
    fn pieces_that_lie_outside_of_their_chunk_are_refused() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let chunk = volume.fresh_chunk(100);
        let unknown = FreshChunk { chunk: ChunkId(u64::MAX), ..chunk };
        for bad in [piece(0, 101, &chunk, 0), piece(0, 1, &chunk, 100), piece(0, 2, &chunk, u32::MAX)] {
            assert_eq!(volume.write(file, vec![bad], vec![chunk]), Err(Errno::Inval));
        }
        assert_eq!(volume.write(file, vec![piece(0, 1, &chunk, 0)], vec![]), Err(Errno::Inval));
        assert_eq!(volume.write(file, vec![piece(0, 1, &unknown, 0)], vec![unknown]), Err(Errno::Inval));
    }

    #[test]
    fn a_chunk_is_not_registered_twice_as_different_things() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let chunk = volume.write_chunk(file, 0, 100);
        let other = FreshChunk { digest: [9; 32], ..chunk };
        assert_eq!(volume.write(file, vec![piece(0, 100, &chunk, 0)], vec![other]), Err(Errno::Inval));
        let next = volume.fresh_chunk(5);
        let twice = vec![next, FreshChunk { len: 6, ..next }];
        assert_eq!(volume.write(file, vec![piece(0, 5, &next, 0)], twice), Err(Errno::Inval));
        assert_eq!(volume.live(chunk.chunk), Some(100));
    }

    #[test]
    fn pieces_that_are_none_are_refused() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let empty = Piece { len: 0, ..inline(0, b"") };
        let torn = Piece { len: 9, ..inline(0, b"12345678") };
        assert_eq!(volume.write(file, vec![inline(0, b"ok"), empty], vec![]), Err(Errno::Inval));
        assert_eq!(volume.write(file, vec![torn], vec![]), Err(Errno::Inval));
        for offset in [FILE_BYTES_MAX, u64::MAX] {
            assert_eq!(volume.write_inline(file, offset, b"x"), Err(Errno::FileTooBig));
        }
        volume.write_inline(file, FILE_BYTES_MAX - 1, b"x").unwrap();
        assert_eq!(volume.attr(file).size, FILE_BYTES_MAX);
        let last = volume.pieces(file, 0..u64::MAX).remove(0);
        assert_eq!((last.offset, last.len), (FILE_BYTES_MAX - 1, 1));
        let chunk = volume.write_chunk(file, FILE_BYTES_MAX - 10, 10);
        assert_eq!(volume.live(chunk.chunk), Some(10));
    }

    #[test]
    fn only_files_hold_data() {
        let mut volume = Volume::new();
        let fifo = volume.make(ROOT, "fifo", NewNode::Fifo, 0o644).unwrap().ino;
        assert_eq!(volume.write_inline(ROOT, 0, b"x"), Err(Errno::IsDir));
        assert_eq!(volume.write_inline(fifo, 0, b"x"), Err(Errno::Inval));
        assert_eq!(volume.view().pieces(ROOT, 0..1).unwrap_err().errno(), Errno::IsDir);
    }

    #[test]
    fn a_write_by_a_user_clears_setuid_and_one_by_root_does_not() {
        let mut volume = Volume::new();
        let file = volume.make(ROOT, "f", NewNode::File, 0o6777).unwrap().ino;
        volume.write_inline(file, 0, b"x").unwrap();
        assert_eq!(volume.attr(file).mode, 0o6777);
        volume.become_user(10).write_inline(file, 0, b"x").unwrap();
        assert_eq!(volume.attr(file).mode, 0o777);
    }

    #[test]
    fn long_inline_pieces_are_kept_in_parts() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let bytes: Vec<u8> = (0..200_000u32).map(|i| (i % 251) as u8).collect();
        volume.write_inline(file, 9, &bytes).unwrap();
        assert_eq!(inline_rows(&volume), 4);
        assert_eq!(volume.read_inline(file)[9..], bytes[..]);
        assert_eq!(volume.pieces(file, 65_000..65_001), vec![inline(65_000, &bytes[64_991..64_992])]);
    }

    #[test]
    fn lines_appended_to_a_log_share_rows() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.write_inline(file, 0, &[9; 5000]).unwrap();
        for line in 0..100u64 {
            volume.write_inline(file, 5000 + line * 100, &[line as u8; 100]).unwrap();
        }
        assert_eq!(inline_rows(&volume), 4);
        let bytes = volume.read_inline(file);
        assert!((0..100).all(|line| bytes[5000 + line * 100..][..100] == [line as u8; 100]));
    }

    #[test]
    fn many_small_overwrites_of_one_chunk_are_all_kept() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        let old = volume.write_chunk(file, 0, 1 << 20);
        let new = volume.fresh_chunk(10_000);
        let pieces = (0..5000).map(|i| piece(u64::from(i) * 200, 1, &new, i)).collect();
        volume.write(file, pieces, vec![new]).unwrap();
        let pieces = volume.pieces(file, 0..u64::MAX);
        assert_eq!(pieces.len(), 10_000);
        assert_eq!(volume.live(old.chunk), Some((1 << 20) - 5000));
        assert_eq!(volume.live(new.chunk), Some(5000));
        let Source::Chunk { chunk, start } = pieces[9998].source else { panic!() };
        assert_eq!((chunk, start, pieces[9998].offset), (new.chunk, 4999, 999_800));
    }

    #[test]
    fn an_orphan_still_takes_writes() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "f");
        volume.unlink(ROOT, "f").unwrap();
        volume.write_inline(file, 0, b"abc").unwrap();
        assert_eq!(volume.read_inline(file), b"abc");
    }
}
