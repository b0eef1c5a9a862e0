//! Owns how the node in memory is set up by its console.

use super::Memory;
use nasd_api::{Answer, CertificatePair, Secret, Setup, SetupStep};
use nasd_base::net::BoxFuture;

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
