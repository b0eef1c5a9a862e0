//! Reading names and attributes: what the metadata says, with unsaved data showing in sizes and times.

use crate::core::Core;
use crate::leader::access::{lists_xattr, may_list, may_read_xattr, may_search, refuse_gone};
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use crate::service::{Context, Reply};
use bytes::Bytes;
use nasd_base::file::{Attr, DirEntry};
use nasd_base::{Errno, Ino};
use nasd_meta::CAPABILITIES;
use std::sync::Arc;

/// How often a listing is read anew because data was saved while it was read, before its entries' attributes
/// are read one by one.
const RELISTS_MAX: u32 = 2;

impl Core {
    pub(super) async fn lookup(
        &self,
        context: &Context,
        parent: Ino,
        name: &[u8],
    ) -> Result<Reply, ExecuteError> {
        let tenure = self.enter(&context.trace).await?;
        let saves = tenure.saves();
        let found = self.meta.lookup(parent, name);
        // A caller that may not search must not learn which names exist.
        let dir = match &found {
            Ok((_, dir)) => *dir,
            Err(_) => self.meta.attr(parent)?,
        };
        refuse_gone(&dir, context)?;
        may_search(&dir, self.list_of(&dir, context)?.as_ref(), context)?;
        let (attr, dir) = found?;
        let attr = self.show(&tenure, attr, saves)?;
        Ok(Reply::Entry { attr, dir })
    }

    pub(super) async fn get_attr(&self, context: &Context, ino: Ino) -> Result<Reply, ExecuteError> {
        let tenure = self.enter(&context.trace).await?;
        let attr = self.shown_attr(&tenure, ino)?;
        refuse_gone(&attr, context)?;
        Ok(Reply::Attr(attr))
    }

    pub(super) async fn read_link(&self, context: &Context, ino: Ino) -> Result<Reply, ExecuteError> {
        self.enter(&context.trace).await?;
        let (target, attr) = self.meta.readlink(ino)?;
        refuse_gone(&attr, context)?;
        Ok(Reply::Target { target, attr })
    }

    pub(super) async fn read_dir(
        &self,
        context: &Context,
        ino: Ino,
        cookie: u64,
        most: (u32, u32),
        attrs: bool,
    ) -> Result<Reply, ExecuteError> {
        let tenure = self.enter(&context.trace).await?;
        let (entries_max, bytes_max) = most;
        let mut attempt = 0;
        loop {
            let saves = tenure.saves();
            let (dir, mut entries, end) = self.meta.read_dir(ino, cookie, entries_max, bytes_max, attrs)?;
            refuse_gone(&dir, context)?;
            may_list(&dir, self.list_for_data(&dir, context)?.as_ref(), context)?;
            if attrs && !self.shows_entries(&dir, context)? {
                entries.iter_mut().for_each(|entry| entry.attr = None);
                return Ok(Reply::Dir { dir, entries, end });
            }
            entries
                .iter_mut()
                .filter_map(|entry| entry.attr.as_mut())
                .for_each(|attr| tenure.files.show_in(attr));
            if attrs && tenure.saves() != saves {
                if attempt < RELISTS_MAX {
                    attempt += 1;
                    continue;
                }
                self.show_each(&tenure, &mut entries)?;
            }
            return Ok(Reply::Dir { dir, entries, end });
        }
    }

    /// Whether a listing may say more than names: who may not search the directory could not look its entries up
    /// either. For those who hold it open their kernel decides.
    fn shows_entries(&self, dir: &Attr, context: &Context) -> Result<bool, ExecuteError> {
        Ok(context.holds_open || may_search(dir, self.list_of(dir, context)?.as_ref(), context).is_ok())
    }

    fn show_each(&self, tenure: &Arc<Tenure>, entries: &mut [DirEntry]) -> Result<(), ExecuteError> {
        for entry in entries {
            entry.attr = match self.shown_attr(tenure, entry.ino) {
                Ok(attr) => Some(attr),
                // Removed and reaped since it was listed.
                Err(ExecuteError::Refused(Errno::Stale)) => None,
                Err(error) => return Err(error),
            };
        }
        Ok(())
    }

    /// Attributes that were read when the tenure had counted `saves`, with what is unsaved.
    fn show(&self, tenure: &Arc<Tenure>, attr: Attr, saves: u64) -> Result<Attr, ExecuteError> {
        let mut shown = attr;
        tenure.files.show_in(&mut shown);
        if tenure.saves() == saves { Ok(shown) } else { self.shown_attr(tenure, attr.ino) }
    }

    pub(super) async fn get_xattr(
        &self,
        context: &Context,
        ino: Ino,
        name: &[u8],
    ) -> Result<Reply, ExecuteError> {
        let tenure = self.enter(&context.trace).await?;
        let attr = self.meta.attr(ino)?;
        refuse_gone(&attr, context)?;
        may_read_xattr(&attr, self.list_of(&attr, context)?.as_ref(), context, name)?;
        if name == CAPABILITIES && tenure.files.has_unsaved(ino) {
            return Err(Errno::NoData.into());
        }
        Ok(Reply::Xattr(self.meta.xattr(ino, name)?))
    }

    pub(super) async fn list_xattrs(&self, context: &Context, ino: Ino) -> Result<Reply, ExecuteError> {
        let tenure = self.enter(&context.trace).await?;
        refuse_gone(&self.meta.attr(ino)?, context)?;
        // What is written takes the capabilities, and is saved in a moment.
        let taken = tenure.files.has_unsaved(ino);
        let mut names: Vec<Bytes> = self.meta.xattrs(ino)?;
        names.retain(|name| lists_xattr(context, name) && !(taken && name == CAPABILITIES));
        Ok(Reply::Xattrs(names))
    }
}
