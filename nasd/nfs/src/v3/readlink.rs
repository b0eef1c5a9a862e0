//! READLINK (RFC 1813 §3.3.5).

use crate::handle::FileHandle;
use crate::v3::call_context::OpenedFile;
use crate::v3::types::{PostOp, Status};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::{Decoder, Encoder, Malformed, Xdr};
use bytes::Bytes;
use nasd_fs::{Reply, Request};

/// READLINK.
pub struct ReadLink;

/// Where a symlink points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub attr: PostOp,
    pub target: Bytes,
}

impl Xdr for Target {
    fn encode(&self, out: &mut Encoder) {
        self.attr.encode(out);
        out.opaque(&self.target);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(Target { attr: Xdr::decode(input)?, target: input.opaque(usize::MAX)? })
    }
}

impl Procedure for ReadLink {
    const NUMBER: u32 = 5;
    type Args = FileHandle;
    type Done = Target;
    type Failed = PostOp;
}

impl Serve for ReadLink {
    async fn serve(call: &CallContext, args: FileHandle) -> Answer<Self> {
        let file = call.open(&args).await?;
        file.with_attr(read_link(&file).await).await
    }
}

async fn read_link(file: &OpenedFile<'_>) -> Result<Target, Status> {
    match file.call(Request::ReadLink { ino: file.id.ino }, Bytes::new()).await? {
        (Reply::Target { target, attr }, _) => Ok(Target { attr: Some(file.attr(&attr)), target }),
        _ => Err(Status::ServerFault),
    }
}
