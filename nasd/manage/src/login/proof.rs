//! Checks what people prove themselves with: the one place where passwords and codes are looked at, so that no way in
//! can be guessed at more often than another.

use super::attempts::Comer;
use super::{SECRET_BYTES, blocking, csrf_token, random_hex};
use crate::Manager;
use crate::refusal;
use nasd_api::{ApiError, Caller, LogIn, Proof, Secret, Whoami};
use nasd_base::{Clock, SystemClock};
use nasd_system::SystemCommand;
use nasd_system::{
    AccountCommand, Accounts as State, Actor, By, Factor, NO_PROOF, PasswordHash, Proving, SecretHash, User,
    check_user_name, guessing_place, hash_secret,
};
use std::sync::Arc;
use tokio::sync::SemaphorePermit;

/// Who somebody says to be, and where they say it.
pub(crate) struct Claim {
    name: String,
    address: String,
    proving: Proving,
}

/// What a code turned out to be: a step of the authenticator, or a recovery code.
type CodeProof = (Option<u64>, Option<SecretHash>);

impl Claim {
    /// Names that nobody can have are one to the counts.
    fn new(name: &str, address: &str, proving: Proving) -> Claim {
        let name = if check_user_name(name).is_ok() { name } else { "" };
        Claim { name: name.to_owned(), address: address.to_owned(), proving }
    }

    /// The same for users that there are and others.
    fn wrong(&self) -> ApiError {
        match self.proving {
            Proving::Login => refusal::bad_credentials(),
            Proving::Change => refusal::password_wrong(),
        }
    }

    fn actor(&self) -> Actor {
        let (name, through) = match self.proving {
            Proving::Login => ("-", NO_PROOF),
            Proving::Change => (self.name.as_str(), "session"),
        };
        Actor { name: name.to_owned(), address: self.address.clone(), through: through.to_owned() }
    }

    fn action(&self) -> String {
        match self.proving {
            Proving::Login => format!("log in as {}", self.name),
            Proving::Change => format!("say the password of {}", self.name),
        }
    }
}

impl Manager {
    pub(crate) async fn log_in(&self, request: LogIn, address: String) -> Result<(Secret, Whoami), ApiError> {
        let LogIn { user: name, password, code } = request;
        let claim = Claim::new(&name, &address, Proving::Login);
        let (_turn, state) = self.admitted(&claim).await?;
        let user = state.users.get(&claim.name).filter(|user| !user.disabled).cloned();
        let (user, checked) = self.proved(&claim, user, password).await?;
        let (step, recovery) = self.code_proof(&claim, &user, code).await?;
        let session = random_hex(SECRET_BYTES);
        let hash = hash_secret(session.as_bytes());
        let actor = Actor { name: name.clone(), address: address.clone(), through: "password".to_owned() };
        let login = AccountCommand::LogIn { name, checked, step, recovery, session: hash, address };
        self.change(&By::somebody(actor), login).await?;
        let rights = self.state().await?.grant(&user).rights;
        let csrf_token = Some(csrf_token(&session));
        Ok((Secret::new(session), Whoami { user: user.name, role: Some(user.role), rights, csrf_token }))
    }

    /// Whoever changes what protects an account says their own password again: the session may be stolen.
    pub(crate) async fn prove_again(&self, caller: &Caller, current: Option<Secret>) -> Result<(), ApiError> {
        if caller.proof == Proof::LocalSocket {
            return Ok(());
        }
        let claim = Claim::new(&caller.user, &caller.address, Proving::Change);
        let (_turn, state) = self.admitted(&claim).await?;
        let user = state.users.get(&claim.name).cloned();
        self.proved(&claim, user, current.unwrap_or_else(|| Secret::new(""))).await.map(drop)
    }

    /// Lets the caller guess at a code that nobody has proved yet; counts it when it is wrong.
    pub(crate) async fn prove_code<T>(
        &self,
        caller: &Caller,
        check: impl FnOnce() -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let claim = Claim::new(&caller.user, &caller.address, Proving::Change);
        let _turn = self.admitted(&claim).await?;
        let right = check();
        if right.is_none() {
            self.count_wrong(&claim).await?;
        }
        Ok(right)
    }

    /// A turn to check something, and the state to check it against.
    async fn admitted(&self, claim: &Claim) -> Result<(SemaphorePermit<'_>, Arc<State>), ApiError> {
        let state = self.state().await?;
        let comer = match state.knows_place(&claim.name, &claim.address, SystemClock.now()) {
            true => Comer::Familiar,
            false => Comer::Stranger,
        };
        let place = guessing_place(&claim.address);
        let admitted = self.refuse_early(&state, claim).and_then(|()| self.attempts.admit(&place, comer));
        if let Err(refusal) = admitted {
            self.record_refused(claim, &refusal).await;
            return Err(refusal);
        }
        let turn = self.attempts.turn(comer).await?;
        let state = self.state().await?;
        self.refuse_early(&state, claim)?;
        Ok((turn, state))
    }

    /// Before the password is looked at.
    fn refuse_early(&self, state: &State, claim: &Claim) -> Result<(), ApiError> {
        let wait = state.wait_seconds(&claim.name, &claim.address, SystemClock.now());
        let Some(seconds) = wait else { return Ok(()) };
        Err(refusal::locked(seconds))
    }

    /// The user and the id of the hash that its password fits. Whoever does not exist takes as long to refuse.
    async fn proved(
        &self,
        claim: &Claim,
        user: Option<User>,
        password: Secret,
    ) -> Result<(User, [u8; 32]), ApiError> {
        let hash = user.as_ref().map_or_else(PasswordHash::of_nobody, |user| user.password.clone());
        let checked = hash.id();
        let right = blocking(move || hash.verify(password.reveal())).await?;
        match user.filter(|_| right) {
            Some(user) => Ok((user, checked)),
            None => Err(self.wrong(claim).await),
        }
    }

    async fn code_proof(
        &self,
        claim: &Claim,
        user: &User,
        code: Option<Secret>,
    ) -> Result<CodeProof, ApiError> {
        let Some(factor) = &user.factor else { return Ok((None, None)) };
        let code = code.map(|code| code.reveal().trim().to_ascii_lowercase()).filter(|code| !code.is_empty());
        let Some(code) = code else {
            return Err(refusal::factor_needed());
        };
        match self.fits(&user.name, factor, &code).await? {
            Some(proof) => Ok(proof),
            None => Err(self.wrong(claim).await),
        }
    }

    async fn fits(&self, user: &str, factor: &Factor, code: &str) -> Result<Option<CodeProof>, ApiError> {
        let step = self.factor_key(user, &factor.sealed).await?.step_of(code, SystemClock.now());
        if let Some(step) = step.filter(|step| *step > factor.last_step) {
            return Ok(Some((Some(step), None)));
        }
        let recovery = hash_secret(code.replace('-', "").as_bytes());
        Ok(factor.recovery.contains(&recovery).then_some((None, Some(recovery))))
    }

    async fn wrong(&self, claim: &Claim) -> ApiError {
        self.count_wrong(claim).await.err().unwrap_or_else(|| claim.wrong())
    }

    /// Counts always, and records as often as is good for the log.
    async fn count_wrong(&self, claim: &Claim) -> Result<(), ApiError> {
        let (name, address) = (claim.name.clone(), claim.address.clone());
        let guess = AccountCommand::Guess { name, address, proving: claim.proving };
        let Some(times) = self.attempts.record() else {
            // The node's own, and so it is not recorded.
            return self.change(&By::NODE, guess).await;
        };
        self.change(&By::somebody(claim.actor()), guess).await?;
        if times > 1 {
            let outcome = format!("failed: {} more that are not recorded each", times - 1);
            self.note(claim, "log in".to_owned(), outcome).await;
        }
        Ok(())
    }

    async fn record_refused(&self, claim: &Claim, refusal: &ApiError) {
        if let Some(times) = self.attempts.record_refused() {
            let more = if times > 1 { format!(" (and {} more before)", times - 1) } else { String::new() };
            self.note(claim, claim.action(), format!("refused: {refusal}{more}")).await;
        }
    }

    /// In the background: nobody is told more by how long it takes.
    async fn note(&self, claim: &Claim, action: String, outcome: String) {
        if let Ok(system) = self.system().await {
            let by = By::somebody(claim.actor());
            let note = SystemCommand::Note { action, outcome };
            tokio::spawn(async move { system.propose(&by, note).await });
        }
    }
}
