//! Owns who calls: what callers prove themselves with, how often they may try, and what they may do.

mod attempts;
mod proof;
mod rights;

pub use attempts::Attempts;
pub use rights::is_random;

use crate::Manager;
use crate::refusal::{self, of_system};
use crate::tag::hex;
use nasd_api::{Accounts, Answer, ApiError, Caller, Credential, Deed, LogIn, Proof, Secret, Use, Whoami};
use nasd_base::net::BoxFuture;
use nasd_base::{Entropy, OsEntropy};
use nasd_system::{AccountCommand, Accounts as State, By, SystemCommand};
use std::sync::Arc;

pub(crate) const SECRET_BYTES: usize = 32;
pub(crate) const API_TOKEN_PREFIX: &str = "gotgan_";

pub(crate) fn random_hex(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    OsEntropy.fill(&mut random);
    hex(&random)
}

/// What a page of this session proves its changes with.
pub(crate) fn csrf_token(session: &str) -> Secret {
    Secret::new(hex(&blake3::derive_key("gotgan 1 csrf token", session.as_bytes())))
}

/// Hashing takes 20 ms and 19 MiB: not on a thread that serves others.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| refusal::internal("a computation was cut off"))
}

impl Manager {
    pub(crate) async fn change(&self, by: &By, command: AccountCommand) -> Result<(), ApiError> {
        let system = self.deciding().await?;
        system.propose(by, command.into()).await.map(drop).map_err(|e| of_system(&e))
    }

    pub(crate) async fn state(&self) -> Result<Arc<State>, ApiError> {
        Ok(self.system().await?.view().accounts.clone())
    }
}

impl Accounts for Manager {
    fn authenticate(&self, credential: Credential, address: String, use_: Use) -> Answer<'_, Caller> {
        Box::pin(self.prove(credential, address, use_))
    }

    fn until_lessened(&self, caller: Caller) -> BoxFuture<'static, ()> {
        Box::pin(rights::until_lessened(self.myself.clone(), caller))
    }

    fn record(&self, caller: Caller, deed: Deed, outcome: String) -> Answer<'_, ()> {
        Box::pin(async move {
            let (system, by) = (self.deciding().await?, self.by_caller(&caller).await);
            let me = system.me();
            let name = system.view().node(me).map_or_else(|| format!("node {me}"), |node| node.name.clone());
            let action = deed.recorded(&name);
            let note = SystemCommand::Note { action, outcome };
            system.propose(&by, note).await.map(drop).map_err(|e| of_system(&e))
        })
    }

    fn is_stale(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { self.observe().await.is_ok_and(|observed| observed.cannot_decide().is_some()) })
    }

    fn log_in(&self, request: LogIn, address: String) -> Answer<'_, (Secret, Whoami)> {
        Box::pin(self.log_in(request, address))
    }

    fn log_out(&self, caller: Caller) -> Answer<'_, ()> {
        Box::pin(async move {
            let by = self.by_caller(&caller).await;
            match caller.proof {
                Proof::Session { id, .. } => self.change(&by, AccountCommand::EndSession { id }).await,
                _ => Ok(()),
            }
        })
    }
}
