//! Owns who may ask, for what, and from where.

use crate::tree::Subtrees;
use crate::wire::{AuthKey, Level, PrivKey};
use nasd_base::export::Network;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Everything that the cluster says about who is answered by this node. By default nobody is.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    /// This node's; empty while it has none: version 3 is not answered then.
    pub engine_id: Vec<u8>,
    pub users: Vec<User>,
    pub communities: Vec<Community>,
    /// By their names.
    pub views: BTreeMap<String, Subtrees>,
    pub contact: String,
    pub location: String,
}

/// A user of version 3.
#[derive(Clone, Debug)]
pub struct User {
    pub name: String,
    pub auth: AuthKey,
    /// With one, nothing that is not encrypted is taken.
    pub privacy: Option<PrivKey>,
    pub access: Access,
}

/// A community of version 2c.
#[derive(Clone, Debug)]
pub struct Community {
    /// Of its word.
    pub digest: [u8; 32],
    pub access: Access,
}

/// What somebody may see, and from where.
#[derive(Clone, Debug)]
pub struct Access {
    /// A view's name. Without that view there is no answer.
    pub view: String,
    /// Without any, from nowhere.
    pub sources: Vec<Network>,
}

impl Access {
    pub fn is_from(&self, address: IpAddr) -> bool {
        self.sources.iter().any(|network| network.contains(address))
    }
}

impl Allowed {
    /// Nobody is answered.
    pub fn is_nobody(&self) -> bool {
        self.users.is_empty() && self.communities.is_empty()
    }

    pub fn user(&self, name: &[u8]) -> Option<&User> {
        self.users.iter().find(|user| user.name.as_bytes() == name)
    }

    /// Digests are compared, which says nothing of the word however long it takes.
    pub fn community(&self, word: &[u8]) -> Option<&Community> {
        let digest = Community::digest(word);
        self.communities.iter().find(|community| community.digest == digest)
    }

    /// Whether a user may come from there: whoever may learn which engine this is.
    pub fn expects_users_from(&self, address: IpAddr) -> bool {
        self.users.iter().any(|user| user.access.is_from(address))
    }
}

impl Community {
    pub fn digest(word: &[u8]) -> [u8; 32] {
        *blake3::hash(word).as_bytes()
    }
}

impl User {
    /// Whether messages of this user may be protected like that.
    pub fn takes(&self, level: Level) -> bool {
        match level {
            Level::Nothing => false,
            Level::Authentic => self.privacy.is_none(),
            Level::Private => self.privacy.is_some(),
        }
    }
}
