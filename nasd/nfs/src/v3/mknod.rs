//! MKNOD (RFC 1813 §3.3.11): device nodes, pipes and sockets.

use crate::v3::create::make;
use crate::v3::types::{DirOp, Made, Status, WccData};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::{Decoder, Encoder, Malformed, Xdr, xdr_struct};
use nasd_base::file::{FileKind, NewNode, SetAttr};
use nasd_fs::CreateMode;

/// MKNOD.
pub struct Mknod;

/// What to make (`mknoddata3`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Special {
    Char {
        set: SetAttr,
        major: u32,
        minor: u32,
    },
    Block {
        set: SetAttr,
        major: u32,
        minor: u32,
    },
    Socket {
        set: SetAttr,
    },
    Fifo {
        set: SetAttr,
    },
    /// A kind that has a procedure of its own: refused with BADTYPE.
    Other(FileKind),
}

impl Special {
    fn kind(&self) -> FileKind {
        match self {
            Special::Char { .. } => FileKind::CharDevice,
            Special::Block { .. } => FileKind::BlockDevice,
            Special::Socket { .. } => FileKind::Socket,
            Special::Fifo { .. } => FileKind::Fifo,
            Special::Other(kind) => *kind,
        }
    }
}

impl Xdr for Special {
    fn encode(&self, out: &mut Encoder) {
        self.kind().encode(out);
        match self {
            Special::Char { set, major, minor } | Special::Block { set, major, minor } => {
                set.encode(out);
                out.u32(*major);
                out.u32(*minor);
            }
            Special::Socket { set } | Special::Fifo { set } => set.encode(out),
            Special::Other(_) => {}
        }
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(match FileKind::decode(input)? {
            FileKind::CharDevice => {
                Special::Char { set: Xdr::decode(input)?, major: input.u32()?, minor: input.u32()? }
            }
            FileKind::BlockDevice => {
                Special::Block { set: Xdr::decode(input)?, major: input.u32()?, minor: input.u32()? }
            }
            FileKind::Socket => Special::Socket { set: Xdr::decode(input)? },
            FileKind::Fifo => Special::Fifo { set: Xdr::decode(input)? },
            other => Special::Other(other),
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MknodArgs {
    pub at: DirOp,
    pub what: Special,
}

xdr_struct!(MknodArgs { at, what });

impl Procedure for Mknod {
    const NUMBER: u32 = 11;
    type Args = MknodArgs;
    type Done = Made;
    type Failed = WccData;
}

impl Serve for Mknod {
    async fn serve(call: &CallContext, args: MknodArgs) -> Answer<Self> {
        let (node, set) = match args.what {
            Special::Char { set, major, minor } => (NewNode::CharDevice { major, minor }, set),
            Special::Block { set, major, minor } => (NewNode::BlockDevice { major, minor }, set),
            Special::Socket { set } => (NewNode::Socket, set),
            Special::Fifo { set } => (NewNode::Fifo, set),
            Special::Other(_) => {
                let dir = call.open_to_change(&args.at.dir).await?;
                return dir.with_wcc(Err(Status::BadType)).await;
            }
        };
        let set = SetAttr { size: None, ..set };
        make(call, args.at, node, set, CreateMode::Guarded).await
    }
}
