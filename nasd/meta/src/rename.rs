//! `Rename`: moving a name, onto another one or in exchange for it.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::inode::Inode;
use crate::names::{self, DirRow};
use crate::{CreateMode, Outcome, RenameMode};
use nasd_base::file::{FileKind, SetAttr, WHITEOUT, want};
use nasd_base::{Errno, Ino};

/// So deep below the root a directory may be for another to be moved into it. A path of Linux's 4096 bytes names no
/// deeper one, and one change looks at no more directories than these.
const DEPTH_MAX: u32 = 4096;

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

fn entry(inode: &Inode) -> DirRow {
    DirRow { ino: inode.attr.ino, kind: inode.attr.kind }
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
            RenameMode::Replace | RenameMode::NoReplace => self.replace(ends, None),
            RenameMode::Whiteout => {
                let whiteout = self.whiteout(&ends.from.0)?;
                self.replace(ends, Some(whiteout))
            }
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
        self.may_remove(&from.attr, &ends.source.attr)?;
        match &ends.target {
            None if to.attr.nlink == 0 => return Err(Errno::NoEnt.into()),
            None => self.may_add(&to.attr)?,
            Some(target) => {
                self.may_remove(&to.attr, &target.attr)?;
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

    /// Whether `dir` is `ancestor` or below it. `NameTooLong` when `dir` is too deep to tell.
    fn is_within(&mut self, mut dir: Inode, ancestor: Ino) -> Result<bool, MetaError> {
        for _ in 0..DEPTH_MAX {
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
        Err(Errno::NameTooLong.into())
    }

    /// A directory that moves gets another `..`, which takes the right to write it.
    fn check_parent_change(&self, moved: &Inode) -> Result<(), MetaError> {
        if is_dir(moved) { self.require(&moved.attr, want::WRITE) } else { Ok(()) }
    }

    fn replace(&mut self, ends: Ends<'_>, left: Option<Inode>) -> Result<Outcome, MetaError> {
        let Ends { from: (from, from_name), to: (to, to_name), source, target } = ends;
        self.remove_name(from.attr.ino, from_name)?;
        if let Some(mut left) = left {
            self.store_new(&mut left, &WHITEOUT)?;
            self.insert_name(from.attr.ino, from_name, entry(&left))?;
        }
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
        self.adjust_parent(from.attr.ino, i64::from(left.is_some()) - 1, -directory)?;
        // The target was of the source's kind: with it goes its link to the parent.
        let arrived = i64::from(target.is_none());
        self.adjust_parent(to.attr.ino, arrived, directory * arrived)?;
        self.renamed(from, to, replaced)
    }

    /// What is left under a name that is moved away. Anybody may leave it, for it gives access to nothing.
    fn whiteout(&self, from: &Inode) -> Result<Inode, MetaError> {
        self.check_inodes()?;
        let set = SetAttr { mode: Some(0), ..SetAttr::default() };
        self.new_inode(from, &WHITEOUT, &set, CreateMode::Guarded)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Volume, name};
    use nasd_base::file::NewNode;

    const ROOT: Ino = Ino::ROOT;
    const EXCHANGE: RenameMode = RenameMode::Exchange;

    #[test]
    fn a_renamed_file_keeps_its_inode() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "a");
        let dir = volume.dir(ROOT, "d");
        let mtime = volume.attr(file).mtime;
        let outcome = volume.rename((ROOT, "a"), (dir, "b")).unwrap();
        let Outcome::Renamed { from, to, replaced: None } = outcome else { panic!("{outcome:?}") };
        assert_eq!((from.after.ino, from.after.size, from.after.mtime), (ROOT, 1, volume.now));
        assert_eq!((to.after.ino, to.after.size, to.after.ctime), (dir, 1, volume.now));
        assert_eq!((volume.find(ROOT, "a"), volume.find(dir, "b")), (Err(Errno::NoEnt), Ok(file)));
        assert_eq!((volume.attr(file).ctime, volume.attr(file).mtime), (volume.now, mtime));
        assert_eq!(volume.effects().names, vec![(ROOT, name("a")), (dir, name("b"))]);
    }

    #[test]
    fn within_one_directory_both_ends_see_the_same() {
        let mut volume = Volume::new();
        volume.file(ROOT, "a");
        let before = volume.attr(ROOT);
        let outcome = volume.rename((ROOT, "a"), (ROOT, "b")).unwrap();
        let Outcome::Renamed { from, to, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(from, to);
        assert_eq!((from.before, from.after.size), ((&before).into(), 1));
    }

    #[test]
    fn a_replaced_file_loses_its_name() {
        let mut volume = Volume::new();
        let a = volume.file(ROOT, "a");
        let b = volume.file(ROOT, "b");
        let outcome = volume.rename((ROOT, "a"), (ROOT, "b")).unwrap();
        assert!(matches!(outcome, Outcome::Renamed { replaced: Some((ino, 0)), .. } if ino == b));
        assert_eq!(volume.find(ROOT, "b"), Ok(a));
        assert_eq!(volume.effects().orphaned, vec![b]);
        assert_eq!(volume.attr(b).ctime, volume.now);
        assert_eq!(volume.attr(ROOT).size, 1);
    }

    #[test]
    fn two_names_of_one_file_are_left_alone() {
        let mut volume = Volume::new();
        let file = volume.file(ROOT, "a");
        volume.link(file, ROOT, "b").unwrap();
        let before = volume.dump();
        for mode in [RenameMode::Replace, EXCHANGE] {
            let outcome = volume.rename_as((ROOT, "a"), (ROOT, "b"), mode).unwrap();
            assert!(matches!(outcome, Outcome::Renamed { replaced: None, .. }));
        }
        volume.rename((ROOT, "a"), (ROOT, "a")).unwrap();
        assert_eq!(volume.dump(), before);
    }

    #[test]
    fn a_moved_directory_takes_its_link_along() {
        let mut volume = Volume::new();
        let (a, b) = (volume.dir(ROOT, "a"), volume.dir(ROOT, "b"));
        let moved = volume.dir(a, "m");
        volume.rename((a, "m"), (b, "n")).unwrap();
        assert_eq!((volume.attr(a).nlink, volume.attr(b).nlink), (2, 3));
        assert_eq!(volume.find(moved, ".."), Ok(b));
    }

    #[test]
    fn a_directory_replaces_an_empty_one() {
        let mut volume = Volume::new();
        let (a, b) = (volume.dir(ROOT, "a"), volume.dir(ROOT, "b"));
        let moved = volume.dir(a, "m");
        let victim = volume.dir(b, "m");
        volume.rename((a, "m"), (b, "m")).unwrap();
        assert_eq!((volume.attr(a).nlink, volume.attr(b).nlink), (2, 3));
        assert_eq!((volume.attr(victim).nlink, volume.attr(moved).nlink), (0, 2));
        volume.rename((ROOT, "a"), (ROOT, "c")).unwrap();
        let outcome = volume.rename((b, "m"), (ROOT, "c")).unwrap();
        assert!(matches!(outcome, Outcome::Renamed { replaced: Some((ino, 0)), .. } if ino == a));
        assert_eq!(volume.attr(ROOT).nlink, 4);
    }

    #[test]
    fn rename_onto_nonempty_directory_is_refused() {
        let mut volume = Volume::new();
        volume.dir(ROOT, "a");
        let b = volume.dir(ROOT, "b");
        volume.file(b, "f");
        assert_eq!(volume.rename((ROOT, "a"), (ROOT, "b")), Err(Errno::NotEmpty));
    }

    #[test]
    fn kinds_do_not_replace_each_other() {
        let mut volume = Volume::new();
        volume.dir(ROOT, "d");
        volume.file(ROOT, "f");
        assert_eq!(volume.rename((ROOT, "d"), (ROOT, "f")), Err(Errno::NotDir));
        assert_eq!(volume.rename((ROOT, "f"), (ROOT, "d")), Err(Errno::IsDir));
    }

    /// Every rename of a directory walked up to the root, however far that was.
    #[test]
    fn a_directory_is_not_moved_where_nobody_can_tell_in_bounded_time_whether_it_is_below_itself() {
        let mut volume = Volume::new();
        let moved = volume.dir(ROOT, "m");
        let file = volume.file(ROOT, "f");
        let mut chain = vec![ROOT];
        for _ in 0..DEPTH_MAX {
            chain.push(volume.dir(*chain.last().unwrap(), "d"));
        }
        let (deepest, one_less) = (chain[chain.len() - 1], chain[chain.len() - 2]);
        assert_eq!(volume.rename((ROOT, "m"), (deepest, "m")), Err(Errno::NameTooLong));
        volume.rename((ROOT, "f"), (deepest, "f")).unwrap();
        assert_eq!(volume.find(deepest, "f"), Ok(file), "a file is no such question");
        volume.rename((ROOT, "m"), (one_less, "m")).unwrap();
        volume.rename((one_less, "m"), (one_less, "n")).unwrap();
        volume.rename((one_less, "n"), (ROOT, "m")).unwrap();
        assert_eq!(volume.find(moved, ".."), Ok(ROOT));
    }

    #[test]
    fn a_directory_does_not_move_below_itself() {
        let mut volume = Volume::new();
        let a = volume.dir(ROOT, "a");
        let b = volume.dir(a, "b");
        let c = volume.dir(b, "c");
        assert_eq!(volume.rename((ROOT, "a"), (a, "x")), Err(Errno::Inval));
        assert_eq!(volume.rename((ROOT, "a"), (c, "x")), Err(Errno::Inval));
        assert_eq!(volume.rename_as((ROOT, "a"), (b, "c"), EXCHANGE), Err(Errno::Inval));
        assert_eq!(volume.rename_as((b, "c"), (ROOT, "a"), EXCHANGE), Err(Errno::Inval));
        assert_eq!(volume.rename((b, "c"), (ROOT, "a")), Err(Errno::NotEmpty));
    }

    #[test]
    fn no_replace_refuses_an_existing_target() {
        let mut volume = Volume::new();
        volume.file(ROOT, "a");
        volume.file(ROOT, "b");
        let (from, to) = ((ROOT, "a"), (ROOT, "b"));
        assert_eq!(volume.rename_as(from, to, RenameMode::NoReplace), Err(Errno::Exist));
        volume.rename_as(from, (ROOT, "c"), RenameMode::NoReplace).unwrap();
    }

    #[test]
    fn whiteout_covers_the_name_that_is_moved_away() {
        let mut volume = Volume::new();
        let (dir, replaced) = (volume.dir(ROOT, "d"), volume.file(ROOT, "b"));
        let file = volume.file(dir, "a");
        let outcome = volume.rename_as((dir, "a"), (ROOT, "b"), RenameMode::Whiteout).unwrap();
        assert!(matches!(outcome, Outcome::Renamed { replaced: Some((ino, 0)), .. } if ino == replaced));
        let whiteout = volume.attr(volume.find(dir, "a").unwrap());
        assert_eq!((whiteout.kind, whiteout.major, whiteout.minor), (FileKind::CharDevice, 0, 0));
        assert_eq!((whiteout.mode, whiteout.nlink), (0, 1));
        assert_eq!((volume.find(ROOT, "b"), volume.attr(dir).size), (Ok(file), 1));
        // A directory leaves one, too, and a user may.
        volume.become_user(10);
        let own = volume.dir(ROOT, "own");
        volume.dir(own, "sub");
        volume.rename_as((own, "sub"), (own, "moved"), RenameMode::Whiteout).unwrap();
        assert_eq!((volume.attr(own).size, volume.attr(own).nlink), (2, 3));
        let whiteout = volume.attr(volume.find(own, "sub").unwrap());
        assert_eq!((whiteout.kind, whiteout.uid), (FileKind::CharDevice, 10));
    }

    #[test]
    fn exchange_swaps_what_two_names_mean() {
        let mut volume = Volume::new();
        let dir = volume.dir(ROOT, "d");
        let file = volume.file(dir, "f");
        let other = volume.dir(ROOT, "o");
        volume.rename_as((ROOT, "o"), (dir, "f"), EXCHANGE).unwrap();
        assert_eq!((volume.find(ROOT, "o"), volume.find(dir, "f")), (Ok(file), Ok(other)));
        assert_eq!(volume.find(other, ".."), Ok(dir));
        assert_eq!((volume.attr(ROOT).nlink, volume.attr(dir).nlink), (3, 3));
        assert_eq!((volume.attr(file).ctime, volume.attr(other).ctime), (volume.now, volume.now));
        assert_eq!(volume.rename_as((ROOT, "o"), (ROOT, "none"), EXCHANGE), Err(Errno::NoEnt));
        let (_, entries, _) = volume.view().read_dir(ROOT, 0, 9, 999, false).unwrap();
        assert_eq!(entries.iter().find(|entry| entry.name == "o").unwrap().kind, FileKind::File);
    }

    #[test]
    fn both_directories_must_be_writable() {
        let mut volume = Volume::new();
        let open = volume.make(ROOT, "open", NewNode::Directory, 0o777).unwrap().ino;
        let closed = volume.dir(ROOT, "closed");
        let hidden = volume.make(ROOT, "hidden", NewNode::Directory, 0o766).unwrap().ino;
        for dir in [open, closed, hidden] {
            volume.file(dir, "f");
        }
        volume.become_user(10);
        for (from, to) in [(open, closed), (closed, open), (hidden, open), (open, hidden)] {
            assert_eq!(volume.rename((from, "f"), (to, "g")), Err(Errno::Access));
        }
        volume.rename((open, "f"), (open, "g")).unwrap();
    }

    #[test]
    fn sticky_directories_protect_both_ends() {
        let mut volume = Volume::new();
        let tmp = volume.make(ROOT, "tmp", NewNode::Directory, 0o1777).unwrap().ino;
        volume.become_user(10).file(tmp, "theirs");
        volume.become_user(11).file(tmp, "mine");
        volume.file(ROOT, "outside");
        assert_eq!(volume.rename((tmp, "theirs"), (ROOT, "x")), Err(Errno::Perm));
        assert_eq!(volume.rename((ROOT, "outside"), (tmp, "theirs")), Err(Errno::Perm));
        assert_eq!(volume.rename_as((ROOT, "outside"), (tmp, "theirs"), EXCHANGE), Err(Errno::Perm));
        volume.rename((ROOT, "outside"), (tmp, "mine")).unwrap();
    }

    #[test]
    fn a_directory_that_changes_its_parent_must_be_writable_itself() {
        let mut volume = Volume::new();
        let to = volume.make(ROOT, "to", NewNode::Directory, 0o777).unwrap().ino;
        volume.dir(ROOT, "foreign");
        volume.become_user(10);
        let own = volume.make(ROOT, "own", NewNode::Directory, 0o555).unwrap().ino;
        assert_eq!(volume.rename((ROOT, "foreign"), (to, "x")), Err(Errno::Access));
        assert_eq!(volume.rename((ROOT, "own"), (to, "x")), Err(Errno::Access));
        volume.rename((ROOT, "foreign"), (ROOT, "still")).unwrap();
        volume.chmod(own, 0o755).unwrap();
        volume.rename((ROOT, "own"), (to, "x")).unwrap();
    }

    #[test]
    fn nothing_moves_into_a_removed_directory() {
        let mut volume = Volume::new();
        let dir = volume.dir(ROOT, "d");
        volume.file(ROOT, "f");
        volume.rmdir(ROOT, "d").unwrap();
        assert_eq!(volume.rename((ROOT, "f"), (dir, "f")), Err(Errno::NoEnt));
        assert_eq!(volume.rename((dir, "f"), (ROOT, "g")), Err(Errno::NoEnt));
    }

    #[test]
    fn dots_and_missing_names_are_refused() {
        let mut volume = Volume::new();
        volume.dir(ROOT, "d");
        for dots in [".", ".."] {
            assert_eq!(volume.rename((ROOT, dots), (ROOT, "x")), Err(Errno::Inval));
            assert_eq!(volume.rename((ROOT, "d"), (ROOT, dots)), Err(Errno::Inval));
        }
        assert_eq!(volume.rename((ROOT, "none"), (ROOT, "x")), Err(Errno::NoEnt));
        assert_eq!(volume.rename((ROOT, "d"), (ROOT, &"x".repeat(256))), Err(Errno::NameTooLong));
    }
}
