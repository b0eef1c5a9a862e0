//! The kinds of operations.

use serde::{Deserialize, Serialize};

/// Operations that take alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OperationKind {
    Read,
    Write,
    /// Makes durable what was written.
    Commit,
    /// Looks at one thing: its name, attributes, target.
    Lookup,
    List,
    /// Changes names or attributes.
    Change,
    /// Takes, tests and gives back locks. To wait for one is counted nowhere.
    Lock,
}

impl OperationKind {
    pub const ALL: [OperationKind; 7] = [
        OperationKind::Read,
        OperationKind::Write,
        OperationKind::Commit,
        OperationKind::Lookup,
        OperationKind::List,
        OperationKind::Change,
        OperationKind::Lock,
    ];

    pub fn name(self) -> &'static str {
        match self {
            OperationKind::Read => "read",
            OperationKind::Write => "write",
            OperationKind::Commit => "commit",
            OperationKind::Lookup => "lookup",
            OperationKind::List => "list",
            OperationKind::Change => "change",
            OperationKind::Lock => "lock",
        }
    }
}
