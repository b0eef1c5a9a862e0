//! Carries out what is asked of API tokens.

use crate::Manager;
use crate::login::{API_TOKEN_PREFIX, SECRET_BYTES, random_hex};
use crate::refusal::{self, of_system};
use nasd_api::{
    ApiError, ApiTokenAt, ApiTokenInfo, Call, CreateApiToken, DeleteApiToken, DeleteOwnApiToken, List,
    ListApiTokens, ListOwnApiTokens, NewApiToken, Nothing, Secret, Serve,
};
use nasd_system::{AccountCommand, AccountError, SystemError, hash_secret};

impl Serve<ListApiTokens> for Manager {
    async fn serve(&self, call: Call<ListApiTokens>) -> Result<List<ApiTokenInfo>, ApiError> {
        call.at.of(self.list_api_tokens().await?)
    }
}

impl Serve<DeleteApiToken> for Manager {
    async fn serve(&self, call: Call<DeleteApiToken>) -> Result<Nothing, ApiError> {
        let ApiTokenAt { name: user, token: name } = call.at.clone();
        self.carry_out(&call, AccountCommand::DeleteApiToken { user, name }).await
    }
}

impl Serve<ListOwnApiTokens> for Manager {
    async fn serve(&self, call: Call<ListOwnApiTokens>) -> Result<List<ApiTokenInfo>, ApiError> {
        let mut tokens = self.list_api_tokens().await?;
        tokens.retain(|token| token.user == call.caller.user);
        call.at.of(tokens)
    }
}

impl Serve<CreateApiToken> for Manager {
    async fn serve(&self, call: Call<CreateApiToken>) -> Result<NewApiToken, ApiError> {
        let by = self.by(&call).await;
        let Call { caller, body: CreateApiToken { name, scopes, valid_seconds, current }, .. } = call;
        let user = caller.user.clone();
        let secret = format!("{API_TOKEN_PREFIX}{}", random_hex(SECRET_BYTES));
        let token = hash_secret(secret.as_bytes());
        self.prove_again(&caller, Some(current)).await?;
        let command =
            AccountCommand::CreateApiToken { user: user.clone(), name, token, scopes, valid_seconds };
        let made = self.deciding().await?.propose(&by, command.into()).await;
        made.map_err(|error| match error {
            SystemError::Account(AccountError::UnknownUser(_)) => refusal::no_account(&user),
            error => of_system(&error),
        })?;
        let state = self.state().await?;
        let made = state.api_tokens.get(&token).map(describe_token);
        let info = made.ok_or_else(refusal::token_made_behind)?;
        Ok(NewApiToken { token: Secret::new(secret), info })
    }
}

impl Serve<DeleteOwnApiToken> for Manager {
    async fn serve(&self, call: Call<DeleteOwnApiToken>) -> Result<Nothing, ApiError> {
        let (user, name) = (call.caller.user.clone(), call.at.name.clone());
        self.carry_out(&call, AccountCommand::DeleteApiToken { user, name }).await
    }
}

impl Manager {
    async fn list_api_tokens(&self) -> Result<Vec<ApiTokenInfo>, ApiError> {
        Ok(self.state().await?.api_tokens.values().map(describe_token).collect())
    }
}

fn describe_token(token: &nasd_system::ApiToken) -> ApiTokenInfo {
    ApiTokenInfo {
        user: token.user.clone(),
        name: token.name.clone(),
        scopes: token.scopes.clone(),
        created: token.created.secs,
        expires: token.expires.secs,
    }
}
