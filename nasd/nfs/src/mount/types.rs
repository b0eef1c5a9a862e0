//! MOUNT's data types in XDR.

use crate::handle::FileHandle;
use crate::xdr::{Decoder, Encoder, Malformed, Xdr, xdr_struct};
use bytes::Bytes;

/// Longest path to mount, in bytes (MNTPATHLEN).
pub const PATH_BYTES_MAX: usize = 1024;
/// Longest host or group name, in bytes (MNTNAMLEN).
pub const NAME_BYTES_MAX: usize = 255;

/// A path on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountPath(pub Bytes);

impl Xdr for MountPath {
    fn encode(&self, out: &mut Encoder) {
        out.opaque(&self.0);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(MountPath(input.opaque(PATH_BYTES_MAX)?))
    }
}

/// The name of a host, network or group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(pub Bytes);

impl Xdr for HostName {
    fn encode(&self, out: &mut Encoder) {
        out.opaque(&self.0);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(HostName(input.opaque(NAME_BYTES_MAX)?))
    }
}

/// Why a mount was refused (`mountstat3`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[repr(u32)]
pub enum MountStatus {
    #[error("not permitted")]
    Perm = 1,
    #[error("no such directory")]
    NoEnt = 2,
    #[error("input/output error")]
    Io = 5,
    #[error("not exported to this client, or permission denied")]
    Access = 13,
    #[error("not a directory")]
    NotDir = 20,
    #[error("invalid path")]
    Inval = 22,
    #[error("path too long")]
    NameTooLong = 63,
    #[error("not supported")]
    NotSupported = 10_004,
    #[error("the server failed")]
    ServerFault = 10_006,
}

impl MountStatus {
    pub fn from_number(number: u32) -> Option<MountStatus> {
        use MountStatus::*;
        let all = [Perm, NoEnt, Io, Access, NotDir, Inval, NameTooLong, NotSupported, ServerFault];
        all.into_iter().find(|status| *status as u32 == number)
    }
}

/// A successful mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted {
    pub root: FileHandle,
    /// The credential flavors the export takes.
    pub flavors: Vec<u32>,
}

impl Xdr for Mounted {
    fn encode(&self, out: &mut Encoder) {
        self.root.encode(out);
        out.array(&self.flavors);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(Mounted { root: Xdr::decode(input)?, flavors: input.array(64)? })
    }
}

pub(super) fn encode_mounted(answer: &Result<Mounted, MountStatus>, out: &mut Encoder) {
    match answer {
        Ok(mounted) => {
            out.u32(0);
            mounted.encode(out);
        }
        Err(status) => out.u32(*status as u32),
    }
}

pub fn decode_mounted(input: &mut Decoder) -> Result<Result<Mounted, MountStatus>, Malformed> {
    match input.u32()? {
        0 => Ok(Ok(Mounted::decode(input)?)),
        number => MountStatus::from_number(number).map(Err).ok_or(Malformed("unknown mount status")),
    }
}

/// One mount in a DUMP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountEntry {
    pub host: HostName,
    pub path: MountPath,
}

xdr_struct!(MountEntry { host, path });

/// One export and who may mount it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportEntry {
    pub path: MountPath,
    pub groups: Vec<HostName>,
}

impl Xdr for ExportEntry {
    fn encode(&self, out: &mut Encoder) {
        self.path.encode(out);
        out.list(&self.groups);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(ExportEntry { path: Xdr::decode(input)?, groups: input.list(4096)? })
    }
}
