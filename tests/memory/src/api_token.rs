//! API tokens.

use crate::Memory;
use crate::known::NOW;
use crate::proof::prove_again;
use crate::user::no_user;
use nasd_api::*;
use nasd_base::role::Role;

impl Serve<ListApiTokens> for Memory {
    async fn serve(&self, call: Call<ListApiTokens>) -> Result<List<ApiTokenInfo>, ApiError> {
        call.at.of(self.list_api_tokens()?)
    }
}

impl Serve<DeleteApiToken> for Memory {
    async fn serve(&self, call: Call<DeleteApiToken>) -> Result<Nothing, ApiError> {
        let ApiTokenAt { name: user, token: name } = call.at;
        self.delete_api_token(user, name)
    }
}

impl Serve<ListOwnApiTokens> for Memory {
    async fn serve(&self, call: Call<ListOwnApiTokens>) -> Result<List<ApiTokenInfo>, ApiError> {
        let mut tokens = self.list_api_tokens()?;
        tokens.retain(|token| token.user == call.caller.user);
        call.at.of(tokens)
    }
}

impl Serve<CreateApiToken> for Memory {
    async fn serve(&self, call: Call<CreateApiToken>) -> Result<NewApiToken, ApiError> {
        let Call { caller, body: request, .. } = call;
        self.act(|state| {
            let user = caller.user.clone();
            if user.parse::<Role>().is_err() && !state.users.contains_key(&user) {
                return Err(no_user(&user));
            }
            if state.api_tokens.contains_key(&format!("token-{user}-{}", request.name)) {
                return Err(refusal::api_token_exists(&user, &request.name));
            }
            prove_again(state, &caller, Some(&request.current))?;
            let CreateApiToken { name, scopes, valid_seconds, .. } = request;
            let token = format!("token-{user}-{name}");
            let expires = NOW + i64::from(valid_seconds);
            let info = ApiTokenInfo { user, name, scopes, created: NOW, expires };
            state.api_tokens.insert(token.clone(), info.clone());
            Ok(NewApiToken { token: Secret::new(token), info })
        })
    }
}

impl Serve<DeleteOwnApiToken> for Memory {
    async fn serve(&self, call: Call<DeleteOwnApiToken>) -> Result<Nothing, ApiError> {
        self.delete_api_token(call.caller.user, call.at.name)
    }
}

impl Memory {
    fn list_api_tokens(&self) -> Result<Vec<ApiTokenInfo>, ApiError> {
        self.act(|state| Ok(state.api_tokens.values().cloned().collect()))
    }

    fn delete_api_token(&self, user: String, name: String) -> Result<Nothing, ApiError> {
        self.act(|state| {
            let removed = state.api_tokens.remove(&format!("token-{user}-{name}"));
            removed.map(|_| Nothing).ok_or_else(|| refusal::unknown_api_token(&user, &name))
        })
    }
}
