//! FSSTAT, FSINFO and PATHCONF (RFC 1813 §3.3.18 to §3.3.20): what a volume holds and what it can do.

use crate::handle::FileHandle;
use crate::v3::call_context::OpenedFile;
use crate::v3::types::{PostOp, Status};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::xdr_struct;
use bytes::Bytes;
use nasd_base::Timestamp;
use nasd_base::file::{FILE_BYTES_MAX, LINKS_MAX, NAME_BYTES_MAX};
use nasd_fs::{Reply, Request, TRANSFER_BYTES_MAX};

/// FSSTAT.
pub struct FsStat;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FsStatDone {
    pub attr: PostOp,
    pub total_bytes: u64,
    pub free_bytes: u64,
    /// What an unprivileged user may still use.
    pub available_bytes: u64,
    pub total_files: u64,
    pub free_files: u64,
    pub available_files: u64,
    /// Seconds for which the figures stay as they are; 0: not known.
    pub steady_secs: u32,
}

xdr_struct!(FsStatDone {
    attr,
    total_bytes,
    free_bytes,
    available_bytes,
    total_files,
    free_files,
    available_files,
    steady_secs
});

impl Procedure for FsStat {
    const NUMBER: u32 = 18;
    type Args = FileHandle;
    type Done = FsStatDone;
    type Failed = PostOp;
}

impl Serve for FsStat {
    async fn serve(call: &CallContext, args: FileHandle) -> Answer<Self> {
        let file = call.open_unchecked(&args)?;
        let attr = Some(file.attr(&file.get_attr().await?));
        file.with_attr(volume(&file, attr).await).await
    }
}

async fn volume(file: &OpenedFile<'_>, attr: PostOp) -> Result<FsStatDone, Status> {
    match file.call(Request::StatVolume, Bytes::new()).await? {
        (Reply::Volume(stat), _) => Ok(FsStatDone {
            attr,
            total_bytes: stat.total_bytes,
            free_bytes: stat.free_bytes,
            available_bytes: stat.available_bytes,
            total_files: stat.total_inodes,
            free_files: stat.free_inodes,
            available_files: stat.free_inodes,
            steady_secs: 0,
        }),
        _ => Err(Status::ServerFault),
    }
}

/// FSINFO.
pub struct FsInfo;

/// What every file of the volume can do (`properties`).
pub mod property {
    pub const LINK: u32 = 0x01;
    pub const SYMLINK: u32 = 0x02;
    /// PATHCONF is the same for all files.
    pub const HOMOGENEOUS: u32 = 0x08;
    pub const CAN_SET_TIME: u32 = 0x10;
}

/// Transfers should be multiples of this.
const TRANSFER_MULTIPLE_BYTES: u32 = 4096;
/// The listing size that clients should ask for.
const LISTING_PREFERRED_BYTES: u32 = 64 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FsInfoDone {
    pub attr: PostOp,
    pub read_max: u32,
    pub read_preferred: u32,
    pub read_multiple: u32,
    pub write_max: u32,
    pub write_preferred: u32,
    pub write_multiple: u32,
    pub listing_preferred: u32,
    pub file_bytes_max: u64,
    /// The finest time that can be set.
    pub time_step: Timestamp,
    /// See [`property`].
    pub properties: u32,
}

xdr_struct!(FsInfoDone {
    attr,
    read_max,
    read_preferred,
    read_multiple,
    write_max,
    write_preferred,
    write_multiple,
    listing_preferred,
    file_bytes_max,
    time_step,
    properties
});

impl Procedure for FsInfo {
    const NUMBER: u32 = 19;
    type Args = FileHandle;
    type Done = FsInfoDone;
    type Failed = PostOp;
}

impl Serve for FsInfo {
    async fn serve(call: &CallContext, args: FileHandle) -> Answer<Self> {
        let file = call.open_unchecked(&args)?;
        let attr = file.get_attr().await?;
        Ok(FsInfoDone {
            attr: Some(file.attr(&attr)),
            read_max: TRANSFER_BYTES_MAX,
            read_preferred: TRANSFER_BYTES_MAX,
            read_multiple: TRANSFER_MULTIPLE_BYTES,
            write_max: TRANSFER_BYTES_MAX,
            write_preferred: TRANSFER_BYTES_MAX,
            write_multiple: TRANSFER_MULTIPLE_BYTES,
            listing_preferred: LISTING_PREFERRED_BYTES,
            file_bytes_max: FILE_BYTES_MAX,
            time_step: Timestamp { secs: 0, nanos: 1 },
            properties: property::LINK | property::SYMLINK | property::HOMOGENEOUS | property::CAN_SET_TIME,
        })
    }
}

/// PATHCONF.
pub struct PathConf;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathConfDone {
    pub attr: PostOp,
    pub links_max: u32,
    pub name_bytes_max: u32,
    /// Names that are too long are refused, not cut.
    pub no_truncation: bool,
    /// Only root may give files away.
    pub chown_restricted: bool,
    pub case_insensitive: bool,
    pub case_preserving: bool,
}

xdr_struct!(PathConfDone {
    attr,
    links_max,
    name_bytes_max,
    no_truncation,
    chown_restricted,
    case_insensitive,
    case_preserving
});

impl Procedure for PathConf {
    const NUMBER: u32 = 20;
    type Args = FileHandle;
    type Done = PathConfDone;
    type Failed = PostOp;
}

impl Serve for PathConf {
    async fn serve(call: &CallContext, args: FileHandle) -> Answer<Self> {
        let file = call.open_unchecked(&args)?;
        let attr = file.get_attr().await?;
        Ok(PathConfDone {
            attr: Some(file.attr(&attr)),
            links_max: LINKS_MAX,
            name_bytes_max: NAME_BYTES_MAX as u32,
            no_truncation: true,
            chown_restricted: true,
            case_insensitive: false,
            case_preserving: true,
        })
    }
}
