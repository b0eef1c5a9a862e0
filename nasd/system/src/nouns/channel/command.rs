//! What can be asked of channels and deliveries.

use super::{ChannelPlan, DeliveryId};
use crate::noun::Described;
use nasd_base::NodeId;
use serde::{Deserialize, Serialize};

/// What came of an attempt. Append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attempted {
    Delivered,
    Failed { why: String },
}

/// Append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChannelCommand {
    /// `secret`: sealed; empty: none.
    Create {
        name: String,
        plan: ChannelPlan,
        secret: Vec<u8>,
    },
    /// `secret`: `None` keeps it.
    Change {
        name: String,
        plan: ChannelPlan,
        secret: Option<Vec<u8>>,
    },
    Delete {
        name: String,
    },
    Test {
        name: String,
    },
    /// Those of them that are still due are the node's for a while. Gives `Leased`.
    Lease {
        node: NodeId,
        deliveries: Vec<DeliveryId>,
    },
    /// Of one that the node has leased; of any other it changes nothing.
    Report {
        node: NodeId,
        delivery: DeliveryId,
        outcome: Attempted,
    },
}

impl Described for ChannelCommand {
    fn describe(&self) -> String {
        use ChannelCommand as C;
        let where_to =
            |plan: &ChannelPlan| format!("{} to {}", plan.target.kind().name(), plan.target.place());
        match self {
            C::Create { name, plan, .. } => format!("create channel {name}: {}", where_to(plan)),
            C::Change { name, plan, .. } => format!("change channel {name}: {}", where_to(plan)),
            C::Delete { name } => format!("delete channel {name}"),
            C::Test { name } => format!("test channel {name}"),
            C::Lease { node, .. } => format!("let node {node} deliver"),
            C::Report { delivery, .. } => format!("report of delivery {delivery}"),
        }
    }
}
