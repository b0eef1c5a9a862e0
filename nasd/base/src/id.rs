//! Identifiers. Each is a number with a type of its own, so that one is never passed for another.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

numeric_id! {
    /// A cluster node. Allocated from an index of the system group's log and never used again, not even
    /// after the node's disk was wiped: Raft's safety rests on that.
    NodeId(u64)
}
numeric_id! {
    /// A volume. Starts at 1; also the number of the volume's Raft group.
    VolumeId(u64)
}
numeric_id! {
    /// A Raft group: [`GroupId::SYSTEM`] or a volume's number.
    GroupId(u64)
}
numeric_id! {
    /// An inode number, unique in its volume and never used again.
    Ino(u64)
}
numeric_id! {
    /// A chunk of file data, unique in its volume, from a counter in the volume's state.
    ChunkId(u64)
}
numeric_id! {
    /// The transaction that last changed something: the volume's count of applied changes. Doubles as the
    /// NFS change attribute.
    Txg(u64)
}
numeric_id! {
    /// Names one client request, so that a retry is answered from the first execution's reply.
    /// [`OpId::NONE`] marks a request whose repetition does no harm.
    OpId(u128)
}

impl GroupId {
    /// The group that replicates nodes, volumes, exports and settings.
    pub const SYSTEM: GroupId = GroupId(0);
}

impl From<VolumeId> for GroupId {
    fn from(volume: VolumeId) -> Self {
        GroupId(volume.0)
    }
}

impl Ino {
    /// The root directory of every volume.
    pub const ROOT: Ino = Ino(1);
}

impl OpId {
    /// Not protected against repetition.
    pub const NONE: OpId = OpId(0);
}
