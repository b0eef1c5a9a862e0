//! Owns how the node in memory is set up by its console.

use crate::Memory;
use crate::user::is_short;
use nasd_api::*;
use nasd_base::net::BoxFuture;
use nasd_base::role::Role;

impl Setup for Memory {
    fn setup_step(&self) -> Answer<'_, SetupStep> {
        self.with(|state| {
            Ok(match () {
                () if state.cluster.is_none() => SetupStep::Cluster,
                () if state.users.is_empty() => SetupStep::Administrator,
                () => SetupStep::Nothing,
            })
        })
    }

    fn offer_setup(&self, secret: Secret) -> Answer<'_, ()> {
        self.with(|state| {
            state.setup = Some(secret);
            Ok(())
        })
    }

    fn fits_setup(&self, secret: Secret) -> BoxFuture<'_, bool> {
        let fits = {
            let state = self.state.lock().unwrap();
            state.users.is_empty() && state.setup.as_ref() == Some(&secret)
        };
        Box::pin(async move { fits })
    }

    fn certificate_pair(&self) -> Answer<'_, CertificatePair> {
        Box::pin(async { Ok(self.certificate.get().pair()) })
    }
}

impl Serve<CreateSetupToken> for Memory {
    async fn serve(&self, _: Call<CreateSetupToken>) -> Result<SetupToken, ApiError> {
        Ok(SetupToken { token: Secret::new("setup"), expires: 1_800_000_000 })
    }
}

impl Serve<SetUp> for Memory {
    async fn serve(&self, call: Call<SetUp>) -> Result<User, ApiError> {
        let SetUp { name, password, token } = call.body;
        let is_link = self.state.lock().unwrap().setup.as_ref() == Some(&token);
        if token.reveal() != "setup" && !is_link {
            return Err(refusal::setup_token_unknown());
        }
        if is_short(&password) {
            return Err(refusal::weak_password());
        }
        self.make_user(CreateUser { name, role: Role::Administrator, owned: Vec::new(), password })
    }
}
