//! ACCESS (RFC 1813 §3.3.4): what the server would allow, asked in advance.

use crate::handle::FileHandle;
use crate::v3::call_context::OpenedFile;
use crate::v3::types::PostOp;
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::xdr_struct;
use nasd_base::acl::{Acl, permits_with};
use nasd_base::file::{Attr, Caller, FileKind, want};

/// ACCESS.
pub struct Access;

/// The rights that can be asked for; together they make a mask.
pub mod right {
    /// Read a file or list a directory.
    pub const READ: u32 = 0x01;
    /// Look names up in a directory.
    pub const LOOKUP: u32 = 0x02;
    /// Rewrite data or change entries.
    pub const MODIFY: u32 = 0x04;
    /// Append data or add entries.
    pub const EXTEND: u32 = 0x08;
    /// Remove entries of a directory.
    pub const DELETE: u32 = 0x10;
    /// Run a file.
    pub const EXECUTE: u32 = 0x20;
    /// All of them.
    pub const ALL: u32 = 0x3f;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessArgs {
    pub file: FileHandle,
    /// See [`right`].
    pub wanted: u32,
}

xdr_struct!(AccessArgs { file, wanted });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessDone {
    pub attr: PostOp,
    /// The part of `wanted` that is allowed.
    pub granted: u32,
}

xdr_struct!(AccessDone { attr, granted });

impl Procedure for Access {
    const NUMBER: u32 = 4;
    type Args = AccessArgs;
    type Done = AccessDone;
    type Failed = PostOp;
}

impl Serve for Access {
    async fn serve(call: &CallContext, args: AccessArgs) -> Answer<Self> {
        let file = call.open_unchecked(&args.file)?;
        let attr = file.get_attr().await?;
        let acl = file.list_of(&attr).await?;
        let granted = args.wanted & granted(&file, &attr, acl.as_ref());
        Ok(AccessDone { attr: Some(file.attr(&attr)), granted })
    }
}

fn granted(file: &OpenedFile<'_>, attr: &Attr, acl: Option<&Acl>) -> u32 {
    let rights = rights_of(attr, acl, &file.context().caller);
    let modifying = right::MODIFY | right::EXTEND | right::DELETE;
    // A device or pipe is written on the client, whatever the export says.
    let local =
        matches!(attr.kind, FileKind::CharDevice | FileKind::BlockDevice | FileKind::Fifo | FileKind::Socket);
    if file.read_only && !local { rights & !modifying } else { rights }
}

/// The rights that the mode gives, or the list that refines it.
fn rights_of(attr: &Attr, acl: Option<&Acl>, caller: &Caller) -> u32 {
    let may = |wanted| permits_with(acl, attr, caller, wanted);
    let mut rights = 0;
    let mut grant = |allowed, bits| rights |= if allowed { bits } else { 0 };
    grant(may(want::READ), right::READ);
    if attr.kind == FileKind::Directory {
        grant(may(want::EXECUTE), right::LOOKUP);
        grant(may(want::WRITE | want::EXECUTE), right::MODIFY | right::EXTEND | right::DELETE);
    } else {
        grant(may(want::WRITE), right::MODIFY | right::EXTEND);
        grant(may(want::EXECUTE), right::EXECUTE);
    }
    rights
}
