//! What a procedure is on the wire: its number, its XDR forms, and its answer.

use crate::v3::types::Status;
use crate::xdr::{Decoder, Encoder, Malformed, Xdr};
use bytes::Bytes;

/// NFS's RPC program number.
pub const PROGRAM: u32 = 100_003;
/// The version of NFS.
pub const VERSION: u32 = 3;
/// How many procedures there are, NULL included.
pub const PROCEDURES: usize = 22;

/// What RFC 1813 calls them, by their numbers.
pub const PROCEDURE_NAMES: [&str; PROCEDURES] = [
    "null",
    "getattr",
    "setattr",
    "lookup",
    "access",
    "readlink",
    "read",
    "write",
    "create",
    "mkdir",
    "symlink",
    "mknod",
    "remove",
    "rmdir",
    "rename",
    "link",
    "readdir",
    "readdirplus",
    "fsstat",
    "fsinfo",
    "pathconf",
    "commit",
];

/// The XDR forms of one procedure.
pub trait Procedure {
    const NUMBER: u32;
    type Args: Xdr + Send;
    /// The result of success.
    type Done: Xdr + Send;
    /// What comes with an error status.
    type Failed: Xdr + Default + Send;
}

/// A procedure's result.
pub type Answer<P> = Result<<P as Procedure>::Done, Failure<<P as Procedure>::Failed>>;

/// An error status and the attributes that come with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure<F> {
    pub status: Status,
    pub detail: F,
}

impl<F: Default> From<Status> for Failure<F> {
    fn from(status: Status) -> Self {
        Failure { status, detail: F::default() }
    }
}

/// Writes `nfsstat3` and what follows it.
pub(crate) fn encode_answer<P: Procedure>(answer: &Answer<P>, out: &mut Encoder) {
    match answer {
        Ok(done) => {
            out.u32(0);
            done.encode(out);
        }
        Err(failure) => {
            out.u32(failure.status as u32);
            failure.detail.encode(out);
        }
    }
}

/// Reads what [`encode_answer`] wrote.
pub fn decode_answer<P: Procedure>(results: Bytes) -> Result<Answer<P>, Malformed> {
    let mut input = Decoder::new(results);
    let answer = match input.u32()? {
        0 => Ok(P::Done::decode(&mut input)?),
        number => {
            let status = Status::from_number(number).ok_or(Malformed("unknown status"))?;
            Err(Failure { status, detail: P::Failed::decode(&mut input)? })
        }
    };
    input.finish()?;
    Ok(answer)
}
