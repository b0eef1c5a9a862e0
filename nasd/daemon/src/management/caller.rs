//! Owns how the state is told who asks for a change, and under which id.

use super::Manager;
use nasd_api::{Call, Caller, Operation, Proof};
use nasd_base::OpId;
use nasd_system::{Actor, By, NO_PROOF};

impl Manager {
    /// Who asks for the operation, under the id that it chose.
    pub(super) async fn by<O: Operation>(&self, call: &Call<O>) -> By {
        let op = call.op.map(|op| OpId(u128::from_le_bytes(op).max(1)));
        By { op, ..self.by_caller(&call.caller).await }
    }

    /// Who asks, under no id.
    pub(super) async fn by_caller(&self, caller: &Caller) -> By {
        let through = match &caller.proof {
            Proof::LocalSocket => "local socket".to_owned(),
            Proof::Session { .. } => "session".to_owned(),
            Proof::ApiToken { name, .. } => format!("API token {name}"),
            Proof::Nothing => NO_PROOF.to_owned(),
        };
        let address = match (&caller.proof, self.system().await) {
            (Proof::LocalSocket, Ok(system)) => format!("local:node-{}", system.me()),
            _ => caller.address.clone(),
        };
        let actor = Actor { name: caller.user.clone(), address, through };
        By { owned_only: caller.owned.is_some(), ..By::somebody(actor) }
    }
}
