//! Carries out what is asked of second factors.

use crate::Manager;
use crate::login::random_hex;
use crate::refusal;
use nasd_api::{
    ApiError, Call, Caller, ConfirmFactor, CurrentPassword, FactorOffer, Nothing, OfferFactor, RecoveryCodes,
    RemoveFactor, RemoveOwnFactor, Secret, Serve,
};
use nasd_base::{Clock, OsEntropy, SystemClock};
use nasd_system::{AccountCommand, By, SealKey, SecretHash, SystemView, TotpKey, hash_secret};

const RECOVERY_CODES: usize = 10;
/// 80 bits each.
const RECOVERY_BYTES: usize = 10;

impl Serve<RemoveFactor> for Manager {
    async fn serve(&self, call: Call<RemoveFactor>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        self.remove_factor(&by, call.caller, call.at.name, call.body).await.map(|()| Nothing)
    }
}

impl Serve<OfferFactor> for Manager {
    async fn serve(&self, call: Call<OfferFactor>) -> Result<FactorOffer, ApiError> {
        let by = self.by(&call).await;
        self.prove_again(&call.caller, call.body.current).await?;
        let user = call.caller.user;
        let key = TotpKey::random(&OsEntropy);
        let sealed = self.seal_key().await?.seal(&user, key.expose(), &OsEntropy);
        self.change(&by, AccountCommand::OfferFactor { user: user.clone(), sealed }).await?;
        let cluster = self.system().await?.view().settings.cluster_name.clone();
        let uri = format!(
            "otpauth://totp/Gotgan%20{cluster}:{user}?secret={}&issuer=Gotgan%20{cluster}",
            key.base32()
        );
        Ok(FactorOffer { key: Secret::new(key.base32()), uri: Secret::new(uri) })
    }
}

impl Serve<ConfirmFactor> for Manager {
    async fn serve(&self, call: Call<ConfirmFactor>) -> Result<RecoveryCodes, ApiError> {
        let by = self.by(&call).await;
        let Call { caller, body: request, .. } = call;
        let user = caller.user.clone();
        let offer = |view: &SystemView| view.accounts.users.get(&user).and_then(|user| user.offered.clone());
        let system = self.system().await?;
        self.heard(&system, |view| offer(view).is_some()).await;
        let offered = offer(&system.view());
        let sealed = offered.ok_or_else(refusal::factor_not_offered)?;
        let key = self.factor_key(&user, &sealed).await?;
        let fits = || key.step_of(request.code.reveal().trim(), SystemClock.now());
        let step = self.prove_code(&caller, fits).await?.ok_or_else(refusal::code_does_not_fit)?;
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| random_hex(RECOVERY_BYTES)).collect();
        let recovery: Vec<SecretHash> = codes.iter().map(|code| hash_secret(code.as_bytes())).collect();
        self.change(&by, AccountCommand::ConfirmFactor { user, sealed, step, recovery }).await?;
        let shown = |code: &String| Secret::new(format!("{}-{}", &code[..10], &code[10..]));
        Ok(RecoveryCodes { codes: codes.iter().map(shown).collect() })
    }
}

impl Serve<RemoveOwnFactor> for Manager {
    async fn serve(&self, call: Call<RemoveOwnFactor>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        let name = call.caller.user.clone();
        self.remove_factor(&by, call.caller, name, call.body).await.map(|()| Nothing)
    }
}

impl Manager {
    async fn remove_factor(
        &self,
        by: &By,
        caller: Caller,
        name: String,
        proof: CurrentPassword,
    ) -> Result<(), ApiError> {
        self.prove_again(&caller, proof.current).await?;
        self.change(by, AccountCommand::RemoveFactor { user: name }).await
    }

    pub(crate) async fn seal_key(&self) -> Result<SealKey, ApiError> {
        let member = self.member().await?;
        Ok(SealKey::derive(&member.authority.get().handle_key()))
    }

    pub(crate) async fn factor_key(&self, user: &str, sealed: &[u8]) -> Result<TotpKey, ApiError> {
        let opened = self.seal_key().await?.open(user, sealed);
        opened.and_then(|key| TotpKey::from_bytes(&key)).ok_or_else(|| refusal::factor_unreadable(user))
    }
}
