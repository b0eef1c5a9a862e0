//! SYMLINK (RFC 1813 §3.3.10).

use crate::v3::create::make;
use crate::v3::types::{DirOp, Made, Status, WccData};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::{Decoder, Encoder, Malformed, Xdr};
use bytes::Bytes;
use nasd_base::file::{NewNode, SetAttr, TARGET_BYTES_MAX};
use nasd_fs::CreateMode;

/// SYMLINK.
pub struct Symlink;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymlinkArgs {
    pub at: DirOp,
    pub set: SetAttr,
    pub target: Bytes,
}

impl Xdr for SymlinkArgs {
    fn encode(&self, out: &mut Encoder) {
        self.at.encode(out);
        self.set.encode(out);
        out.opaque(&self.target);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        let (at, set) = Xdr::decode(input)?;
        Ok(SymlinkArgs { at, set, target: input.opaque(usize::MAX)? })
    }
}

impl Procedure for Symlink {
    const NUMBER: u32 = 10;
    type Args = SymlinkArgs;
    type Done = Made;
    type Failed = WccData;
}

impl Serve for Symlink {
    async fn serve(call: &CallContext, args: SymlinkArgs) -> Answer<Self> {
        let dir = call.open_to_change(&args.at.dir).await?;
        dir.with_wcc(check_target(&args.target)).await?;
        // A symlink's mode means nothing and its size is the target's.
        let set = SetAttr { mode: Some(0o777), size: None, ..args.set };
        let node = NewNode::Symlink { target: args.target };
        make(call, args.at, node, set, CreateMode::Guarded).await
    }
}

fn check_target(target: &[u8]) -> Result<(), Status> {
    match target.len() {
        0 => Err(Status::NoEnt),
        len if len > TARGET_BYTES_MAX => Err(Status::NameTooLong),
        _ if target.contains(&0) => Err(Status::Inval),
        _ => Ok(()),
    }
}
