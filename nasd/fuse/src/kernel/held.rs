//! Owns what a kernel holds while it waits for a reply, and which directories' locks it holds for changes of this
//! mount.
//!
//! After the sources of Linux 6 (`fs/namei.c`, `fs/open.c`, `fs/attr.c`, `fs/xattr.c`, `fs/readdir.c`, `fs/fuse/`), and
//! tried with 6.18. An inode's lock is its `i_rwsem`; "alone" means for writing, "shared" with others that only look.
//!
//! | request | whose locks are held until the reply |
//! |---|---|
//! | LOOKUP | directory: shared for a path walk; alone as the first half of a create, link, rename or removal (rename: both directories). None where a known name is only checked again in a walk |
//! | GETATTR, GETXATTR | none for `stat` and `getxattr`; whatever the permission check is part of holds: a directory alone in a create; a file alone in `lseek` to the end or an append |
//! | LISTXATTR, READLINK, STATFS, ACCESS | none |
//! | READDIR, READDIRPLUS | directory shared, and the open directory's position |
//! | CREATE, MKNOD, MKDIR, SYMLINK | directory alone |
//! | LINK | directory and the linked file, alone |
//! | UNLINK, RMDIR | directory and what is removed, alone |
//! | RENAME | both directories, what is replaced, and what is moved (a file; a directory only between directories), alone; between directories the file system's rename lock, too |
//! | SETATTR | the inode alone; with a size also its pages' lock, and no page is written back meanwhile |
//! | SETXATTR, REMOVEXATTR (also access control lists) | the inode alone, file or directory |
//! | OPEN, OPENDIR | none of the inode; a directory as for LOOKUP when the open may create |
//! | READ | the pages that are read; with O_DIRECT none |
//! | WRITE | the file alone and the pages that are written; with O_DIRECT or O_SYNC the file shared or alone; pages written back from mappings: those pages are marked, and no lock is held |
//! | FSYNC, FSYNCDIR | the inode alone |
//! | FALLOCATE, COPY_FILE_RANGE (to), LSEEK (data, hole) | the file alone; a punched or zeroed range its pages' lock, too |
//! | FLUSH, RELEASE, RELEASEDIR, FORGET, GETLK, SETLK, SETLKW | none |
//!
//! What a notification takes:
//!
//! | notification | takes |
//! |---|---|
//! | attributes of an inode (`Forgets::attr`) | no lock. It waits only for an inode that is just being dropped, and one that a request names is not |
//! | a name (`Forgets::name`) | its directory's lock, alone. It waits behind every request in the table that has it, whether alone or shared |
//! | pages of a file (`Mappings::write_back`) | those pages' locks, one by one, and the end of their writing back; not the file's lock |
//!
//! Hence the rules, which `tests/recalls.rs` tries for each request against each notification:
//!
//! 1. No reply waits for a name to be forgotten by its own mount. Attributes are forgotten at once, by whoever has to
//!    (`KernelCache::expire`).
//! 2. `lseek` and `utimens` wait for pages. Pages are held only by READ and WRITE, whose replies wait for the volume,
//!    and neither for an inode's lock nor for `lseek`.
//! 3. A change may wait at the leader for another mount to forget, whose kernel may hold the lock for a change of its
//!    own that waits for this mount: two mounts that cross. A directory whose lock a change of this mount is known to
//!    hold is noted here, and a recall waits for it a moment only. What cannot be known (a directory that is removed or
//!    replaced, a look that is under way) it waits for until the kernel has forgotten by itself. Both on threads on
//!    which nothing else depends (`forget`). The leader waits out the time for which the kernel was told that it may
//!    keep the name, a second at most, and goes on.

use nasd_base::Ino;
use nasd_fs::{Change, Request};
use parking_lot::Mutex;
use std::collections::HashMap;

/// Directories whose lock the kernel holds for changes of this mount, with how many.
#[derive(Default)]
pub(super) struct Held(Mutex<HashMap<Ino, u32>>);

/// Inodes whose lock a change holds, as far as the request tells. Those of files are among them: nobody asks for them.
pub(super) fn held_by(request: &Request) -> [Option<Ino>; 2] {
    let Request::Change(change) = request else { return [None, None] };
    match change {
        Change::Create { parent, .. }
        | Change::Link { parent, .. }
        | Change::Unlink { parent, .. }
        | Change::Rmdir { parent, .. } => [Some(*parent), None],
        Change::Rename { from_parent, to_parent, .. } => [Some(*from_parent), Some(*to_parent)],
        Change::SetAttr { ino, .. } | Change::SetXattr { ino, .. } | Change::RemoveXattr { ino, .. } => {
            [Some(*ino), None]
        }
        _ => [None, None],
    }
}

impl Held {
    pub(super) fn begin(&self, inodes: [Option<Ino>; 2]) {
        let mut held = self.0.lock();
        for ino in inodes.into_iter().flatten() {
            *held.entry(ino).or_default() += 1;
        }
    }

    pub(super) fn end(&self, inodes: [Option<Ino>; 2]) {
        let mut held = self.0.lock();
        for ino in inodes.into_iter().flatten() {
            let left = held.get_mut(&ino).map_or(0, |count| {
                *count -= 1;
                *count
            });
            if left == 0 {
                held.remove(&ino);
            }
        }
    }

    pub(super) fn has(&self, ino: Ino) -> bool {
        self.0.lock().contains_key(&ino)
    }
}
