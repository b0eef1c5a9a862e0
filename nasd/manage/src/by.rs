//! Owns how the state is changed for a caller: who asks, under which id, and as what they saw.

use crate::Manager;
use crate::refusal::of_system;
use crate::tag::tag_from;
use nasd_api::{ApiError, Call, Caller, Nothing, Operation, Proof};
use nasd_base::OpId;
use nasd_system::{Actor, By, NO_PROOF, System, SystemCommand, SystemReply};

impl Manager {
    /// Changes the state for who asks, under the id that they chose, and only if what is changed still has the tag that
    /// they saw, if they name one. Durable on return, and shown by this node.
    ///
    /// # Errors
    /// What the state refuses, or that it could not decide.
    pub(crate) async fn propose<O: Operation>(
        &self,
        call: &Call<O>,
        command: impl Into<SystemCommand>,
    ) -> Result<SystemReply, ApiError> {
        let (system, by) = (self.deciding().await?, self.by(call).await);
        let seen = call.etag.as_deref().map(tag_from).transpose()?;
        system.propose_if(&by, command.into(), seen).await.map_err(|error| of_system(&error))
    }

    /// The state, for a change of it.
    ///
    /// # Errors
    /// That nothing can be decided now; nothing was tried.
    pub(crate) async fn deciding(&self) -> Result<System, ApiError> {
        match self.observe().await?.cannot_decide() {
            Some(refusal) => Err(refusal),
            None => self.system().await,
        }
    }

    /// Like [`Manager::propose`], where nothing is to be said of it.
    pub(crate) async fn carry_out<O: Operation>(
        &self,
        call: &Call<O>,
        command: impl Into<SystemCommand>,
    ) -> Result<Nothing, ApiError> {
        self.propose(call, command).await.map(|_| Nothing)
    }

    /// Who asks for the operation, under the id that it chose.
    pub(crate) async fn by<O: Operation>(&self, call: &Call<O>) -> By {
        let op = call.op.map(|op| OpId(u128::from_le_bytes(op).max(1)));
        By { op, ..self.by_caller(&call.caller).await }
    }

    /// Who asks, under no id.
    pub(crate) async fn by_caller(&self, caller: &Caller) -> By {
        let through = match &caller.proof {
            Proof::LocalSocket => "local socket".to_owned(),
            Proof::AgentSocket => "agents' socket".to_owned(),
            Proof::Session { .. } => "session".to_owned(),
            Proof::ApiToken { name, .. } => format!("API token {name}"),
            Proof::Nothing => NO_PROOF.to_owned(),
        };
        let address = match (&caller.proof, self.system().await) {
            (Proof::LocalSocket | Proof::AgentSocket, Ok(system)) => format!("local:node-{}", system.me()),
            _ => caller.address.clone(),
        };
        let actor = Actor { name: caller.user.clone(), address, through };
        By { owned_only: caller.owned.is_some(), ..By::somebody(actor) }
    }
}
