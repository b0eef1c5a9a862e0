//! Owns how an owner is written on the command line.

use nasd_api::ID_MAX;

/// A user and a group, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
}

pub fn owner(text: &str) -> Result<Owner, String> {
    let id = |text: &str| text.parse::<u32>().ok().filter(|id| *id <= ID_MAX);
    let both = text.split_once(':').and_then(|(uid, gid)| Some(Owner { uid: id(uid)?, gid: id(gid)? }));
    both.ok_or_else(|| "write it as UID:GID, in numbers, for instance 1000:1000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_two_numbers() {
        assert_eq!(owner("1000:100"), Ok(Owner { uid: 1000, gid: 100 }));
        for bad in ["", "1000", "kim:staff", "-1:0", "0:4294967295", "1:2:3", "1000.100"] {
            assert!(owner(bad).is_err(), "{bad}");
        }
    }
}
