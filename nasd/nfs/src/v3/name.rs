//! What a client may call a file (RFC 1813 §3.2).

use crate::v3::types::Status;
use bytes::Bytes;
use nasd_base::file::NAME_BYTES_MAX;

/// A name that passed the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// `.`
    Here,
    /// `..`
    Parent,
    Plain(Bytes),
}

impl Name {
    /// Empty names and names with a slash or NUL get ACCES, as the RFC asks; too long ones NAMETOOLONG.
    pub(crate) fn check(name: Bytes) -> Result<Name, Status> {
        match &name[..] {
            b"." => Ok(Name::Here),
            b".." => Ok(Name::Parent),
            other if other.len() > NAME_BYTES_MAX => Err(Status::NameTooLong),
            other if other.is_empty() || other.iter().any(|byte| matches!(byte, 0 | b'/')) => {
                Err(Status::Access)
            }
            _ => Ok(Name::Plain(name)),
        }
    }

    /// The name for something new: `.` and `..` are there already.
    pub(crate) fn fresh(name: Bytes) -> Result<Bytes, Status> {
        match Name::check(name)? {
            Name::Plain(name) => Ok(name),
            Name::Here | Name::Parent => Err(Status::Exist),
        }
    }

    /// The name of something to take away: never `.` or `..`.
    pub(crate) fn existing(name: Bytes) -> Result<Bytes, Status> {
        match Name::check(name)? {
            Name::Plain(name) => Ok(name),
            Name::Here | Name::Parent => Err(Status::Inval),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_names_get_the_error_the_rfc_names() {
        let check = |name: &'static [u8]| Name::check(Bytes::from_static(name));
        assert_eq!(check(b""), Err(Status::Access));
        assert_eq!(check(b"a/b"), Err(Status::Access));
        assert_eq!(check(b"a\0b"), Err(Status::Access));
        assert_eq!(check(&[b'x'; 256]), Err(Status::NameTooLong));
        assert_eq!(check(&[b'x'; 255]), Ok(Name::Plain(Bytes::from_static(&[b'x'; 255]))));
        assert_eq!(check(b"."), Ok(Name::Here));
        assert_eq!(check(b".."), Ok(Name::Parent));
        assert!(matches!(check(b"..."), Ok(Name::Plain(_))));
        assert_eq!(Name::fresh(Bytes::from_static(b"..")), Err(Status::Exist));
        assert_eq!(Name::existing(Bytes::from_static(b".")), Err(Status::Inval));
    }
}
