//! Owns a client that speaks NFSv3 to a node and keeps nothing: every call looks its path up anew. What it does
//! is visible to others only because the server makes it so; its writes are not even committed.

use crate::side::{Held, Kind, Outcome, Side, Stat};
use bytes::Bytes;
use nasd_base::file::{FileKind, SetAttr, SetTime};
use nasd_base::{OsEntropy, Timestamp};
use nasd_fs::Stability;
use nasd_nfs::handle::FileHandle;
use nasd_nfs::rpc::RpcCredential;
use nasd_nfs::v3::create::How;
use nasd_nfs::v3::types::{FileAttr, Status};
use nfs_client::{Client, ClientError, ClientResult};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::future::Future;
use tokio::runtime::Runtime;

pub struct NfsSide {
    name: String,
    runtime: Runtime,
    client: Client,
    root: FileHandle,
}

impl NfsSide {
    pub fn new(name: &str, address: &str, export: &str) -> NfsSide {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (client, root) = runtime.block_on(async {
            let address = address.parse().expect("an address");
            let credential = RpcCredential::sys(0, 0, &[]);
            let client = Client::connect(address, credential, &OsEntropy).await.expect("connect");
            let root = client.mount(export).await.expect("mount");
            (client, root)
        });
        NfsSide { name: format!("NFS of {name}"), runtime, client, root }
    }

    fn run<T>(&self, calls: impl Future<Output = ClientResult<T>>) -> Outcome<T> {
        self.runtime.block_on(calls).map_err(errno)
    }

    fn as_user(&self, uid: u32) -> Client {
        self.client.with_credential(RpcCredential::sys(uid, uid, &[]))
    }

    async fn dir(&self, path: &str) -> ClientResult<FileHandle> {
        self.client.walk(&self.root, parts(path).0).await
    }

    async fn file(&self, path: &str) -> ClientResult<FileHandle> {
        self.client.walk(&self.root, path).await
    }

    fn set(&self, path: &str, set: SetAttr) -> Outcome<()> {
        self.run(async { self.client.setattr(&self.file(path).await?, set, None).await.map(|_| ()) })
    }

    async fn put(&self, file: &FileHandle, offset: u64, data: &[u8]) -> ClientResult<()> {
        let data = Bytes::copy_from_slice(data);
        self.client.write_all(file, offset, Stability::Unstable, data).await.map(|_| ())
    }
}

/// The directory of a path, and the name in it.
fn parts(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn errno(error: ClientError) -> Errno {
    match error.status() {
        Some(Status::NameTooLong) => Errno::NAMETOOLONG,
        Some(Status::NotEmpty) => Errno::NOTEMPTY,
        Some(Status::Stale) => Errno::STALE,
        Some(status) if (status as u32) < 35 => Errno::from_raw_os_error(status as i32),
        _ => panic!("no answer to expect: {error}"),
    }
}

fn stat(attr: &FileAttr) -> Stat {
    let nanos = |at: Timestamp| i128::from(at.secs) * 1_000_000_000 + i128::from(at.nanos);
    let kind = match attr.kind {
        FileKind::Directory => Kind::Dir,
        FileKind::Symlink => Kind::Link,
        _ => Kind::File,
    };
    let FileAttr { fileid: ino, mode, nlink, uid, gid, size, .. } = *attr;
    let (mtime, ctime) = (nanos(attr.mtime), nanos(attr.ctime));
    Stat { kind, ino, mode, nlink: nlink.into(), uid, gid, size, mtime, ctime }
}

/// A handle, which is all that NFSv3 has of an open file.
struct Handle<'a>(&'a NfsSide, FileHandle);

impl Held for Handle<'_> {
    fn stat(&self) -> Outcome<Stat> {
        self.0.run(self.0.client.getattr(&self.1)).map(|attr| stat(&attr))
    }

    fn read(&self) -> Outcome<Vec<u8>> {
        self.0.run(self.0.client.read_all(&self.1))
    }
}

impl Side for NfsSide {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn stat(&self, path: &str) -> Outcome<Stat> {
        self.run(async { self.client.getattr(&self.file(path).await?).await }).map(|attr| stat(&attr))
    }

    fn list(&self, dir: &str) -> Outcome<BTreeSet<String>> {
        let entries = self.run(async { self.client.list(&self.file(dir).await?).await })?;
        let names = entries.into_iter().map(|entry| String::from_utf8_lossy(&entry.name).into_owned());
        Ok(names.filter(|name| name != "." && name != "..").collect())
    }

    fn read(&self, path: &str) -> Outcome<Vec<u8>> {
        self.run(async { self.client.read_all(&self.file(path).await?).await })
    }

    fn read_link(&self, path: &str) -> Outcome<String> {
        let target = self.run(async { self.client.readlink(&self.file(path).await?).await })?.target;
        Ok(String::from_utf8_lossy(&target).into_owned())
    }

    fn hold(&self, path: &str) -> Outcome<Box<dyn Held + '_>> {
        Ok(Box::new(Handle(self, self.run(self.file(path))?)))
    }

    fn read_as(&self, uid: u32, path: &str) -> Outcome<Vec<u8>> {
        let client = self.as_user(uid);
        self.run(async { client.read_all(&client.walk(&self.root, path).await?).await })
    }

    fn create(&self, path: &str, data: &[u8]) -> Outcome<()> {
        let empty = How::Unchecked(SetAttr { size: Some(0), mode: Some(0o644), ..SetAttr::default() });
        self.run(async {
            let dir = self.dir(path).await?;
            let made = self.client.create(&dir, parts(path).1, empty).await?;
            self.put(&made.handle.expect("a handle"), 0, data).await
        })
    }

    fn create_as(&self, uid: u32, path: &str) -> Outcome<()> {
        let client = self.as_user(uid);
        self.run(async {
            let dir = client.walk(&self.root, parts(path).0).await?;
            client.create(&dir, parts(path).1, How::Guarded(SetAttr::default())).await.map(|_| ())
        })
    }

    fn write(&self, path: &str, offset: u64, data: &[u8]) -> Outcome<()> {
        self.run(async { self.put(&self.file(path).await?, offset, data).await })
    }

    fn append(&self, path: &str, data: &[u8]) -> Outcome<()> {
        self.run(async {
            let file = self.file(path).await?;
            let size = self.client.getattr(&file).await?.size;
            self.put(&file, size, data).await
        })
    }

    fn resize(&self, path: &str, size: u64) -> Outcome<()> {
        self.set(path, SetAttr { size: Some(size), ..SetAttr::default() })
    }

    fn chmod(&self, path: &str, mode: u32) -> Outcome<()> {
        self.set(path, SetAttr { mode: Some(mode), ..SetAttr::default() })
    }

    fn chown(&self, path: &str, uid: u32, gid: u32) -> Outcome<()> {
        self.set(path, SetAttr { uid: Some(uid), gid: Some(gid), ..SetAttr::default() })
    }

    fn set_mtime(&self, path: &str, secs: u32) -> Outcome<()> {
        let at = Timestamp { secs: secs.into(), nanos: 0 };
        self.set(path, SetAttr { mtime: Some(SetTime::To(at)), ..SetAttr::default() })
    }

    fn mkdir(&self, path: &str) -> Outcome<()> {
        let set = SetAttr { mode: Some(0o755), ..SetAttr::default() };
        self.run(async {
            let dir = self.dir(path).await?;
            self.client.mkdir(&dir, parts(path).1, set).await.map(|_| ())
        })
    }

    fn rmdir(&self, path: &str) -> Outcome<()> {
        self.run(async { self.client.rmdir(&self.dir(path).await?, parts(path).1).await.map(|_| ()) })
    }

    fn unlink(&self, path: &str) -> Outcome<()> {
        self.run(async { self.client.remove(&self.dir(path).await?, parts(path).1).await.map(|_| ()) })
    }

    fn rename(&self, from: &str, to: &str) -> Outcome<()> {
        self.run(async {
            let (from_dir, to_dir) = (self.dir(from).await?, self.dir(to).await?);
            self.client.rename(&from_dir, parts(from).1, &to_dir, parts(to).1).await.map(|_| ())
        })
    }

    fn link(&self, from: &str, to: &str) -> Outcome<()> {
        self.run(async {
            let (file, dir) = (self.file(from).await?, self.dir(to).await?);
            self.client.link(&file, &dir, parts(to).1).await.map(|_| ())
        })
    }

    fn symlink(&self, target: &str, path: &str) -> Outcome<()> {
        self.run(async {
            let dir = self.dir(path).await?;
            self.client.symlink(&dir, parts(path).1, target, SetAttr::default()).await.map(|_| ())
        })
    }
}
