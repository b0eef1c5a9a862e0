//! CREATE (RFC 1813 §3.3.8): unchecked, guarded and exclusive. Also what all four makers of names share.

use crate::v3::attributes::check_size;
use crate::v3::call_context::OpenedFile;
use crate::v3::name::Name;
use crate::v3::types::{DirOp, Made, Status, WccData};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::{Decoder, Encoder, Malformed, Xdr, xdr_struct};
use bytes::Bytes;
use nasd_base::file::{NewNode, SetAttr};
use nasd_fs::{Change, CreateMode, Outcome};

/// CREATE.
pub struct Create;

/// What to do about a file that exists (`createhow3`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Unchecked(SetAttr),
    Guarded(SetAttr),
    /// The verifier names this attempt: a repetition finds its own file. Attributes follow by SETATTR.
    Exclusive(u64),
}

impl Xdr for How {
    fn encode(&self, out: &mut Encoder) {
        match self {
            How::Unchecked(set) => {
                out.u32(0);
                set.encode(out);
            }
            How::Guarded(set) => {
                out.u32(1);
                set.encode(out);
            }
            How::Exclusive(verifier) => {
                out.u32(2);
                out.u64(*verifier);
            }
        }
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        match input.u32()? {
            0 => Ok(How::Unchecked(SetAttr::decode(input)?)),
            1 => Ok(How::Guarded(SetAttr::decode(input)?)),
            2 => Ok(How::Exclusive(input.u64()?)),
            _ => Err(Malformed("unknown way to create")),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateArgs {
    pub at: DirOp,
    pub how: How,
}

xdr_struct!(CreateArgs { at, how });

impl Procedure for Create {
    const NUMBER: u32 = 8;
    type Args = CreateArgs;
    type Done = Made;
    type Failed = WccData;
}

impl Serve for Create {
    async fn serve(call: &CallContext, args: CreateArgs) -> Answer<Self> {
        let (set, mode) = match args.how {
            How::Unchecked(set) => (set, CreateMode::Unchecked),
            How::Guarded(set) => (set, CreateMode::Guarded),
            How::Exclusive(verifier) => (SetAttr::default(), CreateMode::Exclusive { verifier }),
        };
        make(call, args.at, NewNode::File, set, mode).await
    }
}

/// Makes a name and its inode.
pub(super) async fn make(
    call: &CallContext,
    at: DirOp,
    node: NewNode,
    set: SetAttr,
    mode: CreateMode,
) -> Result<Made, crate::v3::Failure<WccData>> {
    let dir = call.open_to_change(&at.dir).await?;
    dir.with_wcc(make_in(&dir, at.name, node, set, mode).await).await
}

/// Clients that give no mode get a file only its owner can use, until they set one.
const PRIVATE_MODE: u32 = 0o600;
const PRIVATE_DIRECTORY_MODE: u32 = 0o700;

async fn make_in(
    dir: &OpenedFile<'_>,
    name: Bytes,
    node: NewNode,
    mut set: SetAttr,
    mode: CreateMode,
) -> Result<Made, Status> {
    let name = Name::fresh(name)?;
    check_size(&set)?;
    let private = if node == NewNode::Directory { PRIVATE_DIRECTORY_MODE } else { PRIVATE_MODE };
    set.mode = set.mode.or(Some(private));
    match dir.change(Change::Create { parent: dir.id.ino, name, node, set, mode }).await? {
        Outcome::Created { attr, dir: wcc, .. } => {
            Ok(Made { handle: Some(dir.handle(&attr)), attr: Some(dir.attr(&attr)), dir: dir.wcc(&wcc) })
        }
        _ => Err(Status::ServerFault),
    }
}
