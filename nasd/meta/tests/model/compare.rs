//! Everything that both sides have, held against each other.

use crate::pair::Pair;
use crate::plain::Node;
use nasd_base::file::FileKind;
use nasd_base::{ChunkId, Ino, NodeId};
use nasd_meta::{Change, LockOwner, LockRange, LockSession, Source};
use std::collections::{BTreeMap, BTreeSet};

fn fresh_of(change: &Change) -> Vec<ChunkId> {
    match change {
        Change::Restage { fresh, .. } => fresh.iter().map(|fresh| fresh.chunk).collect(),
        _ => vec![],
    }
}

impl Pair {
    pub fn compare(&self) {
        let (mut allocated, mut live) = (0, BTreeMap::<ChunkId, u64>::new());
        for (ino, node) in &self.plain.nodes {
            self.compare_attributes(*ino, node);
            match node.kind {
                FileKind::Directory => self.compare_names(*ino, node),
                FileKind::File => allocated += self.compare_bytes(*ino, node, &mut live),
                FileKind::Symlink => {
                    let (target, _) = self.volume.view().readlink(Ino(*ino)).unwrap();
                    assert_eq!(target, node.target, "the target of {ino}");
                }
                _ => {}
            }
        }
        self.compare_locks();
        self.compare_totals(allocated, &live);
    }

    fn compare_attributes(&self, ino: u64, node: &Node) {
        let view = self.volume.view();
        let attr = view.attr(Ino(ino)).unwrap();
        let found = (attr.kind, attr.nlink, attr.uid, attr.gid, attr.change.0);
        assert_eq!(
            found,
            (node.kind, node.nlink, node.uid, node.gid, node.change),
            "kind, links, owner of {ino}"
        );
        assert!(attr.mode == node.mode, "the mode of {ino} is {:o}, not {:o}", attr.mode, node.mode);
        let times = (attr.atime, attr.mtime, attr.ctime);
        assert_eq!(times, (node.atime, node.mtime, node.ctime), "the times of {ino}");
        let size = if node.is_dir() { node.names.len() as u64 } else { node.size };
        assert_eq!(attr.size, size, "the size of {ino}");
        let names = view.xattrs(Ino(ino)).unwrap();
        let value = |name: &bytes::Bytes| (name.to_vec(), view.xattr(Ino(ino), name).unwrap().to_vec());
        let xattrs: BTreeMap<_, _> = names.iter().map(value).collect();
        assert_eq!(xattrs, node.xattrs, "the extended attributes of {ino}");
    }

    fn compare_names(&self, ino: u64, node: &Node) {
        let (_, entries, end) = self.volume.view().read_dir(Ino(ino), 0, 100, u32::MAX, true).unwrap();
        assert!(end);
        assert_eq!(entries.len(), node.names.len() + 2);
        assert_eq!(entries[1].ino, Ino(node.parent), "the parent of {ino}");
        assert!(entries.windows(2).all(|pair| pair[0].cookie < pair[1].cookie));
        let listed: BTreeMap<String, u64> = entries[2..]
            .iter()
            .map(|entry| {
                assert_eq!(entry.attr.unwrap().ino, entry.ino);
                assert_eq!(entry.attr.unwrap().kind, entry.kind);
                (String::from_utf8(entry.name.to_vec()).unwrap(), entry.ino.0)
            })
            .collect();
        assert_eq!(listed, node.names, "the names in {ino}");
    }

    /// Adds up which chunks are named; returns how many bytes are not holes.
    fn compare_bytes(&self, ino: u64, node: &Node, live: &mut BTreeMap<ChunkId, u64>) -> u64 {
        let (attr, pieces) = self.volume.view().pieces(Ino(ino), 0..u64::MAX).unwrap();
        assert!(pieces.windows(2).all(|pair| pair[0].offset + pair[0].len <= pair[1].offset));
        let named: u64 = pieces.iter().map(|piece| piece.len).sum();
        assert_eq!(attr.allocated, named, "what is allocated to {ino}");
        let mut bytes = BTreeMap::new();
        for piece in &pieces {
            if let Source::Chunk { chunk, .. } = piece.source {
                *live.entry(chunk).or_default() += piece.len;
            }
            let data = self.bytes_of(piece);
            bytes.extend(data.into_iter().enumerate().map(|(i, byte)| (piece.offset + i as u64, byte)));
        }
        // A hole punched into a small file is a run of zeros.
        let set = |bytes: &BTreeMap<u64, u8>| -> BTreeMap<u64, u8> {
            bytes.iter().filter(|(_, byte)| **byte != 0).map(|(at, byte)| (*at, *byte)).collect()
        };
        assert!(set(&bytes) == set(&node.bytes), "the bytes of {ino} differ");
        self.compare_runs(ino, &bytes);
        named
    }

    /// SEEK_DATA and SEEK_HOLE, from the start to the end.
    fn compare_runs(&self, ino: u64, bytes: &BTreeMap<u64, u8>) {
        let (mut at, mut counted) = (0, 0);
        while let (_, Some(run)) = self.volume.view().next_data(Ino(ino), at).unwrap() {
            assert!(run.start >= at && run.end > run.start, "{run:?} from {at} on");
            let inside = bytes.range(run.clone()).count() as u64;
            assert_eq!(inside, run.end - run.start, "a run of {ino} has a hole: {run:?}");
            (at, counted) = (run.end, counted + inside);
        }
        assert_eq!(counted, bytes.len() as u64, "data of {ino} is in no run");
    }

    fn compare_locks(&self) {
        let sql = "SELECT ino, node, session, owner, first, last, exclusive FROM lock";
        let mut statement = self.volume.db.prepare_cached(sql).unwrap();
        let rows = statement.query_map([], |row| {
            let number = |column| row.get::<_, i64>(column).map(|number| number as u64);
            let session = LockSession { node: NodeId(number(1)?), id: number(2)? };
            let owner = LockOwner { session, owner: number(3)? };
            let range = LockRange { first: number(4)?, last: number(5)? };
            Ok((number(0)?, owner, range.first, range.last, row.get(6)?))
        });
        let found: BTreeSet<(u64, LockOwner, u64, u64, bool)> = rows.unwrap().map(Result::unwrap).collect();
        let runs = self.plain.nodes.iter().flat_map(|(ino, node)| {
            node.runs()
                .into_iter()
                .map(|(owner, range, exclusive)| (*ino, owner, range.first, range.last, exclusive))
        });
        assert_eq!(found, runs.collect(), "locks");
    }

    fn compare_totals(&self, allocated: u64, live: &BTreeMap<ChunkId, u64>) {
        let view = self.volume.view();
        let rows = view.chunks_after(ChunkId(0), 10_000).unwrap();
        let registered: BTreeMap<_, _> = rows.iter().map(|row| (row.chunk.chunk, row.live)).collect();
        assert_eq!(&registered, live, "registered chunks, and what is named of them");
        let waiting: BTreeSet<ChunkId> = self.staged.iter().flat_map(fresh_of).collect();
        let made =
            self.plain.chunks.keys().copied().filter(|id| !waiting.contains(id)).collect::<BTreeSet<_>>();
        let accounted: BTreeSet<_> = registered.keys().copied().chain(self.freed.iter().copied()).collect();
        assert_eq!(made, accounted, "every chunk is registered or was freed");
        let totals = view.totals().unwrap();
        assert_eq!(totals.inodes, self.plain.nodes.len() as u64);
        assert_eq!((totals.logical_bytes, totals.chunks), (allocated, rows.len() as u64));
        let stored: u64 = rows.iter().map(|row| u64::from(row.chunk.stored)).sum();
        assert_eq!(totals.stored_bytes, stored);
    }
}
