//! The data types that NFSv3's procedures share (RFC 1813 §2), in XDR.

use crate::handle::FileHandle;
use crate::xdr::{Decoder, Encoder, Malformed, Xdr, xdr_struct};
use bytes::Bytes;
use nasd_base::file::{Attr, BeforeAttr, FileKind, SetAttr, SetTime};
use nasd_base::{Errno, Timestamp};

macro_rules! statuses {
    ($($name:ident = $number:literal,)*) => {
        /// Why a procedure failed (`nfsstat3` without OK).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Status { $($name = $number,)* }

        impl Status {
            /// Every status, for tests.
            pub const ALL: &'static [Status] = &[$(Status::$name,)*];

            pub fn from_number(number: u32) -> Option<Status> {
                match number { $($number => Some(Status::$name),)* _ => None }
            }
        }
    };
}

statuses! {
    Perm = 1,
    NoEnt = 2,
    Io = 5,
    NxIo = 6,
    Access = 13,
    Exist = 17,
    XDev = 18,
    NoDev = 19,
    NotDir = 20,
    IsDir = 21,
    Inval = 22,
    FileTooBig = 27,
    NoSpace = 28,
    ReadOnly = 30,
    TooManyLinks = 31,
    NameTooLong = 63,
    NotEmpty = 66,
    Quota = 69,
    Stale = 70,
    Remote = 71,
    BadHandle = 10_001,
    NotSync = 10_002,
    BadCookie = 10_003,
    NotSupported = 10_004,
    TooSmall = 10_005,
    ServerFault = 10_006,
    BadType = 10_007,
    Jukebox = 10_008,
}

impl From<Errno> for Status {
    fn from(errno: Errno) -> Status {
        match errno {
            Errno::Perm => Status::Perm,
            Errno::NoEnt => Status::NoEnt,
            Errno::Io => Status::Io,
            Errno::NxIo => Status::NxIo,
            Errno::Access => Status::Access,
            Errno::Exist => Status::Exist,
            Errno::XDev => Status::XDev,
            Errno::NotDir => Status::NotDir,
            Errno::IsDir => Status::IsDir,
            Errno::Inval | Errno::Range | Errno::NoData => Status::Inval,
            Errno::FileTooBig => Status::FileTooBig,
            Errno::NoSpace => Status::NoSpace,
            Errno::ReadOnly => Status::ReadOnly,
            Errno::TooManyLinks => Status::TooManyLinks,
            Errno::NameTooLong => Status::NameTooLong,
            Errno::NotEmpty => Status::NotEmpty,
            Errno::NotSupported => Status::NotSupported,
            Errno::Stale => Status::Stale,
            Errno::Quota => Status::Quota,
            // "Try again later": clients wait and repeat, however long it takes.
            Errno::Again | Errno::TimedOut => Status::Jukebox,
            Errno::NotSync => Status::NotSync,
            Errno::BadCookie => Status::BadCookie,
            // Of locks only, which NFSv3 does not ask for.
            Errno::Interrupted | Errno::NoLock => Status::ServerFault,
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?} ({})", *self as u32)
    }
}

impl std::error::Error for Status {}

/// Seconds are unsigned in NFSv3: moments before 1970 or after 2106 become the nearest end.
impl Xdr for Timestamp {
    fn encode(&self, out: &mut Encoder) {
        match u32::try_from(self.secs) {
            Ok(secs) => {
                out.u32(secs);
                out.u32(self.nanos);
            }
            Err(_) if self.secs < 0 => out.u64(0),
            Err(_) => {
                out.u32(u32::MAX);
                out.u32(999_999_999);
            }
        }
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        let (secs, nanos) = (input.u32()?, input.u32()?);
        if nanos >= 1_000_000_000 {
            return Err(Malformed("a second has more than 1e9 nanoseconds"));
        }
        Ok(Timestamp { secs: i64::from(secs), nanos })
    }
}

const KINDS: [FileKind; 7] = [
    FileKind::File,
    FileKind::Directory,
    FileKind::BlockDevice,
    FileKind::CharDevice,
    FileKind::Symlink,
    FileKind::Socket,
    FileKind::Fifo,
];

/// `ftype3`: numbered from 1.
impl Xdr for FileKind {
    fn encode(&self, out: &mut Encoder) {
        let index = KINDS.iter().position(|kind| kind == self).expect("every kind is listed");
        out.u32(index as u32 + 1);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        let number = input.u32()? as usize;
        number.checked_sub(1).and_then(|at| KINDS.get(at)).copied().ok_or(Malformed("unknown file type"))
    }
}

/// `fattr3`: a file's attributes as NFSv3 shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileAttr {
    pub kind: FileKind,
    pub mode: u32,
    pub nlink: u32,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    /// Bytes of disk the data takes.
    pub used: u64,
    pub major: u32,
    pub minor: u32,
    pub fsid: u64,
    pub fileid: u64,
    pub atime: Timestamp,
    pub mtime: Timestamp,
    pub ctime: Timestamp,
}

xdr_struct!(FileAttr {
    kind,
    mode,
    nlink,
    uid,
    gid,
    size,
    used,
    major,
    minor,
    fsid,
    fileid,
    atime,
    mtime,
    ctime
});

impl FileAttr {
    /// The protocol's view of an inode on the file system `fsid`.
    pub fn new(attr: &Attr, fsid: u64) -> FileAttr {
        FileAttr {
            kind: attr.kind,
            mode: attr.mode & 0o7777,
            nlink: attr.nlink,
            uid: attr.uid,
            gid: attr.gid,
            size: attr.size,
            used: attr.allocated,
            major: attr.major,
            minor: attr.minor,
            fsid,
            fileid: attr.ino.0,
            atime: attr.atime,
            mtime: attr.mtime,
            ctime: attr.ctime,
        }
    }
}

/// `post_op_attr`.
pub type PostOp = Option<FileAttr>;

/// XDR size of a `post_op_attr` that holds attributes, in bytes.
pub const POST_OP_BYTES: usize = 88;

xdr_struct!(BeforeAttr { size, mtime, ctime });

/// `wcc_data`: an object before and after a change; both from one moment when `before` is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WccData {
    pub before: Option<BeforeAttr>,
    pub after: PostOp,
}

xdr_struct!(WccData { before, after });

/// `diropargs3`: a name in a directory. The name may be longer than any file system allows; it is bounded
/// by the record only, and checked later so that the right error is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirOp {
    pub dir: FileHandle,
    pub name: Bytes,
}

impl Xdr for DirOp {
    fn encode(&self, out: &mut Encoder) {
        self.dir.encode(out);
        out.opaque(&self.name);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(DirOp { dir: FileHandle::decode(input)?, name: input.opaque(usize::MAX)? })
    }
}

const KEEP_TIME: u32 = 0;
const SERVER_TIME: u32 = 1;
const CLIENT_TIME: u32 = 2;

/// `set_atime` and `set_mtime`.
fn encode_set_time(time: Option<SetTime>, out: &mut Encoder) {
    match time {
        None => out.u32(KEEP_TIME),
        Some(SetTime::Now) => out.u32(SERVER_TIME),
        Some(SetTime::To(stamp)) => {
            out.u32(CLIENT_TIME);
            stamp.encode(out);
        }
    }
}

fn decode_set_time(input: &mut Decoder) -> Result<Option<SetTime>, Malformed> {
    match input.u32()? {
        KEEP_TIME => Ok(None),
        SERVER_TIME => Ok(Some(SetTime::Now)),
        CLIENT_TIME => Ok(Some(SetTime::To(Timestamp::decode(input)?))),
        _ => Err(Malformed("unknown way to set a time")),
    }
}

/// `sattr3`. Bits of the mode beyond the permissions are ignored.
impl Xdr for SetAttr {
    fn encode(&self, out: &mut Encoder) {
        self.mode.encode(out);
        self.uid.encode(out);
        self.gid.encode(out);
        self.size.encode(out);
        encode_set_time(self.atime, out);
        encode_set_time(self.mtime, out);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(SetAttr {
            mode: Option::<u32>::decode(input)?.map(|mode| mode & 0o7777),
            uid: Xdr::decode(input)?,
            gid: Xdr::decode(input)?,
            size: Xdr::decode(input)?,
            atime: decode_set_time(input)?,
            mtime: decode_set_time(input)?,
        })
    }
}

/// What CREATE, MKDIR, SYMLINK and MKNOD answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub handle: Option<FileHandle>,
    pub attr: PostOp,
    pub dir: WccData,
}

xdr_struct!(Made { handle, attr, dir });

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip<T: Xdr + PartialEq + std::fmt::Debug>(value: T) {
        let mut out = Encoder::new();
        value.encode(&mut out);
        let mut input = Decoder::new(out.into_bytes());
        assert_eq!(T::decode(&mut input), Ok(value));
        assert!(input.finish().is_ok());
    }

    #[test]
    fn statuses_and_kinds_round_trip() {
        for status in Status::ALL {
            assert_eq!(Status::from_number(*status as u32), Some(*status));
        }
        assert_eq!(Status::from_number(0), None);
        KINDS.into_iter().for_each(round_trip);
    }

    #[test]
    fn moments_out_of_range_become_the_nearest_end() {
        let encoded = |secs| {
            let mut out = Encoder::new();
            Timestamp { secs, nanos: 5 }.encode(&mut out);
            Timestamp::decode(&mut Decoder::new(out.into_bytes())).unwrap()
        };
        assert_eq!(encoded(-1), Timestamp { secs: 0, nanos: 0 });
        assert_eq!(encoded(1), Timestamp { secs: 1, nanos: 5 });
        assert_eq!(encoded(1 << 32).secs, i64::from(u32::MAX));
    }

    proptest! {
        #[test]
        fn attributes_to_set_round_trip(
            mode in proptest::option::of(0u32..0o10000), uid: Option<u32>, gid: Option<u32>, size: Option<u64>,
            atime in proptest::option::of(0u32..9), mtime: bool
        ) {
            let stamp = |secs: u32| SetTime::To(Timestamp { secs: secs.into(), nanos: 1 });
            let mtime = mtime.then_some(SetTime::Now);
            round_trip(SetAttr { mode, uid, gid, size, atime: atime.map(stamp), mtime });
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            let bytes = Bytes::from(bytes);
            let _ = SetAttr::decode(&mut Decoder::new(bytes.clone()));
            let _ = FileAttr::decode(&mut Decoder::new(bytes.clone()));
            let _ = WccData::decode(&mut Decoder::new(bytes.clone()));
            let _ = Made::decode(&mut Decoder::new(bytes));
        }
    }
}
