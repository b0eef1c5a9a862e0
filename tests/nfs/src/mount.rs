//! MOUNT calls.

use crate::{Client, ClientResult};
use bytes::Bytes;
use nasd_nfs::handle::FileHandle;
use nasd_nfs::mount::types::{ExportEntry, MountEntry, MountPath, Mounted, decode_mounted};
use nasd_nfs::mount::{PROGRAM, VERSION, procedure};
use nasd_nfs::xdr::{Decoder, Encoder, Xdr};

/// Most entries that are taken from a server's lists.
const ENTRIES_MAX: usize = 100_000;

impl Client {
    /// MNT: the handle of an export's root, or of a directory below one.
    pub async fn mount(&self, path: &str) -> ClientResult<FileHandle> {
        self.mount_details(path).await.map(|mounted| mounted.root)
    }

    /// MNT with all that it answers.
    pub async fn mount_details(&self, path: &str) -> ClientResult<Mounted> {
        let mut results = self.mount_rpc(procedure::MNT, path_args(path)).await?;
        let answer = decode_mounted(&mut results)?;
        results.finish()?;
        Ok(answer?)
    }

    /// UMNT.
    pub async fn unmount(&self, path: &str) -> ClientResult<()> {
        Ok(self.mount_rpc(procedure::UMNT, path_args(path)).await?.finish()?)
    }

    /// UMNTALL.
    pub async fn unmount_all(&self) -> ClientResult<()> {
        Ok(self.mount_rpc(procedure::UMNTALL, Encoder::new()).await?.finish()?)
    }

    /// DUMP: what this client has mounted.
    pub async fn mounts(&self) -> ClientResult<Vec<MountEntry>> {
        self.mount_list(procedure::DUMP).await
    }

    /// EXPORT: what this client may mount.
    pub async fn exports(&self) -> ClientResult<Vec<ExportEntry>> {
        self.mount_list(procedure::EXPORT).await
    }

    async fn mount_list<T: Xdr>(&self, procedure: u32) -> ClientResult<Vec<T>> {
        let mut results = self.mount_rpc(procedure, Encoder::new()).await?;
        let list = results.list(ENTRIES_MAX)?;
        results.finish()?;
        Ok(list)
    }

    async fn mount_rpc(&self, procedure: u32, args: Encoder) -> ClientResult<Decoder> {
        self.rpc(PROGRAM, VERSION, procedure, args).await.map(Decoder::new)
    }
}

fn path_args(path: &str) -> Encoder {
    let mut args = Encoder::new();
    MountPath(Bytes::copy_from_slice(path.as_bytes())).encode(&mut args);
    args
}
