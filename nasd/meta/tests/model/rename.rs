//! The oracle's rename.

use crate::plain::{Answer, Plain, Told, ensure};
use nasd_base::Errno;
use nasd_base::file::FileKind;
use nasd_meta::RenameMode;

impl Plain {
    fn within(&self, mut dir: u64, ancestor: u64) -> bool {
        loop {
            if dir == ancestor {
                return true;
            }
            match self.nodes.get(&dir) {
                Some(node) if node.parent != dir => dir = node.parent,
                _ => return false,
            }
        }
    }

    pub fn rename(
        &mut self,
        (from, from_name): (u64, &str),
        (to, to_name): (u64, &str),
        mode: RenameMode,
    ) -> Answer {
        self.dir(from)?;
        self.dir(to)?;
        let source = self.named(from, from_name).ok_or(Errno::NoEnt)?;
        let target = self.named(to, to_name);
        ensure(mode != RenameMode::NoReplace || target.is_none(), Errno::Exist)?;
        let exchange = mode == RenameMode::Exchange;
        ensure(!exchange || target.is_some(), Errno::NoEnt)?;
        if target == Some(source) {
            return Ok(Told::Replaced(None));
        }
        self.check_rename(from, to, source, target, exchange)?;
        let back = target.filter(|_| exchange);
        self.set_name(from, from_name, back);
        self.set_name(to, to_name, Some(source));
        if mode == RenameMode::Whiteout {
            let whiteout = self.add(FileKind::CharDevice, 0, self.gid_in(from), from);
            self.set_name(from, from_name, Some(whiteout));
        }
        for (moved, old, new) in [(Some(source), from, to), (back, to, from)] {
            let Some(moved) = moved else { continue };
            if self.touch(moved).is_dir() {
                self.node(moved).parent = new;
                self.node(old).nlink -= 1;
                self.node(new).nlink += 1;
            }
        }
        let Some(target) = target.filter(|_| !exchange) else { return Ok(Told::Replaced(None)) };
        self.node(to).nlink -= u32::from(self.nodes[&target].is_dir());
        Ok(Told::Replaced(Some((target, self.drop_link(target)))))
    }

    fn check_rename(
        &self,
        from: u64,
        to: u64,
        source: u64,
        target: Option<u64>,
        exchange: bool,
    ) -> Result<(), Errno> {
        let is_dir = |ino: u64| self.nodes[&ino].is_dir();
        ensure(!(is_dir(source) && self.within(to, source)), Errno::Inval)?;
        let swallows = |target| exchange && is_dir(target) && self.within(from, target);
        ensure(!target.is_some_and(swallows), Errno::Inval)?;
        self.may_remove(from, source)?;
        match target {
            None => self.may_add(to)?,
            Some(target) => {
                self.may_remove(to, target)?;
                if !exchange {
                    ensure(!is_dir(source) || is_dir(target), Errno::NotDir)?;
                    ensure(is_dir(source) || !is_dir(target), Errno::IsDir)?;
                    ensure(self.nodes[&target].names.is_empty(), Errno::NotEmpty)?;
                }
            }
        }
        // A directory that moves gets another `..`.
        for moved in [Some(source), target.filter(|_| exchange)].into_iter().flatten() {
            ensure(from == to || !is_dir(moved) || self.may(moved, 2), Errno::Access)?;
        }
        Ok(())
    }
}
