//! Owns who calls: where a request came in, how its caller was proved, and what the caller may do.

use crate::{ApiError, Secret, refused};
use nasd_base::role::{Right, Role};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Where a request came in. The servers set it; a request without one is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// The socket that only root of the node can open.
    Local,
    /// The socket of the web console, for somebody whose address it says: nobody is known by it.
    Console,
    /// The socket of the node's agents, such as the one that answers SNMP.
    Agent,
    /// HTTPS, from this address.
    Network(IpAddr),
}

/// What a request proves its caller with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The cookie [`crate::SESSION_COOKIE`].
    Session(Secret),
    /// `Authorization: Bearer`.
    ApiToken(Secret),
}

/// Whether somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A session that nobody uses ends after a while.
    OfSomebody,
    /// A page that refreshes itself, or a stream: see [`crate::AUTOMATIC_HEADER`].
    Automatic,
}

/// How a caller was proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    LocalSocket,
    AgentSocket,
    /// `csrf`: what a change must bring in [`crate::CSRF_HEADER`].
    Session {
        id: String,
        csrf: Secret,
    },
    /// `expires`: in seconds since 1970-01-01 UTC. Nothing that it makes to let others in is good for longer.
    ApiToken {
        name: String,
        expires: i64,
    },
    /// Not at all: only routes that are open to everybody are called so.
    Nothing,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub user: String,
    /// Its own, besides those of its groups. `None`: nobody that is known.
    pub role: Option<Role>,
    /// The roles', cut down to an API token's scopes.
    pub rights: Vec<Right>,
    /// Names of the volumes whose exports the caller decides about, if it decides about any; `None`: of all.
    pub owned: Option<BTreeSet<String>>,
    /// An IP address, or `local`.
    pub address: String,
    pub proof: Proof,
}

impl Caller {
    /// Who opens the local socket is root on the node.
    pub fn local() -> Caller {
        Caller {
            user: "root".to_owned(),
            role: Some(Role::Administrator),
            rights: Right::ALL.to_vec(),
            owned: None,
            address: "local".to_owned(),
            proof: Proof::LocalSocket,
        }
    }

    /// Who opens the agents' socket sees how the cluster does, and what only agents may see.
    pub fn agent() -> Caller {
        Caller {
            user: "agent".to_owned(),
            rights: vec![Right::ReadStatus, Right::Serve],
            proof: Proof::AgentSocket,
            ..Caller::nobody("local".to_owned())
        }
    }

    /// Somebody at `address` who proved nothing yet.
    pub fn nobody(address: String) -> Caller {
        let (user, owned) = ("-".to_owned(), Some(BTreeSet::new()));
        Caller { user, role: None, rights: Vec::new(), owned, address, proof: Proof::Nothing }
    }

    /// Somebody at `address` with the secret of the setup link, who may do one thing more than nobody.
    pub fn founder(address: String, right: Right) -> Caller {
        Caller { user: "setup link".to_owned(), rights: vec![right], ..Caller::nobody(address) }
    }

    pub fn may(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }

    /// Whether the caller may give somebody this role: nobody gives away what they do not have, such as an API token
    /// with few scopes.
    ///
    /// # Errors
    /// `Denied` names a right that is missing.
    pub fn check_gives(&self, role: Role) -> Result<(), ApiError> {
        match role.rights().iter().find(|right| !self.may(**right)) {
            None => Ok(()),
            Some(beyond) => Err(refused::right_not_ones_own(&self.user, beyond)),
        }
    }

    /// Whether the caller decides about exports of this volume.
    ///
    /// # Errors
    /// `Denied` for a share owner of other volumes.
    pub fn check_owns(&self, volume: &str) -> Result<(), ApiError> {
        if self.owned.as_ref().is_none_or(|owned| owned.contains(volume)) {
            return Ok(());
        }
        Err(refused::not_owned(volume, &self.user))
    }
}

/// What a route asks of its caller. There is no default: a route cannot be made without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Open to everybody who can reach the node.
    Everybody,
    Needs(Right),
    /// The right, or the secret of the setup link of a node in which nobody can log in yet.
    Founds(Right),
}
