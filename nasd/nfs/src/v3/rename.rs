//! RENAME (RFC 1813 §3.3.14).

use crate::v3::call_context::OpenedFile;
use crate::v3::name::Name;
use crate::v3::types::{DirOp, Status, WccData};
use crate::v3::{Answer, CallContext, Failure, Procedure, Serve};
use crate::xdr::xdr_struct;
use bytes::Bytes;
use nasd_fs::{Change, Outcome, RenameMode};

/// RENAME.
pub struct Rename;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenameArgs {
    pub from: DirOp,
    pub to: DirOp,
}

xdr_struct!(RenameArgs { from, to });

/// The directories that lost and got the name.
pub type BothDirs = (WccData, WccData);

impl Procedure for Rename {
    const NUMBER: u32 = 14;
    type Args = RenameArgs;
    type Done = BothDirs;
    type Failed = BothDirs;
}

impl Serve for Rename {
    async fn serve(call: &CallContext, args: RenameArgs) -> Answer<Self> {
        let from = call.open_to_change(&args.from.dir).await?;
        let to = call.open_to_change(&args.to.dir).await?;
        match rename(&from, args.from.name, &to, args.to.name).await {
            Ok(done) => Ok(done),
            Err(status) => Err(Failure { status, detail: both_after(&from, &to, status).await }),
        }
    }
}

async fn rename(
    from: &OpenedFile<'_>,
    from_name: Bytes,
    to: &OpenedFile<'_>,
    to_name: Bytes,
) -> Result<BothDirs, Status> {
    let from_name = Name::existing(from_name)?;
    let to_name = Name::existing(to_name)?;
    if from.id.volume != to.id.volume {
        return Err(Status::XDev);
    }
    let change = Change::Rename {
        from_parent: from.id.ino,
        from_name,
        to_parent: to.id.ino,
        to_name,
        mode: RenameMode::Replace,
    };
    match from.change(change).await? {
        Outcome::Renamed { from: lost, to: got, .. } => Ok((from.wcc(&lost), to.wcc(&got))),
        _ => Err(Status::ServerFault),
    }
}

async fn both_after(from: &OpenedFile<'_>, to: &OpenedFile<'_>, status: Status) -> BothDirs {
    let detail = |result: Result<(), Failure<WccData>>| result.err().map(|f| f.detail).unwrap_or_default();
    (detail(from.with_wcc(Err(status)).await), detail(to.with_wcc(Err(status)).await))
}
