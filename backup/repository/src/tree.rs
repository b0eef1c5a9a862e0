//! Owns directories as a repository holds them: a list of nodes, by name, in JSON.

use crate::id::Id;
use crate::name::{quoted, unquoted};
use crate::snapshot::RfcTime;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeKind {
    File,
    Dir,
    Symlink,
    /// A block device.
    Dev,
    CharDev,
    Fifo,
    Socket,
    /// Nothing that can be restored.
    Irregular,
}

/// One entry of a directory, with everything that is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    #[serde(with = "name")]
    pub name: Vec<u8>,
    #[serde(rename = "type")]
    pub kind: NodeKind,
    /// As Go's `os.FileMode` has it: see [`Node::with_mode`].
    #[serde(rename = "mode", default, skip_serializing_if = "is_zero")]
    go_mode: u32,
    #[serde(default)]
    pub mtime: RfcTime,
    #[serde(default)]
    pub atime: RfcTime,
    #[serde(default)]
    pub ctime: RfcTime,
    #[serde(default)]
    pub uid: u32,
    #[serde(default)]
    pub gid: u32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    #[serde(default, skip_serializing_if = "is_zero_64")]
    pub inode: u64,
    #[serde(default, skip_serializing_if = "is_zero_64")]
    pub device_id: u64,
    #[serde(default, skip_serializing_if = "is_zero_64")]
    pub size: u64,
    /// Nodes of one inode and device with more than one are hard links of each other.
    #[serde(default, skip_serializing_if = "is_zero_64")]
    pub links: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    linktarget: String,
    /// Where the target is no UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    linktarget_raw: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_empty")]
    pub extended_attributes: Vec<ExtendedAttribute>,
    /// Of a device.
    #[serde(default, skip_serializing_if = "is_zero_64")]
    pub device: u64,
    /// The file's chunks in their order; `None` for what is no file.
    #[serde(default)]
    pub content: Option<Vec<Id>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtree: Option<Id>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtendedAttribute {
    pub name: String,
    #[serde(with = "value")]
    pub value: Vec<u8>,
}

/// Set-user-id, set-group-id and sticky: POSIX's bit, and Go's.
const SPECIAL: [(u32, u32); 3] = [(0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20)];

impl Node {
    /// With nothing known of it but what it is called and is. `mode` are the twelve bits that POSIX permits.
    pub fn new(name: impl Into<Vec<u8>>, kind: NodeKind, mode: u32) -> Node {
        let node = Node {
            name: name.into(),
            kind,
            go_mode: 0,
            mtime: RfcTime::default(),
            atime: RfcTime::default(),
            ctime: RfcTime::default(),
            uid: 0,
            gid: 0,
            user: String::new(),
            group: String::new(),
            inode: 0,
            device_id: 0,
            size: 0,
            links: 0,
            linktarget: String::new(),
            linktarget_raw: None,
            extended_attributes: Vec::new(),
            device: 0,
            content: (kind == NodeKind::File).then(Vec::new),
            subtree: None,
        };
        node.with_mode(mode)
    }

    /// With these twelve bits: set-user-id, set-group-id, sticky, and three times rwx.
    pub fn with_mode(mut self, mode: u32) -> Node {
        let kind = match self.kind {
            NodeKind::File => 0,
            NodeKind::Dir => 1 << 31,
            NodeKind::Symlink => 1 << 27,
            NodeKind::Dev => 1 << 26,
            NodeKind::CharDev => 1 << 26 | 1 << 21,
            NodeKind::Fifo => 1 << 25,
            NodeKind::Socket => 1 << 24,
            NodeKind::Irregular => 1 << 19,
        };
        let special = SPECIAL.iter().filter(|(posix, _)| mode & posix != 0).map(|(_, go)| go).sum::<u32>();
        self.go_mode = mode & 0o777 | kind | special;
        self
    }

    /// The twelve bits.
    pub fn mode(&self) -> u32 {
        let special = SPECIAL.iter().filter(|(_, go)| self.go_mode & go != 0).map(|(posix, _)| posix);
        self.go_mode & 0o777 | special.sum::<u32>()
    }

    pub fn with_target(mut self, target: &[u8]) -> Node {
        self.linktarget = String::from_utf8_lossy(target).into_owned();
        self.linktarget_raw = std::str::from_utf8(target).err().map(|_| STANDARD.encode(target));
        self
    }

    /// Where a symbolic link leads.
    pub fn target(&self) -> Vec<u8> {
        let raw = self.linktarget_raw.as_ref().and_then(|raw| STANDARD.decode(raw).ok());
        raw.unwrap_or_else(|| self.linktarget.clone().into_bytes())
    }

    /// It can be an entry of a directory: one that restores it stays below where it restores to.
    pub fn has_plain_name(&self) -> bool {
        let name = self.name.as_slice();
        !matches!(name, b"" | b"." | b"..") && !name.contains(&b'/') && !name.contains(&0)
    }
}

/// A directory's nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    #[serde(default, deserialize_with = "or_empty")]
    pub nodes: Vec<Node>,
}

/// A directory that is being written.
pub struct TreeBuilder {
    json: Vec<u8>,
    last: Option<Vec<u8>>,
}

impl Default for TreeBuilder {
    fn default() -> TreeBuilder {
        TreeBuilder { json: b"{\"nodes\":[".to_vec(), last: None }
    }
}

impl TreeBuilder {
    /// # Errors
    /// Names come in the order of their bytes, each once.
    pub fn add(&mut self, node: &Node) -> Result<(), String> {
        if self.last.as_ref().is_some_and(|last| *last >= node.name) {
            return Err(format!("{} does not come after the name before it", quoted(&node.name)));
        }
        if self.last.replace(node.name.clone()).is_some() {
            self.json.push(b',');
        }
        serde_json::to_writer(&mut self.json, node).map_err(|error| error.to_string())
    }

    /// The tree's blob.
    pub fn finish(mut self) -> Vec<u8> {
        self.json.extend_from_slice(b"]}\n");
        self.json
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_zero_64(number: &u64) -> bool {
    *number == 0
}

/// Go writes an empty list as `null`.
fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Option::<Vec<T>>::deserialize(deserializer).map(Option::unwrap_or_default)
}

mod name {
    use super::*;

    pub(super) fn serialize<S: Serializer>(name: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&quoted(name))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        unquoted(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no name")))
    }
}

mod value {
    use super::*;

    pub(super) fn serialize<S: Serializer>(value: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(value))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn node() -> impl Strategy<Value = Node> {
        let name = prop::collection::vec(any::<u8>(), 1..20);
        let kinds = [NodeKind::File, NodeKind::Dir, NodeKind::Symlink, NodeKind::CharDev, NodeKind::Fifo];
        let kind = prop::sample::select(kinds.to_vec());
        let target = prop::collection::vec(any::<u8>(), 0..9);
        (name, kind, 0..0o10000_u32, target.clone(), any::<(u32, u64, u64)>(), target).prop_map(
            |(name, kind, mode, target, (uid, inode, size), value)| {
                let attribute = ExtendedAttribute { name: "user.a".to_owned(), value };
                let node = Node {
                    uid,
                    inode,
                    size,
                    extended_attributes: vec![attribute],
                    ..Node::new(name, kind, mode)
                };
                if kind == NodeKind::Symlink { node.with_target(&target) } else { node }
            },
        )
    }

    proptest! {
        #[test]
        fn a_tree_reads_as_it_was_built(nodes in prop::collection::vec(node(), 0..9)) {
            let mut nodes = nodes;
            nodes.sort_by(|one, other| one.name.cmp(&other.name));
            nodes.dedup_by(|one, other| one.name == other.name);
            let mut builder = TreeBuilder::default();
            nodes.iter().for_each(|node| builder.add(node).unwrap());
            let read: Tree = serde_json::from_slice(&builder.finish()).unwrap();
            prop_assert_eq!(read.nodes, nodes);
        }

        #[test]
        fn modes_and_targets_come_back(mode in 0..0o10000_u32, target in prop::collection::vec(any::<u8>(), 0..30)) {
            let node = Node::new("a", NodeKind::Symlink, mode).with_target(&target);
            prop_assert_eq!((node.mode(), node.target()), (mode, target));
        }
    }

    #[test]
    fn names_are_in_order_and_plain() {
        let mut builder = TreeBuilder::default();
        let file = |name: &str| Node::new(name, NodeKind::File, 0o644);
        builder.add(&file("b")).unwrap();
        assert!(builder.add(&file("b")).is_err());
        assert!(builder.add(&file("a")).is_err());
        for hostile in ["", ".", "..", "a/b", "/etc", "a\0b"] {
            assert!(!file(hostile).has_plain_name(), "{hostile:?}");
        }
        assert!(file("...").has_plain_name());
    }
}
