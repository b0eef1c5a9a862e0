//! MKDIR (RFC 1813 §3.3.9).

use crate::v3::create::make;
use crate::v3::types::{DirOp, Made, WccData};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::xdr_struct;
use nasd_base::file::{NewNode, SetAttr};
use nasd_fs::CreateMode;

/// MKDIR.
pub struct Mkdir;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MkdirArgs {
    pub at: DirOp,
    pub set: SetAttr,
}

xdr_struct!(MkdirArgs { at, set });

impl Procedure for Mkdir {
    const NUMBER: u32 = 9;
    type Args = MkdirArgs;
    type Done = Made;
    type Failed = WccData;
}

impl Serve for Mkdir {
    async fn serve(call: &CallContext, args: MkdirArgs) -> Answer<Self> {
        // A directory has no size to set.
        let set = SetAttr { size: None, ..args.set };
        make(call, args.at, NewNode::Directory, set, CreateMode::Guarded).await
    }
}
