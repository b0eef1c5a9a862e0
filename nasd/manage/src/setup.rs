//! Owns how a node is set up by whoever has the link that its console shows.

use crate::Manager;
use crate::login::{SECRET_BYTES, is_random, random_hex};
use crate::refusal::{self, of_system};
use crate::user::new_password;
use nasd_api::{
    Answer, ApiError, Call, CertificatePair, CreateSetupToken, Secret, Serve, SetUp, Setup, SetupStep,
    SetupToken, User,
};
use nasd_base::net::BoxFuture;
use nasd_base::{Clock, SystemClock};
use nasd_system::{AccountCommand, AccountError, By, SystemError, hash_secret};
use parking_lot::Mutex;

/// How long a setup token lets somebody make the first administrator.
const SETUP_SECONDS: u32 = 24 * 3600;

/// The link's secret, of which only the hash is kept. Hashes compare in the same time wherever they differ.
#[derive(Default)]
pub struct OfferedSetup(Mutex<Option<blake3::Hash>>);

impl OfferedSetup {
    fn offer(&self, secret: &Secret) {
        *self.0.lock() = Some(blake3::hash(secret.reveal().as_bytes()));
    }

    fn is_for(&self, secret: &Secret) -> bool {
        let offered = *self.0.lock();
        offered.is_some_and(|offered| offered == blake3::hash(secret.reveal().as_bytes()))
    }
}

impl Serve<CreateSetupToken> for Manager {
    async fn serve(&self, call: Call<CreateSetupToken>) -> Result<SetupToken, ApiError> {
        let by = self.by(&call).await;
        self.new_setup_token(&by).await
    }
}

impl Serve<SetUp> for Manager {
    async fn serve(&self, call: Call<SetUp>) -> Result<User, ApiError> {
        let by = self.by(&call).await;
        let SetUp { token, name, password } = call.body;
        let token = self.setup_token_of(&by, token).await?;
        let (system, text) = (self.system().await?, token.reveal().trim());
        let token = hash_secret(text.as_bytes());
        // Strangers' guesses are refused here, before they cost a hash or an entry of the log.
        if is_random(text) {
            self.heard(&system, |view| view.accounts.setup_tokens.contains_key(&token)).await;
        }
        if !system.view().accounts.setup_tokens.contains_key(&token) {
            let error = AccountError::SetupTokenUnknown;
            return Err(of_system(&SystemError::Account(error)));
        }
        let password = new_password(&self.attempts, password).await?;
        self.change(&by, AccountCommand::SetUp { token, name: name.clone(), password }).await?;
        self.found_user(&name).await
    }
}

impl Manager {
    pub(crate) async fn new_setup_token(&self, by: &By) -> Result<SetupToken, ApiError> {
        let secret = random_hex(SECRET_BYTES);
        let token = hash_secret(secret.as_bytes());
        self.change(by, AccountCommand::CreateSetupToken { token, valid_seconds: SETUP_SECONDS }).await?;
        let expires = SystemClock.now().secs + i64::from(SETUP_SECONDS);
        Ok(SetupToken { token: Secret::new(secret), expires })
    }

    async fn left_to_do(&self) -> Result<SetupStep, ApiError> {
        if !self.is_member().await {
            return Ok(SetupStep::Cluster);
        }
        Ok(match self.state().await?.users.is_empty() {
            true => SetupStep::Administrator,
            false => SetupStep::Nothing,
        })
    }

    /// The secret of the link is good as long as nobody can log in.
    async fn is_setup_link(&self, secret: &Secret) -> bool {
        self.offered_setup.is_for(secret)
            && !matches!(self.left_to_do().await, Ok(SetupStep::Nothing) | Err(_))
    }

    /// The setup token that the state knows: the secret of the link stands for one.
    pub(crate) async fn setup_token_of(&self, by: &By, token: Secret) -> Result<Secret, ApiError> {
        match self.is_setup_link(&token).await {
            true => self.new_setup_token(&by.beside()).await.map(|made| made.token),
            false => Ok(token),
        }
    }
}

impl Setup for Manager {
    fn setup_step(&self) -> Answer<'_, SetupStep> {
        Box::pin(self.left_to_do())
    }

    fn offer_setup(&self, secret: Secret) -> Answer<'_, ()> {
        Box::pin(async move {
            if self.left_to_do().await? == SetupStep::Nothing {
                return Err(refusal::node_is_set_up());
            }
            self.offered_setup.offer(&secret);
            Ok(())
        })
    }

    fn fits_setup(&self, secret: Secret) -> BoxFuture<'_, bool> {
        Box::pin(async move { self.is_setup_link(&secret).await })
    }

    fn certificate_pair(&self) -> Answer<'_, CertificatePair> {
        Box::pin(async {
            let certificate = self.node_certificate().map_err(refusal::internal)?;
            let read = tokio::task::spawn_blocking(move || certificate.pair()).await;
            read.map_err(refusal::internal)
        })
    }
}
