//! Second factors.

use crate::Memory;
use crate::known::CODE;
use crate::proof::prove_again;
use crate::user::no_user;
use nasd_api::*;
use nasd_base::role::Role;

impl Serve<RemoveFactor> for Memory {
    async fn serve(&self, call: Call<RemoveFactor>) -> Result<Nothing, ApiError> {
        self.remove_factor(call.caller, call.at.name, call.body)
    }
}

impl Serve<OfferFactor> for Memory {
    async fn serve(&self, call: Call<OfferFactor>) -> Result<FactorOffer, ApiError> {
        let Call { caller, body: proof, .. } = call;
        self.act(|state| {
            prove_again(state, &caller, proof.current.as_ref())?;
            let user = &caller.user;
            let uri = format!("otpauth://totp/Gotgan:{user}?secret=JBSWY3DPEHPK3PXP&issuer=Gotgan");
            Ok(FactorOffer { key: Secret::new("JBSWY3DPEHPK3PXP"), uri: Secret::new(uri) })
        })
    }
}

impl Serve<ConfirmFactor> for Memory {
    async fn serve(&self, call: Call<ConfirmFactor>) -> Result<RecoveryCodes, ApiError> {
        let Call { caller, body: request, .. } = call;
        self.act(|state| {
            let name = caller.user;
            if request.code.reveal() != CODE {
                return Err(refusal::code_does_not_fit());
            }
            if let Some(user) = state.users.get_mut(&name) {
                user.has_second_factor = true;
            }
            let codes = (1..=8).map(|number| Secret::new(format!("abcd-efg{number}")));
            Ok(RecoveryCodes { codes: codes.collect() })
        })
    }
}

impl Serve<RemoveOwnFactor> for Memory {
    async fn serve(&self, call: Call<RemoveOwnFactor>) -> Result<Nothing, ApiError> {
        let name = call.caller.user.clone();
        self.remove_factor(call.caller, name, call.body)
    }
}

impl Memory {
    fn remove_factor(
        &self,
        caller: Caller,
        name: String,
        proof: CurrentPassword,
    ) -> Result<Nothing, ApiError> {
        self.act(|state| {
            prove_again(state, &caller, proof.current.as_ref())?;
            let found = state.users.get_mut(&name).map(|user| user.has_second_factor = false);
            found.or(name.parse::<Role>().ok().map(drop)).map(|()| Nothing).ok_or_else(|| no_user(&name))
        })
    }
}
