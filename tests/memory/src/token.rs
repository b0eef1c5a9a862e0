//! Tokens that let nodes join.

use crate::known::NOW;
use crate::{Memory, TOKEN};
use nasd_api::{ApiError, Call, CreateToken, Proof, Secret, Serve, Token};

impl Serve<CreateToken> for Memory {
    async fn serve(&self, call: Call<CreateToken>) -> Result<Token, ApiError> {
        let until = match call.caller.proof {
            Proof::ApiToken { expires, .. } => Some(expires),
            _ => None,
        };
        let request = call.body;
        self.act(|state| {
            state.tokens += 1;
            let expires = NOW + i64::from(request.ttl_seconds.unwrap_or(900));
            let expires = until.map_or(expires, |until| expires.min(until));
            Ok(Token { token: Secret::new(TOKEN), expires })
        })
    }
}
