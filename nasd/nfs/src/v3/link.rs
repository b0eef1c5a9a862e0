//! LINK (RFC 1813 §3.3.15).

use crate::handle::FileHandle;
use crate::v3::call_context::OpenedFile;
use crate::v3::name::Name;
use crate::v3::types::{DirOp, PostOp, Status, WccData};
use crate::v3::{Answer, CallContext, Failure, Procedure, Serve};
use crate::xdr::xdr_struct;
use bytes::Bytes;
use nasd_fs::{Change, Outcome};

/// LINK.
pub struct Link;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkArgs {
    pub file: FileHandle,
    pub to: DirOp,
}

xdr_struct!(LinkArgs { file, to });

/// The file and the directory of its new name.
pub type Linked = (PostOp, WccData);

impl Procedure for Link {
    const NUMBER: u32 = 15;
    type Args = LinkArgs;
    type Done = Linked;
    type Failed = Linked;
}

impl Serve for Link {
    async fn serve(call: &CallContext, args: LinkArgs) -> Answer<Self> {
        let file = call.open_to_change(&args.file).await?;
        let dir = call.open_to_change(&args.to.dir).await?;
        match link(&file, &dir, args.to.name).await {
            Ok(done) => Ok(done),
            Err(status) => Err(Failure { status, detail: after(&file, &dir, status).await }),
        }
    }
}

async fn link(file: &OpenedFile<'_>, dir: &OpenedFile<'_>, name: Bytes) -> Result<Linked, Status> {
    let name = Name::fresh(name)?;
    if file.id.volume != dir.id.volume {
        return Err(Status::XDev);
    }
    match dir.change(Change::Link { ino: file.id.ino, parent: dir.id.ino, name }).await? {
        Outcome::Linked { attr, dir: wcc } => Ok((Some(file.attr(&attr)), dir.wcc(&wcc))),
        _ => Err(Status::ServerFault),
    }
}

async fn after(file: &OpenedFile<'_>, dir: &OpenedFile<'_>, status: Status) -> Linked {
    let attr = file.with_attr::<()>(Err(status)).await.err().and_then(|failure| failure.detail);
    let wcc = dir.with_wcc::<()>(Err(status)).await.err().map(|failure| failure.detail);
    (attr, wcc.unwrap_or_default())
}
