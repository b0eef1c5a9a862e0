//! Owns the pages of users.

use crate::words::{Text, Words};
use nasd_base::role::Role;

pub fn role_words(w: &Words, role: Role) -> Text {
    match role {
        Role::Administrator => w.role_administrator,
        Role::Operator => w.role_operator,
        Role::Auditor => w.role_auditor,
        Role::ShareOwner => w.role_share_owner,
    }
}
