//! `Rename`: moving a name, onto another one or in exchange for it.

use crate::apply::{Apply, wcc};
use crate::error::{MetaError, damaged};
use crate::inode::Inode;
use crate::names::{self, Entry};
use crate::{Outcome, RenameMode, perm};
use nasd_base::file::{FileKind, permits, want};
use nasd_base::{Errno, Ino};

/// Both ends of a rename, checked.
struct Ends<'n> {
    from: (Inode, &'n [u8]),
    to: (Inode, &'n [u8]),
    source: Inode,
    target: Option<Inode>,
}

impl Ends<'_> {
    fn same_parent(&self) -> bool {
        self.from.0.attr.ino == self.to.0.attr.ino
    }
}

fn is_dir(inode: &Inode) -> bool {
    inode.attr.kind == FileKind::Directory
}

fn entry(inode: &Inode) -> Entry {
    Entry { ino: inode.attr.ino, kind: inode.attr.kind }
}

impl Apply<'_> {
    pub fn rename(
        &mut self,
        from: (Ino, &[u8]),
        to: (Ino, &[u8]),
        mode: RenameMode,
    ) -> Result<Outcome, MetaError> {
        let ends = self.rename_ends(from, to, mode)?;
        let same = ends.target.is_some_and(|target| target.attr.ino == ends.source.attr.ino);
        if same {
            // Two names of one file, or one name: POSIX has nothing happen.
            let (from, to) = (ends.from.0, ends.to.0);
            return Ok(Outcome::Renamed { from: wcc(&from, &from), to: wcc(&to, &to), replaced: None });
        }
        self.check_rename(&ends, mode)?;
        match mode {
            RenameMode::Exchange => self.exchange(ends),
            RenameMode::Replace | RenameMode::NoReplace => self.replace(ends),
        }
    }

    fn rename_ends<'n>(
        &mut self,
        from: (Ino, &'n [u8]),
        to: (Ino, &'n [u8]),
        mode: RenameMode,
    ) -> Result<Ends<'n>, MetaError> {
        let from_dir = self.directory(from.0)?;
        let to_dir = self.directory(to.0)?;
        for name in [from.1, to.1] {
            names::check(name)?;
            if names::is_dots(name) {
                return Err(Errno::Inval.into());
            }
        }
        let source = names::find(self.db, from.0, from.1)?.ok_or(Errno::NoEnt)?;
        let target = names::find(self.db, to.0, to.1)?;
        match (mode, target) {
            (RenameMode::NoReplace, Some(_)) => return Err(Errno::Exist.into()),
            (RenameMode::Exchange, None) => return Err(Errno::NoEnt.into()),
            _ => {}
        }
        let source = self.named_inode(source.ino)?;
        let target = target.map(|target| self.named_inode(target.ino)).transpose()?;
        Ok(Ends { from: (from_dir, from.1), to: (to_dir, to.1), source, target })
    }

    fn check_rename(&mut self, ends: &Ends<'_>, mode: RenameMode) -> Result<(), MetaError> {
        let (from, to) = (&ends.from.0, &ends.to.0);
        self.check_ancestry(ends, mode)?;
        perm::may_remove(&from.attr, &ends.source.attr, self.caller)?;
        match &ends.target {
            None if to.attr.nlink == 0 => return Err(Errno::NoEnt.into()),
            None => perm::may_add(&to.attr, self.caller)?,
            Some(target) => {
                perm::may_remove(&to.attr, &target.attr, self.caller)?;
                if mode != RenameMode::Exchange {
                    check_replaceable(&ends.source, target)?;
                }
            }
        }
        if !ends.same_parent() {
            self.check_parent_change(&ends.source)?;
            if let (RenameMode::Exchange, Some(target)) = (mode, &ends.target) {
                self.check_parent_change(target)?;
            }
        }
        Ok(())
    }

    /// A directory must not move into itself or below; in an exchange that holds both ways.
    fn check_ancestry(&mut self, ends: &Ends<'_>, mode: RenameMode) -> Result<(), MetaError> {
        if ends.same_parent() {
            return Ok(());
        }
        if is_dir(&ends.source) && self.is_within(ends.to.0, ends.source.attr.ino)? {
            return Err(Errno::Inval.into());
        }
        let Some(target) = ends.target.filter(|target| mode == RenameMode::Exchange && is_dir(target)) else {
            return Ok(());
        };
        match self.is_within(ends.from.0, target.attr.ino)? {
            true => Err(Errno::Inval.into()),
            false => Ok(()),
        }
    }

    /// Whether `dir` is `ancestor` or below it.
    fn is_within(&mut self, mut dir: Inode, ancestor: Ino) -> Result<bool, MetaError> {
        // A path has at most as many steps as there are inodes; more means a loop.
        for _ in 0..=self.memory.counters.inodes {
            if dir.attr.ino == ancestor {
                return Ok(true);
            }
            if dir.attr.ino == Ino::ROOT {
                return Ok(false);
            }
            match self.memory.inodes.get(self.db, dir.parent)? {
                Some(parent) => dir = parent,
                // Above a removed directory, whose parent may be gone as well.
                None => return Ok(false),
            }
        }
        Err(damaged(format!("directory {} is its own ancestor", dir.attr.ino)))
    }

    /// A directory that moves gets another `..`, which takes the right to write it.
    fn check_parent_change(&self, moved: &Inode) -> Result<(), Errno> {
        match is_dir(moved) && !permits(&moved.attr, self.caller, want::WRITE) {
            true => Err(Errno::Access),
            false => Ok(()),
        }
    }

    fn replace(&mut self, ends: Ends<'_>) -> Result<Outcome, MetaError> {
        let Ends { from: (from, from_name), to: (to, to_name), source, target } = ends;
        self.remove_name(from.attr.ino, from_name)?;
        match target {
            Some(_) => self.replace_name(to.attr.ino, to_name, entry(&source))?,
            None => self.insert_name(to.attr.ino, to_name, entry(&source))?,
        }
        let mut replaced = None;
        if let Some(mut target) = target {
            self.drop_link(&mut target)?;
            replaced = Some((target.attr.ino, target.attr.nlink));
        }
        self.put_moved(source, to.attr.ino);

        let directory = i64::from(is_dir(&source));
        self.adjust_parent(from.attr.ino, -1, -directory)?;
        // The target was of the source's kind: with it goes its link to the parent.
        let arrived = i64::from(target.is_none());
        self.adjust_parent(to.attr.ino, arrived, directory * arrived)?;
        self.renamed(from, to, replaced)
    }

    fn exchange(&mut self, ends: Ends<'_>) -> Result<Outcome, MetaError> {
        let Ends { from: (from, from_name), to: (to, to_name), source, target } = ends;
        let target = target.ok_or(Errno::NoEnt)?;
        self.replace_name(from.attr.ino, from_name, entry(&target))?;
        self.replace_name(to.attr.ino, to_name, entry(&source))?;
        self.put_moved(source, to.attr.ino);
        self.put_moved(target, from.attr.ino);

        let directories = i64::from(is_dir(&source)) - i64::from(is_dir(&target));
        self.adjust_parent(from.attr.ino, 0, -directories)?;
        self.adjust_parent(to.attr.ino, 0, directories)?;
        self.renamed(from, to, None)
    }

    fn put_moved(&mut self, mut moved: Inode, parent: Ino) {
        moved.attr.ctime = self.now;
        if is_dir(&moved) {
            moved.parent = parent;
        }
        self.put(&mut moved);
    }

    /// Stores a directory with so many entries and links more. Both ends may be one directory.
    fn adjust_parent(&mut self, ino: Ino, entries: i64, links: i64) -> Result<(), MetaError> {
        let mut dir = self.named_inode(ino)?;
        dir.attr.size = dir.attr.size.wrapping_add_signed(entries);
        dir.attr.nlink = dir.attr.nlink.wrapping_add_signed(links as i32);
        self.put_directory(&mut dir);
        Ok(())
    }

    fn renamed(
        &mut self,
        from: Inode,
        to: Inode,
        replaced: Option<(Ino, u32)>,
    ) -> Result<Outcome, MetaError> {
        let from_after = self.named_inode(from.attr.ino)?;
        let to_after = self.named_inode(to.attr.ino)?;
        Ok(Outcome::Renamed { from: wcc(&from, &from_after), to: wcc(&to, &to_after), replaced })
    }
}

/// Whether the source may take the target's place.
fn check_replaceable(source: &Inode, target: &Inode) -> Result<(), Errno> {
    match (is_dir(source), is_dir(target)) {
        (true, false) => Err(Errno::NotDir),
        (false, true) => Err(Errno::IsDir),
        (true, true) if target.attr.size > 0 => Err(Errno::NotEmpty),
        _ => Ok(()),
    }
}
