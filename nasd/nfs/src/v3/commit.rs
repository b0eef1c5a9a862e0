//! COMMIT (RFC 1813 §3.3.21). The whole file is committed, whatever range the client names.

use crate::handle::FileHandle;
use crate::v3::call_context::OpenedFile;
use crate::v3::types::{Status, WccData};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::xdr_struct;
use bytes::Bytes;
use nasd_fs::{Reply, Request};

/// COMMIT.
pub struct Commit;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitArgs {
    pub file: FileHandle,
    pub offset: u64,
    pub count: u32,
}

xdr_struct!(CommitArgs { file, offset, count });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitDone {
    pub wcc: WccData,
    /// Unstable writes with another verifier must be sent again.
    pub verifier: u64,
}

xdr_struct!(CommitDone { wcc, verifier });

impl Procedure for Commit {
    const NUMBER: u32 = 21;
    type Args = CommitArgs;
    type Done = CommitDone;
    type Failed = WccData;
}

impl Serve for Commit {
    async fn serve(call: &CallContext, args: CommitArgs) -> Answer<Self> {
        let file = call.open_to_change(&args.file).await?;
        file.with_wcc(commit(&file).await).await
    }
}

async fn commit(file: &OpenedFile<'_>) -> Result<CommitDone, Status> {
    match file.call(Request::Commit { ino: file.id.ino }, Bytes::new()).await? {
        (Reply::Committed { before, attr, verifier }, _) => {
            let wcc = WccData { before: Some(before), after: Some(file.attr(&attr)) };
            Ok(CommitDone { wcc, verifier: verifier.0 })
        }
        _ => Err(Status::ServerFault),
    }
}
