//! Owns what roles and rights are called.

use crate::words::{Text, Words};
use nasd_base::role::{Right, Role};

pub fn role_words(w: &Words, role: Role) -> Text {
    match role {
        Role::Administrator => w.role_administrator,
        Role::Operator => w.role_operator,
        Role::Auditor => w.role_auditor,
        Role::ShareOwner => w.role_share_owner,
    }
}

/// What a role may do, in a sentence.
pub fn role_meaning(w: &Words, role: Role) -> Text {
    match role {
        Role::Administrator => w.role_administrator_text,
        Role::Operator => w.role_operator_text,
        Role::Auditor => w.role_auditor_text,
        Role::ShareOwner => w.role_share_owner_text,
    }
}

/// A right as people call it.
pub fn right_words(w: &Words, right: &Right) -> Text {
    match right {
        Right::ReadStatus => w.right_read_status,
        Right::ChangeStorage => w.right_change_storage,
        Right::DestroyStorage => w.right_destroy_storage,
        Right::ChangeExports => w.right_change_exports,
        Right::ChangeCluster => w.right_change_cluster,
        Right::ReadIdentity => w.right_read_identity,
        Right::ChangeIdentity => w.right_change_identity,
        Right::ReadAudit => w.right_read_audit,
        Right::OwnAccount => w.right_own_account,
        Right::Serve => w.right_serve,
    }
}
