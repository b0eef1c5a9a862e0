//! Owns how a node is set up by whoever has the link that its console shows.

use super::Manager;
use super::refusal;
use nasd_api::{Answer, ApiError, CertificatePair, Secret, Setup, SetupStep};
use nasd_base::net::BoxFuture;
use nasd_system::By;
use parking_lot::Mutex;

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

impl Manager {
    async fn left_to_do(&self) -> Result<SetupStep, ApiError> {
        if self.running.read().await.is_none() {
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
    pub(super) async fn setup_token_of(&self, by: &By, token: Secret) -> Result<Secret, ApiError> {
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
