//! REMOVE and RMDIR (RFC 1813 §3.3.12, §3.3.13).

use crate::v3::call_context::OpenedFile;
use crate::v3::name::Name;
use crate::v3::types::{DirOp, Status, WccData};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use bytes::Bytes;
use nasd_fs::{Change, Outcome};

/// REMOVE.
pub struct Remove;

impl Procedure for Remove {
    const NUMBER: u32 = 12;
    type Args = DirOp;
    type Done = WccData;
    type Failed = WccData;
}

impl Serve for Remove {
    async fn serve(call: &CallContext, args: DirOp) -> Answer<Self> {
        let dir = call.open_to_change(&args.dir).await?;
        dir.with_wcc(remove(&dir, args.name).await).await
    }
}

async fn remove(dir: &OpenedFile<'_>, name: Bytes) -> Result<WccData, Status> {
    let name = Name::existing(name)?;
    removed(dir, Change::Unlink { parent: dir.id.ino, name }).await
}

/// RMDIR.
pub struct Rmdir;

impl Procedure for Rmdir {
    const NUMBER: u32 = 13;
    type Args = DirOp;
    type Done = WccData;
    type Failed = WccData;
}

impl Serve for Rmdir {
    async fn serve(call: &CallContext, args: DirOp) -> Answer<Self> {
        let dir = call.open_to_change(&args.dir).await?;
        dir.with_wcc(rmdir(&dir, args.name).await).await
    }
}

/// `.` is INVAL; `..` is EXIST, for it cannot be empty: it holds the directory it was named in.
async fn rmdir(dir: &OpenedFile<'_>, name: Bytes) -> Result<WccData, Status> {
    let name = match Name::check(name)? {
        Name::Plain(name) => name,
        Name::Here => return Err(Status::Inval),
        Name::Parent => return Err(Status::Exist),
    };
    removed(dir, Change::Rmdir { parent: dir.id.ino, name }).await
}

async fn removed(dir: &OpenedFile<'_>, change: Change) -> Result<WccData, Status> {
    match dir.change(change).await? {
        Outcome::Removed { dir: wcc, .. } => Ok(dir.wcc(&wcc)),
        _ => Err(Status::ServerFault),
    }
}
