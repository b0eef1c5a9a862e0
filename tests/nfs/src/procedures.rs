//! NFSv3 calls with typed results, and a few that are made of several.

use crate::{Client, ClientResult};
use bytes::Bytes;
use nasd_base::Timestamp;
use nasd_base::file::SetAttr;
use nasd_fs::{Stability, TRANSFER_BYTES_MAX};
use nasd_nfs::handle::FileHandle;
use nasd_nfs::v3::access::{Access, AccessArgs, AccessDone};
use nasd_nfs::v3::attributes::{GetAttr, SetAttrArgs, SetAttributes};
use nasd_nfs::v3::commit::{Commit, CommitArgs, CommitDone};
use nasd_nfs::v3::create::{Create, CreateArgs, How};
use nasd_nfs::v3::fsinfo::{FsInfo, FsInfoDone, FsStat, FsStatDone, PathConf, PathConfDone};
use nasd_nfs::v3::link::{Link, LinkArgs, Linked};
use nasd_nfs::v3::lookup::{Found, Lookup};
use nasd_nfs::v3::mkdir::{Mkdir, MkdirArgs};
use nasd_nfs::v3::mknod::{Mknod, MknodArgs, Special};
use nasd_nfs::v3::read::{Read, ReadArgs, ReadDone};
use nasd_nfs::v3::readdir::{Entry, Listing, ReadDir, ReadDirArgs};
use nasd_nfs::v3::readdirplus::{EntryPlus, ReadDirPlus, ReadDirPlusArgs};
use nasd_nfs::v3::readlink::{ReadLink, Target};
use nasd_nfs::v3::remove::{Remove, Rmdir};
use nasd_nfs::v3::rename::{BothDirs, Rename, RenameArgs};
use nasd_nfs::v3::symlink::{Symlink, SymlinkArgs};
use nasd_nfs::v3::types::{DirOp, FileAttr, Made, WccData};
use nasd_nfs::v3::write::{Write, WriteArgs, WriteDone};
use nasd_nfs::v3::{PROGRAM, VERSION};
use nasd_nfs::xdr::{Decoder, Encoder};

/// Listing size that [`Client::list`] asks for, in bytes.
const LISTING_BYTES: u32 = 64 * 1024;

fn at(dir: &FileHandle, name: impl AsRef<[u8]>) -> DirOp {
    DirOp { dir: dir.clone(), name: Bytes::copy_from_slice(name.as_ref()) }
}

impl Client {
    /// NULL: whether the server is there.
    pub async fn null(&self) -> ClientResult<()> {
        Ok(Decoder::new(self.rpc(PROGRAM, VERSION, 0, Encoder::new()).await?).finish()?)
    }

    pub async fn getattr(&self, file: &FileHandle) -> ClientResult<FileAttr> {
        self.done::<GetAttr>(file.clone()).await
    }

    /// `guard`: only if ctime still is this.
    pub async fn setattr(
        &self,
        file: &FileHandle,
        set: SetAttr,
        guard: Option<Timestamp>,
    ) -> ClientResult<WccData> {
        self.done::<SetAttributes>(SetAttrArgs { file: file.clone(), set, guard }).await
    }

    pub async fn lookup(&self, dir: &FileHandle, name: impl AsRef<[u8]>) -> ClientResult<Found> {
        self.done::<Lookup>(at(dir, name)).await
    }

    /// `wanted`: see [`nasd_nfs::v3::access::right`].
    pub async fn access(&self, file: &FileHandle, wanted: u32) -> ClientResult<AccessDone> {
        self.done::<Access>(AccessArgs { file: file.clone(), wanted }).await
    }

    pub async fn readlink(&self, link: &FileHandle) -> ClientResult<Target> {
        self.done::<ReadLink>(link.clone()).await
    }

    pub async fn read(&self, file: &FileHandle, offset: u64, count: u32) -> ClientResult<ReadDone> {
        self.done::<Read>(ReadArgs { file: file.clone(), offset, count }).await
    }

    pub async fn write(
        &self,
        file: &FileHandle,
        offset: u64,
        stability: Stability,
        data: Bytes,
    ) -> ClientResult<WriteDone> {
        let count = data.len() as u32;
        self.done::<Write>(WriteArgs { file: file.clone(), offset, count, stability, data }).await
    }

    pub async fn create(&self, dir: &FileHandle, name: impl AsRef<[u8]>, how: How) -> ClientResult<Made> {
        self.done::<Create>(CreateArgs { at: at(dir, name), how }).await
    }

    pub async fn mkdir(&self, dir: &FileHandle, name: impl AsRef<[u8]>, set: SetAttr) -> ClientResult<Made> {
        self.done::<Mkdir>(MkdirArgs { at: at(dir, name), set }).await
    }

    pub async fn symlink(
        &self,
        dir: &FileHandle,
        name: impl AsRef<[u8]>,
        target: impl AsRef<[u8]>,
        set: SetAttr,
    ) -> ClientResult<Made> {
        let target = Bytes::copy_from_slice(target.as_ref());
        self.done::<Symlink>(SymlinkArgs { at: at(dir, name), set, target }).await
    }

    pub async fn mknod(&self, dir: &FileHandle, name: impl AsRef<[u8]>, what: Special) -> ClientResult<Made> {
        self.done::<Mknod>(MknodArgs { at: at(dir, name), what }).await
    }

    pub async fn remove(&self, dir: &FileHandle, name: impl AsRef<[u8]>) -> ClientResult<WccData> {
        self.done::<Remove>(at(dir, name)).await
    }

    pub async fn rmdir(&self, dir: &FileHandle, name: impl AsRef<[u8]>) -> ClientResult<WccData> {
        self.done::<Rmdir>(at(dir, name)).await
    }

    pub async fn rename(
        &self,
        from: &FileHandle,
        from_name: impl AsRef<[u8]>,
        to: &FileHandle,
        to_name: impl AsRef<[u8]>,
    ) -> ClientResult<BothDirs> {
        self.done::<Rename>(RenameArgs { from: at(from, from_name), to: at(to, to_name) }).await
    }

    pub async fn link(
        &self,
        file: &FileHandle,
        dir: &FileHandle,
        name: impl AsRef<[u8]>,
    ) -> ClientResult<Linked> {
        self.done::<Link>(LinkArgs { file: file.clone(), to: at(dir, name) }).await
    }

    pub async fn readdir(&self, dir: &FileHandle, cookie: u64, count: u32) -> ClientResult<Listing<Entry>> {
        self.done::<ReadDir>(ReadDirArgs { dir: dir.clone(), cookie, verifier: 0, count }).await
    }

    pub async fn readdirplus(
        &self,
        dir: &FileHandle,
        cookie: u64,
        dircount: u32,
        maxcount: u32,
    ) -> ClientResult<Listing<EntryPlus>> {
        let args = ReadDirPlusArgs { dir: dir.clone(), cookie, verifier: 0, dircount, maxcount };
        self.done::<ReadDirPlus>(args).await
    }

    pub async fn fsstat(&self, root: &FileHandle) -> ClientResult<FsStatDone> {
        self.done::<FsStat>(root.clone()).await
    }

    pub async fn fsinfo(&self, root: &FileHandle) -> ClientResult<FsInfoDone> {
        self.done::<FsInfo>(root.clone()).await
    }

    pub async fn pathconf(&self, file: &FileHandle) -> ClientResult<PathConfDone> {
        self.done::<PathConf>(file.clone()).await
    }

    /// Commits the whole file.
    pub async fn commit(&self, file: &FileHandle) -> ClientResult<CommitDone> {
        self.done::<Commit>(CommitArgs { file: file.clone(), offset: 0, count: 0 }).await
    }

    /// Every entry of a directory, `.` and `..` included, from as many READDIRPLUS calls as it takes.
    pub async fn list(&self, dir: &FileHandle) -> ClientResult<Vec<EntryPlus>> {
        let mut entries: Vec<EntryPlus> = Vec::new();
        loop {
            let cookie = entries.last().map_or(0, |entry| entry.cookie);
            let page = self.readdirplus(dir, cookie, LISTING_BYTES, LISTING_BYTES).await?;
            entries.extend(page.entries);
            if page.end {
                return Ok(entries);
            }
        }
    }

    /// The object at a path of names below `dir`, separated by slashes.
    pub async fn walk(&self, dir: &FileHandle, path: &str) -> ClientResult<FileHandle> {
        let mut at = dir.clone();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            at = self.lookup(&at, name).await?.file;
        }
        Ok(at)
    }

    /// All data of a file, from as many READs as it takes.
    pub async fn read_all(&self, file: &FileHandle) -> ClientResult<Vec<u8>> {
        let mut data = Vec::new();
        loop {
            let part = self.read(file, data.len() as u64, TRANSFER_BYTES_MAX).await?;
            data.extend_from_slice(&part.data);
            if part.end {
                return Ok(data);
            }
        }
    }

    /// Writes all of `data` at `offset`, in as many WRITEs as it takes, and returns their verifiers.
    pub async fn write_all(
        &self,
        file: &FileHandle,
        offset: u64,
        stability: Stability,
        mut data: Bytes,
    ) -> ClientResult<Vec<u64>> {
        let (mut offset, mut verifiers) = (offset, Vec::new());
        while !data.is_empty() {
            let part = data.slice(..data.len().min(TRANSFER_BYTES_MAX as usize));
            let done = self.write(file, offset, stability, part).await?;
            verifiers.push(done.verifier);
            offset += u64::from(done.count);
            let _ = data.split_to(done.count as usize);
        }
        Ok(verifiers)
    }
}
