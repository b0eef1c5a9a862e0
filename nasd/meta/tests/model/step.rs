//! Owns the steps of a history and where they come from. What a step means is decided when its turn comes:
//! inodes are picked by number among those there are, names among a few.

use nasd_base::Timestamp;
use nasd_base::file::{Caller, FileKind, SetAttr, SetTime};
use nasd_meta::{CreateMode, RenameMode, XattrMode};
use proptest::prelude::*;

/// A step and who does it.
#[derive(Clone, Debug)]
pub struct Doing {
    pub user: u32,
    /// The request is sent again under its id after it was answered.
    pub twice: bool,
    pub step: Step,
}

#[derive(Clone, Debug)]
pub enum Step {
    Create {
        dir: usize,
        name: usize,
        kind: FileKind,
        set: SetAttr,
        mode: CreateMode,
    },
    Link {
        ino: usize,
        dir: usize,
        name: usize,
    },
    Unlink {
        dir: usize,
        name: usize,
    },
    Rmdir {
        dir: usize,
        name: usize,
    },
    Rename {
        from: (usize, usize),
        to: (usize, usize),
        mode: RenameMode,
    },
    SetAttr {
        ino: usize,
        set: SetAttr,
        guard: Guard,
    },
    SetXattr {
        ino: usize,
        name: usize,
        len: usize,
        mode: XattrMode,
    },
    RemoveXattr {
        ino: usize,
        name: usize,
    },
    /// Pieces `(offset, len, as a chunk)`.
    Write {
        ino: usize,
        pieces: Vec<(u64, u64, bool)>,
    },
    Punch {
        ino: usize,
        offset: u64,
        len: u64,
    },
    /// Copies up to three runs of what is there, in the order of the file, to new chunks.
    Stage {
        ino: usize,
    },
    /// Proposes a copy that was made, maybe some steps ago.
    Restage {
        number: usize,
    },
    Lock {
        ino: usize,
        owner: u64,
        range: (u64, u64),
        exclusive: bool,
    },
    Unlock {
        ino: usize,
        owner: u64,
        range: (u64, u64),
    },
    EndSession {
        owner: u64,
    },
    /// Frees orphans, but not those that somebody has open, one bit for each; and asks for an inode that may have a
    /// name.
    Reap {
        open: u8,
        ino: usize,
    },
    Restart,
}

/// What a SETATTR says that the ctime is.
#[derive(Clone, Copy, Debug)]
pub enum Guard {
    None,
    Right,
    Wrong,
}

pub const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
pub const XATTRS: [&str; 4] = ["user.a", "user.b", "trusted.t", "nonsense.x"];
/// Just before the end of the first row of extents.
const EDGE: u64 = (8 << 20) - 3000;
/// Owners of locks, two to a session.
pub const OWNERS: u64 = 4;
/// Bytes that locks begin and end at. The last stands for all that follow.
pub const LOCK_CELLS: u64 = 12;

/// Who a number is: a group has its user's number, and one user is in the group of another.
pub fn caller(user: u32) -> Caller {
    let groups = if user == 10 { vec![11] } else { vec![] };
    Caller { uid: user, gid: user, groups }
}

/// Histories of so many steps.
pub fn any_history(steps: usize) -> impl Strategy<Value = Vec<Doing>> {
    let user = prop_oneof![2 => Just(0u32), 2 => Just(10), 1 => Just(11)];
    let twice = proptest::bool::weighted(0.1);
    let doing = (user, twice, any_step()).prop_map(|(user, twice, step)| Doing { user, twice, step });
    proptest::collection::vec(doing, steps)
}

fn any_offset() -> impl Strategy<Value = u64> {
    prop_oneof![3 => 0u64..6000, 1 => EDGE..EDGE + 6000]
}

fn any_mode() -> impl Strategy<Value = u32> {
    let modes = [0o777u32, 0o777, 0o777, 0o777, 0o755, 0o1777, 0o700, 0o2777, 0o4770, 0o6711, 0o2664, 0o070];
    proptest::sample::select(modes.to_vec())
}

fn any_set() -> impl Strategy<Value = SetAttr> {
    let id = || proptest::sample::select(vec![0u32, 10, 11]);
    let time = || {
        prop_oneof![
            Just(SetTime::Now),
            (-9i64..99).prop_map(|secs| SetTime::To(Timestamp { secs, nanos: 5 }))
        ]
    };
    let one = |set: fn(&mut SetAttr, u32)| {
        move |value| {
            let mut all = SetAttr::default();
            set(&mut all, value);
            all
        }
    };
    let some = proptest::option::weighted::<BoxedStrategy<u32>>;
    prop_oneof![
        4 => any_mode().prop_map(one(|set, mode| set.mode = Some(mode))),
        2 => id().prop_map(one(|set, uid| set.uid = Some(uid))),
        2 => id().prop_map(one(|set, gid| set.gid = Some(gid))),
        4 => any_offset().prop_map(|size| SetAttr { size: Some(size), ..SetAttr::default() }),
        2 => (proptest::option::of(time()), proptest::option::of(time()))
            .prop_map(|(atime, mtime)| SetAttr { atime, mtime, ..SetAttr::default() }),
        2 => (some(0.5, any_mode().boxed()), some(0.3, id().boxed()), some(0.3, id().boxed()),
              proptest::option::weighted(0.3, any_offset()), proptest::option::weighted(0.2, time()))
            .prop_map(|(mode, uid, gid, size, mtime)| SetAttr { mode, uid, gid, size, atime: None, mtime }),
    ]
}

fn any_create() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        4 => Just(FileKind::File), 3 => Just(FileKind::Directory), 1 => Just(FileKind::Symlink), 1 => Just(FileKind::Fifo)
    ];
    let how = prop_oneof![
        3 => Just(CreateMode::Guarded),
        2 => Just(CreateMode::Unchecked),
        1 => (0u64..2).prop_map(|verifier| CreateMode::Exclusive { verifier }),
    ];
    let gid = proptest::option::weighted(0.1, proptest::sample::select(vec![0u32, 10, 11]));
    let size = proptest::option::weighted(0.2, 0u64..5000);
    (0usize..64, 0..NAMES.len(), kind, any_mode(), how, gid, size).prop_map(
        |(dir, name, kind, mode, how, gid, size)| {
            let set = SetAttr { mode: Some(mode), gid, size, ..SetAttr::default() };
            Step::Create { dir, name, kind, set, mode: how }
        },
    )
}

fn any_lock() -> impl Strategy<Value = Step> {
    let range = || (0..LOCK_CELLS, 0..LOCK_CELLS).prop_map(|(one, other)| (one.min(other), one.max(other)));
    let (ino, owner) = (|| 0usize..64, || 0..OWNERS);
    prop_oneof![
        5 => (ino(), owner(), range(), any::<bool>())
            .prop_map(|(ino, owner, range, exclusive)| Step::Lock { ino, owner, range, exclusive }),
        3 => (ino(), owner(), range()).prop_map(|(ino, owner, range)| Step::Unlock { ino, owner, range }),
        1 => owner().prop_map(|owner| Step::EndSession { owner }),
    ]
}

fn any_xattr() -> impl Strategy<Value = Step> {
    let (ino, name) = (|| 0usize..64, || 0..XATTRS.len());
    let mode = prop_oneof![2 => Just(XattrMode::Either), 1 => Just(XattrMode::Create), 1 => Just(XattrMode::Replace)];
    prop_oneof![
        2 => (ino(), name(), 0usize..300, mode)
            .prop_map(|(ino, name, len, mode)| Step::SetXattr { ino, name, len, mode }),
        1 => (ino(), name()).prop_map(|(ino, name)| Step::RemoveXattr { ino, name }),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let (ino, name) = (|| 0usize..64, || 0usize..NAMES.len());
    let rename_mode = prop_oneof![4 => Just(RenameMode::Replace), 1 => Just(RenameMode::NoReplace), 2 => Just(RenameMode::Exchange), 1 => Just(RenameMode::Whiteout)];
    let pieces = proptest::collection::vec((any_offset(), 1u64..6000, any::<bool>()), 1..4);
    let guard = prop_oneof![8 => Just(Guard::None), 1 => Just(Guard::Right), 1 => Just(Guard::Wrong)];
    prop_oneof![
        7 => any_create(),
        2 => (ino(), ino(), name()).prop_map(|(ino, dir, name)| Step::Link { ino, dir, name }),
        3 => (ino(), name()).prop_map(|(dir, name)| Step::Unlink { dir, name }),
        2 => (ino(), name()).prop_map(|(dir, name)| Step::Rmdir { dir, name }),
        6 => ((ino(), name()), (ino(), name()), rename_mode)
            .prop_map(|(from, to, mode)| Step::Rename { from, to, mode }),
        4 => (ino(), any_set(), guard).prop_map(|(ino, set, guard)| Step::SetAttr { ino, set, guard }),
        2 => any_xattr(),
        8 => (ino(), pieces).prop_map(|(ino, pieces)| Step::Write { ino, pieces }),
        2 => (ino(), any_offset(), 1u64..9000).prop_map(|(ino, offset, len)| Step::Punch { ino, offset, len }),
        3 => ino().prop_map(|ino| Step::Stage { ino }),
        3 => ino().prop_map(|number| Step::Restage { number }),
        4 => any_lock(),
        1 => (any::<u8>(), ino()).prop_map(|(open, ino)| Step::Reap { open, ino }),
        1 => Just(Step::Restart),
    ]
}
