//! LOOKUP (RFC 1813 §3.3.3).

use crate::handle::FileHandle;
use crate::v3::call_context::OpenedFile;
use crate::v3::name::Name;
use crate::v3::types::{DirOp, PostOp, Status};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::xdr_struct;
use bytes::Bytes;
use nasd_base::acl::permits_with;
use nasd_base::file::{Attr, FileKind, want};
use nasd_fs::{Reply, Request};

/// LOOKUP.
pub struct Lookup;

/// The object and the directory it was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub file: FileHandle,
    pub attr: PostOp,
    pub dir: PostOp,
}

xdr_struct!(Found { file, attr, dir });

impl Procedure for Lookup {
    const NUMBER: u32 = 3;
    type Args = DirOp;
    type Done = Found;
    type Failed = PostOp;
}

impl Serve for Lookup {
    async fn serve(call: &CallContext, args: DirOp) -> Answer<Self> {
        let dir = call.open(&args.dir).await?;
        let (attr, parent) = dir.with_attr(find(&dir, args.name).await).await?;
        Ok(Found { file: dir.handle(&attr), attr: Some(dir.attr(&attr)), dir: Some(dir.attr(&parent)) })
    }
}

/// The object called `name` in a directory, and the directory.
pub(crate) async fn find(dir: &OpenedFile<'_>, name: Bytes) -> Result<(Attr, Attr), Status> {
    let name = match Name::check(name)? {
        Name::Plain(name) => name,
        Name::Parent => Bytes::from_static(b".."),
        Name::Here => return find_itself(dir).await,
    };
    match dir.call(Request::Lookup { parent: dir.id.ino, name }, Bytes::new()).await? {
        (Reply::Entry { attr, dir }, _) => Ok((attr, dir)),
        _ => Err(Status::ServerFault),
    }
}

/// `.` is the directory itself, for those who may search it.
async fn find_itself(dir: &OpenedFile<'_>) -> Result<(Attr, Attr), Status> {
    let attr = dir.get_attr().await?;
    if attr.kind != FileKind::Directory {
        return Err(Status::NotDir);
    }
    let acl = dir.list_of(&attr).await?;
    if !permits_with(acl.as_ref(), &attr, &dir.context().caller, want::EXECUTE) {
        return Err(Status::Access);
    }
    Ok((attr, attr))
}
