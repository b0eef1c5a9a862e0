//! GETATTR and SETATTR (RFC 1813 §3.3.1, §3.3.2).

use crate::handle::FileHandle;
use crate::v3::call_context::OpenedFile;
use crate::v3::types::{FileAttr, Status, WccData};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::xdr_struct;
use nasd_base::Timestamp;
use nasd_base::file::{FILE_BYTES_MAX, SetAttr};
use nasd_fs::{Change, Outcome};

/// GETATTR.
pub struct GetAttr;

impl Procedure for GetAttr {
    const NUMBER: u32 = 1;
    type Args = FileHandle;
    type Done = FileAttr;
    type Failed = ();
}

impl Serve for GetAttr {
    async fn serve(call: &CallContext, args: FileHandle) -> Answer<Self> {
        let file = call.open_unchecked(&args)?;
        let attr = file.get_attr().await?;
        Ok(file.attr(&attr))
    }
}

/// SETATTR.
pub struct SetAttributes;

/// What to set; with `guard`, only if ctime still is that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAttrArgs {
    pub file: FileHandle,
    pub set: SetAttr,
    pub guard: Option<Timestamp>,
}

xdr_struct!(SetAttrArgs { file, set, guard });

impl Procedure for SetAttributes {
    const NUMBER: u32 = 2;
    type Args = SetAttrArgs;
    type Done = WccData;
    type Failed = WccData;
}

impl Serve for SetAttributes {
    async fn serve(call: &CallContext, args: SetAttrArgs) -> Answer<Self> {
        let file = call.open_to_change(&args.file).await?;
        file.with_wcc(set_attributes(&file, args.set, args.guard).await).await
    }
}

async fn set_attributes(
    file: &OpenedFile<'_>,
    set: SetAttr,
    guard: Option<Timestamp>,
) -> Result<WccData, Status> {
    check_size(&set)?;
    match file.change(Change::SetAttr { ino: file.id.ino, set, guard }).await? {
        Outcome::Changed(wcc) => Ok(file.wcc(&wcc)),
        _ => Err(Status::ServerFault),
    }
}

/// Sizes that no file can have.
pub(super) fn check_size(set: &SetAttr) -> Result<(), Status> {
    match set.size {
        Some(size) if size > FILE_BYTES_MAX => Err(Status::FileTooBig),
        _ => Ok(()),
    }
}
