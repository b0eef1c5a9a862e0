//! Who may do what: the four roles, and the rights that they are made of.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// One kind of thing that a caller of the management interface may be allowed to do.
///
/// The order is that of [`Right::ALL`] and part of stored scopes: append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See the cluster, its nodes, volumes, exports, mounts and counters.
    ReadStatus,
    /// Make volumes and set their limits; mount them on nodes.
    ChangeStorage,
    /// Destroy volumes with what is in them.
    DestroyStorage,
    /// Make, change and delete exports.
    ChangeExports,
    /// Found a cluster, let nodes in, replace their certificates.
    ChangeCluster,
    /// See users, and everybody's sessions and API tokens.
    ReadIdentity,
    /// Make, change and delete users; end sessions and API tokens of others.
    ChangeIdentity,
    /// Read and verify the audit log.
    ReadAudit,
    /// One's own password, second factor, sessions and API tokens.
    OwnAccount,
    /// Read what only the node's agents may know, such as its keys for SNMP, and say what they did. No role has it and no
    /// API token can: it comes with the agents' socket.
    Serve,
}

impl Right {
    /// Those that roles are made of.
    pub const ALL: [Right; 9] = [
        Right::ReadStatus,
        Right::ChangeStorage,
        Right::DestroyStorage,
        Right::ChangeExports,
        Right::ChangeCluster,
        Right::ReadIdentity,
        Right::ChangeIdentity,
        Right::ReadAudit,
        Right::OwnAccount,
    ];

    /// The name in requests and replies.
    pub fn name(self) -> &'static str {
        match self {
            Right::ReadStatus => "read_status",
            Right::ChangeStorage => "change_storage",
            Right::DestroyStorage => "destroy_storage",
            Right::ChangeExports => "change_exports",
            Right::ChangeCluster => "change_cluster",
            Right::ReadIdentity => "read_identity",
            Right::ChangeIdentity => "change_identity",
            Right::ReadAudit => "read_audit",
            Right::OwnAccount => "own_account",
            Right::Serve => "serve",
        }
    }
}

/// What a user is to the cluster. Append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Administrator,
    /// Runs the storage day by day; destroys nothing and manages nobody.
    Operator,
    /// Sees everything, the audit log too, and changes nothing.
    Auditor,
    /// Decides who may mount the volumes it was given.
    ShareOwner,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Administrator, Role::Operator, Role::Auditor, Role::ShareOwner];

    /// What the role is made of.
    pub fn rights(self) -> &'static [Right] {
        match self {
            Role::Administrator => &Right::ALL,
            Role::Operator => {
                &[Right::ReadStatus, Right::ChangeStorage, Right::ChangeExports, Right::OwnAccount]
            }
            Role::Auditor => &[Right::ReadStatus, Right::ReadIdentity, Right::ReadAudit, Right::OwnAccount],
            Role::ShareOwner => &[Right::ReadStatus, Right::ChangeExports, Right::OwnAccount],
        }
    }

    /// Whether the role has the right. A share owner's [`Right::ChangeExports`] is good for exports of its own
    /// volumes only.
    pub fn may(self, right: Right) -> bool {
        self.rights().contains(&right)
    }

    /// The name in requests and replies.
    pub fn name(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::Operator => "operator",
            Role::Auditor => "auditor",
            Role::ShareOwner => "share_owner",
        }
    }
}

/// What somebody may do, put together from their roles. `V` is what a volume is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant<V> {
    /// In the order of [`Right::ALL`].
    pub rights: Vec<Right>,
    /// The volumes whose exports they decide about; `None`: all.
    pub owned: Option<BTreeSet<V>>,
}

impl<V: Clone + Ord> Grant<V> {
    /// The rights of all `roles`. Each comes with the volumes that it owns, which count for a share owner only.
    pub fn of<'a>(roles: impl IntoIterator<Item = (Role, &'a [V])>) -> Grant<V>
    where
        V: 'a,
    {
        let (mut rights, mut owned) = (BTreeSet::new(), Some(BTreeSet::new()));
        for (role, volumes) in roles {
            rights.extend(role.rights());
            match (&mut owned, role) {
                (Some(owned), Role::ShareOwner) => owned.extend(volumes.iter().cloned()),
                _ if role.may(Right::ChangeExports) => owned = None,
                _ => {}
            }
        }
        Grant { rights: rights.into_iter().collect(), owned }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no role or right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{said}` is none of {known}")]
pub struct UnknownName {
    said: String,
    known: String,
}

fn named<T: Copy>(said: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, UnknownName> {
    let unknown = || UnknownName {
        said: said.chars().take(40).filter(|c| !c.is_control()).collect(),
        known: all.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", "),
    };
    all.iter().copied().find(|one| name(*one) == said).ok_or_else(unknown)
}

impl FromStr for Role {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Role, UnknownName> {
        named(text, &Role::ALL, Role::name)
    }
}

impl FromStr for Right {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Right, UnknownName> {
        named(text, &Right::ALL, Right::name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
        for right in Right::ALL {
            assert_eq!(right.name().parse(), Ok(right));
        }
        let error = "root".parse::<Role>().unwrap_err().to_string();
        assert!(error.contains("administrator") && error.contains("share_owner"), "{error}");
    }

    #[test]
    fn only_the_administrator_destroys_and_manages() {
        for right in [Right::DestroyStorage, Right::ChangeCluster, Right::ChangeIdentity] {
            let holders: Vec<Role> = Role::ALL.into_iter().filter(|role| role.may(right)).collect();
            assert_eq!(holders, [Role::Administrator], "{right}");
        }
    }

    #[test]
    fn no_role_is_an_agent_and_no_name_asks_for_it() {
        assert!(Role::ALL.iter().all(|role| !role.may(Right::Serve)));
        assert!("serve".parse::<Right>().is_err());
    }

    #[test]
    fn roles_add_up_and_owning_some_volumes_takes_nothing_away() {
        let (own, theirs) = (["a".to_owned()], ["b".to_owned()]);
        let grant = Grant::of([(Role::ShareOwner, &own[..]), (Role::ShareOwner, &theirs[..])]);
        assert_eq!(grant.rights, Role::ShareOwner.rights());
        assert_eq!(grant.owned, Some(["a".to_owned(), "b".to_owned()].into()));
        let audits = Grant::of([(Role::ShareOwner, &own[..]), (Role::Auditor, &[])]);
        assert!(audits.rights.contains(&Right::ReadAudit) && audits.rights.contains(&Right::ChangeExports));
        assert_eq!(audits.owned, Some(["a".to_owned()].into()), "an auditor decides about no export");
        for wide in [Role::Operator, Role::Administrator] {
            let both = [(wide, &[][..]), (Role::ShareOwner, &own[..])];
            assert_eq!(Grant::of(both), Grant::of([(wide, &[][..])]), "in either order");
            assert_eq!(Grant::of([both[1], both[0]]).owned, None);
        }
    }

    #[test]
    fn an_auditor_changes_nothing_but_its_own_account() {
        let changes = [Right::ChangeStorage, Right::ChangeExports, Right::ChangeIdentity];
        assert!(changes.iter().all(|right| !Role::Auditor.may(*right)));
    }
}
