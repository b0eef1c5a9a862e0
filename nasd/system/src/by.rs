//! Who asks for a change, and under which id.

use super::audit::Actor;
use nasd_base::OpId;

/// An argument of every proposal: nothing else says for whom it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct By {
    /// Whose change the audit log records; `None`: a node's own, which it does not.
    pub actor: Option<Actor>,
    /// The id that the caller chose, so that a request that is repeated gets the first outcome; `None`: a random one.
    pub op: Option<OpId>,
    /// Whether the actor decides about exports of volumes that it owns only, as it does when the change is decided.
    pub owned_only: bool,
}

impl By {
    /// A node by itself.
    pub const NODE: By = By { actor: None, op: None, owned_only: false };

    /// Somebody who chose no id.
    pub fn somebody(actor: Actor) -> By {
        By { actor: Some(actor), ..By::NODE }
    }

    /// For what the same caller's operation proposes beside the command that the operation is: such a thing carries
    /// a secret that is made anew or counts each time, so the first outcome is no answer to the next.
    pub fn beside(&self) -> By {
        By { op: None, ..self.clone() }
    }

    /// Whose change it is, in a word.
    pub fn name(&self) -> &str {
        self.actor.as_ref().map_or("a node", |actor| &actor.name)
    }
}
