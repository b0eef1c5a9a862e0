//! Proves callers by what they bring, and notices when what they may do becomes less.

use super::{API_TOKEN_PREFIX, SECRET_BYTES, csrf_token};
use crate::Manager;
use crate::refusal;
use crate::user::named;
use nasd_api::{ApiError, Caller, Credential, Proof, Use};
use nasd_base::role::{Grant, Right};
use nasd_base::{Clock, SystemClock, Timestamp, VolumeId};
use nasd_system::{AccountCommand, Accounts as State, By, hash_secret, secret_id};
use nasd_system::{System, SystemView};
use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// A session begun on another node a moment ago may not have reached this one.
const HEAR_MAX: Duration = Duration::from_secs(1);
/// A session's use is written down this often at most; the state refuses more.
const TOUCH_AFTER_SECS: i64 = 60;
/// Clocks jump: an end in time is looked at again after this long at most.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

impl Manager {
    pub(crate) async fn prove(
        &self,
        credential: Credential,
        address: String,
        use_: Use,
    ) -> Result<Caller, ApiError> {
        let system = self.system().await?;
        match credential {
            // What was never given is not waited for.
            credential if !is_like_ours(&credential) => Err(refusal::credential_refused()),
            Credential::Session(secret) => {
                let hash = hash_secret(secret.reveal().as_bytes());
                self.heard(&system, |view| view.accounts.sessions.contains_key(&hash)).await;
                session_caller(&system, secret.reveal(), address, use_)
            }
            Credential::ApiToken(secret) => {
                let hash = hash_secret(secret.reveal().as_bytes());
                self.heard(&system, |view| view.accounts.api_tokens.contains_key(&hash)).await;
                api_token_caller(&system, secret.reveal(), address)
            }
        }
    }

    /// Waits a moment for a session or token that this node may not have heard of yet.
    pub(crate) async fn heard(&self, system: &System, mut known: impl FnMut(&Arc<SystemView>) -> bool) {
        if known(&system.view()) {
            return;
        }
        if let Some(_place) = self.attempts.hearing() {
            let _ = timeout(HEAR_MAX, system.watch().wait_for(known)).await;
        }
    }
}

/// Whether some node can have made the credential.
fn is_like_ours(credential: &Credential) -> bool {
    let random = match credential {
        Credential::Session(secret) => Some(secret.reveal()),
        Credential::ApiToken(secret) => secret.reveal().strip_prefix(API_TOKEN_PREFIX),
    };
    random.is_some_and(is_random)
}

pub fn is_random(text: &str) -> bool {
    text.len() == 2 * SECRET_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn owned_names(view: &SystemView, owned: Option<BTreeSet<VolumeId>>) -> Option<BTreeSet<String>> {
    let ids: Vec<VolumeId> = owned?.into_iter().collect();
    Some(named(view, &ids).into_iter().collect())
}

fn session_caller(system: &System, secret: &str, address: String, use_: Use) -> Result<Caller, ApiError> {
    let hash = hash_secret(secret.as_bytes());
    let (view, now) = (system.view(), SystemClock.now());
    let (session, user) = view.accounts.session_user(&hash, now).ok_or_else(refusal::credential_refused)?;
    if use_ == Use::OfSomebody && now.secs >= session.last_seen.secs + TOUCH_AFTER_SECS {
        let (system, touch) = (system.clone(), AccountCommand::TouchSession { session: hash });
        // Without a majority it stays unwritten: the session then ends when the idle time of the last one does.
        tokio::spawn(async move { system.propose(&By::NODE, touch.into()).await });
    }
    let Grant { rights, owned } = view.accounts.grant(user);
    Ok(Caller {
        user: user.name.clone(),
        role: Some(user.role),
        rights,
        owned: owned_names(&view, owned),
        address,
        proof: Proof::Session { id: secret_id(&hash), csrf: csrf_token(secret) },
    })
}

fn api_token_caller(system: &System, secret: &str, address: String) -> Result<Caller, ApiError> {
    let hash = hash_secret(secret.as_bytes());
    let view = system.view();
    let found = view.accounts.api_token_user(&hash, SystemClock.now());
    let (token, user) = found.ok_or_else(refusal::credential_refused)?;
    let Grant { rights, owned } = view.accounts.grant(user);
    Ok(Caller {
        user: user.name.clone(),
        role: Some(user.role),
        rights: token.scopes.iter().copied().filter(|right| rights.contains(right)).collect(),
        owned: owned_names(&view, owned),
        address,
        proof: Proof::ApiToken { name: token.name.clone(), expires: token.expires.secs },
    })
}

/// Ends as soon as this node hears that the caller's session or token is no more, or may do less than before.
pub(crate) async fn until_lessened(manager: Weak<Manager>, caller: Caller) {
    let Some(manager) = manager.upgrade() else { return };
    let Ok(system) = manager.system().await else { return };
    drop(manager);
    let mut views = system.watch();
    loop {
        let accounts = views.borrow_and_update().accounts.clone();
        let now = SystemClock.now();
        let Some(ends) = ends(&accounts, &caller, now) else { return };
        let left = ends.map_or(i64::MAX, |ends| ends.secs - now.secs);
        let left = Duration::from_secs(u64::try_from(left).unwrap_or(0))
            .clamp(Duration::from_millis(100), LOOK_AGAIN);
        tokio::select! {
            changed = views.wait_for(|view| !Arc::ptr_eq(&view.accounts, &accounts)) => {
                if changed.is_err() {
                    return;
                }
            }
            () = sleep(left) => {}
        }
    }
}

/// When what proves the caller ends by itself, if it does; `None` when it has ended, or is good for less by now.
fn ends(accounts: &State, caller: &Caller, now: Timestamp) -> Option<Option<Timestamp>> {
    let (rights, ends): (Vec<Right>, Timestamp) = match &caller.proof {
        Proof::LocalSocket | Proof::AgentSocket | Proof::Nothing => return Some(None),
        Proof::Session { id, .. } => {
            let hash = accounts.sessions.keys().find(|hash| secret_id(hash) == *id)?;
            let (session, user) = accounts.session_user(hash, now)?;
            (accounts.grant(user).rights, session.expires(&accounts.session_limits))
        }
        Proof::ApiToken { name, .. } => {
            let token = accounts
                .api_tokens
                .values()
                .find(|token| token.user == caller.user && token.name == *name)?;
            let (token, user) = accounts.api_token_user(&token.hash, now)?;
            (accounts.grant(user).rights, token.expires)
        }
    };
    caller.rights.iter().all(|right| rights.contains(right)).then_some(Some(ends))
}
