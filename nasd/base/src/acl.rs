//! POSIX access control lists (acl(5)): their bytes in extended attributes, and what they mean beside a mode.
//!
//! A list refines the mode of its file. The entries of owner and others equal the mode's bits at all times, and so
//! does the mask, which bounds all the rest, with the mode's group bits: chmod changes the list, and setting a list
//! changes the mode. What Linux does with lists in `fs/posix_acl.c` is done here.

use crate::Errno;
use crate::file::{Attr, Caller, permits, want};

/// The attribute with a file's list.
pub const ACCESS: &[u8] = b"system.posix_acl_access";
/// The attribute of a directory with the list that what is made in it gets.
pub const DEFAULT: &[u8] = b"system.posix_acl_default";

/// The only version of the attribute's bytes (include/uapi/linux/posix_acl_xattr.h).
const VERSION: u32 = 2;
const HEADER_BYTES: usize = 4;
const ENTRY_BYTES: usize = 8;
/// The id of entries that have none.
const NO_ID: u32 = u32::MAX;
/// Permissions of one class.
const PERM_MASK: u16 = 0o7;

/// Whose permissions an entry has, in the order that a list must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tag {
    Owner,
    User(u32),
    Group,
    NamedGroup(u32),
    Mask,
    Others,
}

impl Tag {
    fn from_wire(tag: u16, id: u32) -> Option<Tag> {
        match tag {
            0x01 => Some(Tag::Owner),
            0x02 => Some(Tag::User(id)),
            0x04 => Some(Tag::Group),
            0x08 => Some(Tag::NamedGroup(id)),
            0x10 => Some(Tag::Mask),
            0x20 => Some(Tag::Others),
            _ => None,
        }
    }

    fn wire(self) -> (u16, u32) {
        match self {
            Tag::Owner => (0x01, NO_ID),
            Tag::User(id) => (0x02, id),
            Tag::Group => (0x04, NO_ID),
            Tag::NamedGroup(id) => (0x08, id),
            Tag::Mask => (0x10, NO_ID),
            Tag::Others => (0x20, NO_ID),
        }
    }

    /// Where its kind stands in a list.
    fn rank(self) -> u8 {
        match self {
            Tag::Owner => 0,
            Tag::User(_) => 1,
            Tag::Group => 2,
            Tag::NamedGroup(_) => 3,
            Tag::Mask => 4,
            Tag::Others => 5,
        }
    }

    fn is_named(self) -> bool {
        matches!(self, Tag::User(_) | Tag::NamedGroup(_))
    }
}

/// A whole list: owner, group and others are in it, and a mask if anybody is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acl(Vec<(Tag, u16)>);

impl Acl {
    /// Reads an attribute's value; `None` for a list without entries, which is no list.
    ///
    /// # Errors
    /// `NotSupported` for another version, `Inval` for what is no whole list.
    pub fn decode(bytes: &[u8]) -> Result<Option<Acl>, Errno> {
        let (version, rest) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or(Errno::Inval)?;
        if u32::from_le_bytes(*version) != VERSION {
            return Err(Errno::NotSupported);
        }
        let (entries, rest) = rest.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() {
            return Err(Errno::Inval);
        }
        let entries: Option<Vec<(Tag, u16)>> = entries.iter().map(entry).collect();
        let acl = Acl(entries.ok_or(Errno::Inval)?);
        match acl.0.is_empty() {
            true => Ok(None),
            false if acl.is_whole() => Ok(Some(acl)),
            false => Err(Errno::Inval),
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = VERSION.to_le_bytes().to_vec();
        for (tag, perm) in &self.0 {
            let (tag, id) = tag.wire();
            bytes.extend_from_slice(&tag.to_le_bytes());
            bytes.extend_from_slice(&perm.to_le_bytes());
            bytes.extend_from_slice(&id.to_le_bytes());
        }
        bytes
    }

    fn is_whole(&self) -> bool {
        let count = |rank| self.0.iter().filter(|(tag, _)| tag.rank() == rank).count();
        let named = self.0.iter().any(|(tag, _)| tag.is_named());
        let once = [0, 2, 5].iter().all(|rank| count(*rank) == 1) && count(4) <= 1;
        once && (!named || count(4) == 1) && self.0.is_sorted_by_key(|(tag, _)| tag.rank())
    }

    fn perm(&self, tag: Tag) -> Option<u16> {
        self.0.iter().find(|(at, _)| *at == tag).map(|(_, perm)| *perm)
    }

    /// The entry that the mode's group bits stand for.
    fn group_class(&self) -> Tag {
        if self.perm(Tag::Mask).is_some() { Tag::Mask } else { Tag::Group }
    }

    /// The nine bits of a mode that say what the list says.
    pub fn mode(&self) -> u32 {
        let bits = |tag| u32::from(self.perm(tag).unwrap_or(0));
        bits(Tag::Owner) << 6 | bits(self.group_class()) << 3 | bits(Tag::Others)
    }

    /// Whether a mode says all of it: nobody is named and there is no mask.
    pub fn is_only_a_mode(&self) -> bool {
        self.0.iter().all(|(tag, _)| !tag.is_named() && *tag != Tag::Mask)
    }

    /// Makes the list say what a new mode says.
    pub fn set_mode(&mut self, mode: u32) {
        let group_class = self.group_class();
        for (tag, perm) in &mut self.0 {
            match tag {
                Tag::Owner => *perm = (mode >> 6) as u16 & PERM_MASK,
                Tag::Others => *perm = mode as u16 & PERM_MASK,
                tag if *tag == group_class => *perm = (mode >> 3) as u16 & PERM_MASK,
                _ => {}
            }
        }
    }

    /// The list of a new file whose maker asked for `mode`, in a directory with this default list. Its own mode
    /// is the new file's.
    pub fn inherited(&self, mode: u32) -> Acl {
        let mut acl = self.clone();
        acl.set_mode(mode & self.mode());
        acl
    }

    /// Whether the list grants all of it to somebody who is not the owner.
    fn grants(&self, caller: &Caller, attr: &Attr, wanted: u32) -> bool {
        let mask = self.perm(Tag::Mask).unwrap_or(PERM_MASK);
        let covers = |perm: u16| u32::from(perm & mask) & wanted == wanted;
        if let Some(perm) = self.perm(Tag::User(caller.uid)) {
            return covers(perm);
        }
        let mut groups = self.0.iter().filter(|(tag, _)| match tag {
            Tag::Group => caller.in_group(attr.gid),
            Tag::NamedGroup(gid) => caller.in_group(*gid),
            _ => false,
        });
        let Some((_, first)) = groups.next() else {
            return u32::from(self.perm(Tag::Others).unwrap_or(0)) & wanted == wanted;
        };
        // One group that grants all is enough; several do not add up.
        covers(*first) || groups.any(|(_, perm)| covers(*perm))
    }
}

fn entry(bytes: &[u8; ENTRY_BYTES]) -> Option<(Tag, u16)> {
    let [t0, t1, p0, p1, id @ ..] = *bytes;
    let (tag, perm) = (u16::from_le_bytes([t0, t1]), u16::from_le_bytes([p0, p1]));
    let tag = Tag::from_wire(tag, u32::from_le_bytes(id))?;
    let names_nobody = matches!(tag, Tag::User(NO_ID) | Tag::NamedGroup(NO_ID));
    (perm & !PERM_MASK == 0 && !names_nobody).then_some((tag, perm))
}

/// Whether a list could decide otherwise than the mode: not for the owner and root, and not, as on Linux, where
/// the mode's group bits are off.
pub fn may_matter(attr: &Attr, caller: &Caller) -> bool {
    !caller.is_root() && caller.uid != attr.uid && attr.mode & 0o070 != 0
}

/// As [`permits`], for a file that may have a list.
pub fn permits_with(acl: Option<&Acl>, attr: &Attr, caller: &Caller, wanted: u32) -> bool {
    let wanted = wanted & (want::READ | want::WRITE | want::EXECUTE);
    match acl.filter(|_| may_matter(attr, caller)) {
        Some(acl) => acl.grants(caller, attr, wanted),
        None => permits(attr, caller, wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::FileKind;
    use crate::{Ino, Timestamp, Txg};
    use proptest::prelude::*;

    fn acl(entries: &[(Tag, u16)]) -> Acl {
        Acl(entries.to_vec())
    }

    /// u::rw-, u:10:r-x, g::r--, g:30:-w-, m::rwx, o::---
    fn example() -> Acl {
        let entries = [Tag::Owner, Tag::User(10), Tag::Group, Tag::NamedGroup(30), Tag::Mask, Tag::Others];
        acl(&entries.map(|tag| (tag, [6, 5, 4, 2, 7, 0][usize::from(tag.rank())])))
    }

    fn attr(mode: u32) -> Attr {
        let zero = Timestamp::default();
        Attr {
            ino: Ino(2),
            generation: 0,
            kind: FileKind::File,
            mode,
            nlink: 1,
            uid: 1,
            gid: 20,
            major: 0,
            minor: 0,
            size: 0,
            allocated: 0,
            atime: zero,
            mtime: zero,
            ctime: zero,
            btime: zero,
            change: Txg(0),
        }
    }

    fn user(uid: u32, groups: &[u32]) -> Caller {
        Caller { uid, gid: 999, groups: groups.to_vec() }
    }

    #[test]
    fn bytes_are_those_that_setfacl_writes() {
        // `setfacl -m u:1000:rw f; getfattr -e hex -n system.posix_acl_access f`, f being 0644.
        let bytes = [
            &[2, 0, 0, 0][..],
            &[1, 0, 6, 0, 255, 255, 255, 255],
            &[2, 0, 6, 0, 232, 3, 0, 0],
            &[4, 0, 4, 0, 255, 255, 255, 255],
            &[16, 0, 6, 0, 255, 255, 255, 255],
            &[32, 0, 4, 0, 255, 255, 255, 255],
        ];
        let decoded = Acl::decode(&bytes.concat()).unwrap().unwrap();
        let entries =
            [(Tag::Owner, 6), (Tag::User(1000), 6), (Tag::Group, 4), (Tag::Mask, 6), (Tag::Others, 4)];
        assert_eq!(decoded, acl(&entries));
        assert_eq!((decoded.encode(), decoded.mode()), (bytes.concat(), 0o664));
    }

    #[test]
    fn what_is_no_whole_list_is_refused() {
        assert_eq!(Acl::decode(&[]), Err(Errno::Inval));
        assert_eq!(Acl::decode(&[1, 0, 0, 0]), Err(Errno::NotSupported));
        assert_eq!(Acl::decode(&[2, 0, 0, 0]), Ok(None));
        assert_eq!(Acl::decode(&[2, 0, 0, 0, 1]), Err(Errno::Inval));
        let bad = |change: fn(&mut Vec<(Tag, u16)>)| {
            let mut list = example();
            change(&mut list.0);
            assert_eq!(Acl::decode(&list.encode()), Err(Errno::Inval), "{list:?}");
        };
        bad(|entries| entries.truncate(5));
        bad(|entries| entries.retain(|(tag, _)| *tag != Tag::Mask));
        bad(|entries| entries.swap(1, 2));
        bad(|entries| entries.push((Tag::Others, 1)));
        bad(|entries| entries[0].1 = 8);
        bad(|entries| entries[1].0 = Tag::User(NO_ID));
    }

    proptest! {
        #[test]
        fn anything_decodes_to_what_encodes_to_it(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(Some(acl)) = Acl::decode(&bytes) {
                prop_assert_eq!(acl.encode(), bytes);
            }
        }
    }

    #[test]
    fn the_first_entry_that_names_the_caller_decides_within_the_mask() {
        let (list, file) = (example(), attr(0o670));
        let may = |caller: Caller, wanted| permits_with(Some(&list), &file, &caller, wanted);
        assert!(may(user(1, &[]), want::READ | want::WRITE), "the owner");
        assert!(
            may(user(10, &[20, 30]), want::READ | want::EXECUTE) && !may(user(10, &[20, 30]), want::WRITE)
        );
        assert!(may(user(11, &[20]), want::READ) && !may(user(11, &[20]), want::WRITE));
        assert!(may(user(11, &[30]), want::WRITE) && !may(user(11, &[30]), want::READ));
        let both = user(11, &[20, 30]);
        assert!(may(both.clone(), want::READ) && may(both.clone(), want::WRITE));
        assert!(!may(both, want::READ | want::WRITE), "two groups do not add up");
        assert!(!may(user(11, &[]), want::READ), "others");
        let mut masked = example();
        masked.set_mode(0o640);
        let narrow = attr(0o640);
        assert!(permits_with(Some(&masked), &narrow, &user(10, &[]), want::READ));
        assert!(
            !permits_with(Some(&masked), &narrow, &user(10, &[]), want::EXECUTE),
            "the mask is in the way"
        );
    }

    #[test]
    fn the_mode_decides_without_a_list_and_for_the_owner_and_root() {
        let list = example();
        assert!(permits_with(None, &attr(0o640), &user(11, &[20]), want::READ));
        assert!(
            !permits_with(Some(&list), &attr(0o070), &user(1, &[20]), want::READ),
            "the owner has the mode"
        );
        assert!(permits_with(Some(&list), &attr(0o070), &Caller::root(), want::WRITE));
    }

    #[test]
    fn a_new_mode_changes_the_mask_and_not_the_group() {
        let mut list = example();
        list.set_mode(0o751);
        assert_eq!(list.mode(), 0o751);
        assert_eq!((list.perm(Tag::Mask), list.perm(Tag::Group)), (Some(5), Some(4)));
        let mut plain = acl(&[(Tag::Owner, 6), (Tag::Group, 4), (Tag::Others, 4)]);
        assert!(plain.is_only_a_mode() && !list.is_only_a_mode());
        plain.set_mode(0o700);
        assert_eq!(plain.perm(Tag::Group), Some(0));
    }

    #[test]
    fn a_new_file_gets_the_default_list_within_the_mode_asked_for() {
        let inherited = example().inherited(0o666);
        assert_eq!(inherited.mode(), 0o660);
        assert_eq!(inherited.perm(Tag::User(10)), Some(5), "only the mask bounds those who are named");
        assert_eq!(example().inherited(0o777).mode(), 0o670);
    }
}
