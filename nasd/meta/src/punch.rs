//! Holes and sizes: `Punch`, and what `SetAttr` does to data when it sets a size.

use crate::apply::{Apply, wcc};
use crate::error::MetaError;
use crate::inode::{Inode, Layout};
use crate::write::{must_hold_data, settle_layout};
use crate::{Outcome, perm};
use nasd_base::file::FILE_BYTES_MAX;
use nasd_base::{Errno, Ino};
use std::ops::Range;

impl Apply<'_> {
    pub fn punch(&mut self, ino: Ino, offset: u64, len: u64) -> Result<Outcome, MetaError> {
        let before = self.inode(ino)?;
        must_hold_data(&before.attr)?;
        perm::may_change_data(&before.attr, self.caller)?;
        if len == 0 {
            return Err(Errno::Inval.into());
        }
        let end = offset.checked_add(len).filter(|end| *end <= FILE_BYTES_MAX);
        let range = offset..end.ok_or(Errno::FileTooBig)?;
        let mut inode = before;
        self.make_hole(&mut inode, &range)?;
        self.data_changed(&mut inode);
        self.put(&mut inode);
        Ok(Outcome::Changed(wcc(&before, &inode)))
    }

    /// Gives a file another size: cuts what is beyond it, or adds a hole. The caller stores the inode.
    pub fn resize(&mut self, inode: &mut Inode, size: u64) -> Result<(), MetaError> {
        if size < inode.attr.size {
            self.make_hole(inode, &(size..FILE_BYTES_MAX))?;
        }
        inode.attr.size = size;
        self.data_changed(inode);
        Ok(())
    }

    fn make_hole(&mut self, inode: &mut Inode, range: &Range<u64>) -> Result<(), MetaError> {
        if inode.layout != Layout::Extents {
            return self.punch_small(inode, range);
        }
        let mut ledger = Default::default();
        let removed = self.cut(inode.attr.ino, range, &mut ledger)?;
        self.settle(ledger)?;
        self.account(inode, 0, removed);
        settle_layout(inode);
        Ok(())
    }

    /// What every change of data by hand does to the attributes.
    fn data_changed(&mut self, inode: &mut Inode) {
        inode.attr.mtime = self.now;
        inode.attr.ctime = self.now;
        inode.data_txg = self.txg;
        if !self.caller.is_root() {
            inode.attr.mode = perm::without_privileges(&inode.attr, self.caller);
        }
    }
}
