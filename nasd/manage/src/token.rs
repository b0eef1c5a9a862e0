//! Makes the tokens that let nodes join.

use crate::Manager;
use crate::refusal::{self, of_system};
use nasd_api::{ApiError, Call, CreateToken, Proof, Secret, Serve, Token};
use nasd_base::{Clock, OsEntropy, SystemClock};
use std::time::Duration;

/// How long a join token lets a node in, unless told otherwise.
const TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);

impl Serve<CreateToken> for Manager {
    async fn serve(&self, call: Call<CreateToken>) -> Result<Token, ApiError> {
        let by = self.by(&call).await;
        let member = self.member().await?;
        let (system, authority) = (&member.node.system, member.authority.get());
        let view = system.view();
        let me = view.node(system.me()).ok_or_else(refusal::own_address_behind)?;
        let (address, lifetime) = (me.address.clone(), lifetime(&call));
        let token = nasd_system::create_token(system, &by, &authority, address, lifetime, &OsEntropy).await;
        let token = token.map_err(|e| of_system(&e))?;
        Ok(Token { token: Secret::new(token.reveal()), expires: SystemClock.now().plus(lifetime).secs })
    }
}

/// As long as was asked for, but no longer than what asks for it.
fn lifetime(call: &Call<CreateToken>) -> Duration {
    let asked = call.body.ttl_seconds.map(|seconds| Duration::from_secs(u64::from(seconds)));
    let lifetime = asked.unwrap_or(TOKEN_LIFETIME);
    let Proof::ApiToken { expires, .. } = call.caller.proof else { return lifetime };
    let left = u64::try_from(expires - SystemClock.now().secs).unwrap_or(0).max(1);
    lifetime.min(Duration::from_secs(left))
}
