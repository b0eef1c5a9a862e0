//! Owns the client's calls about users, sessions, API tokens and the audit log.

use super::{Client, ClientError, percent_encoded};
use crate::{
    ApiTokenInfo, AuditRecord, AuditVerdict, CreateApiToken, CreateUser, CurrentPassword, NewApiToken,
    NewPassword, RoleInfo, SessionInfo, UpdateUser, User, Whoami,
};

impl Client {
    /// Who the node takes this client for.
    pub async fn whoami(&self) -> Result<Whoami, ClientError> {
        self.get("/session").await
    }

    pub async fn log_out(&self) -> Result<(), ClientError> {
        self.post_nothing("/logout").await
    }

    pub async fn users(&self) -> Result<Vec<User>, ClientError> {
        self.list("/users").await
    }

    pub async fn create_user(&self, request: &CreateUser) -> Result<User, ClientError> {
        self.post("/users", request).await
    }

    /// With an `etag`, only if the user still has that.
    pub async fn update_user(
        &self,
        name: &str,
        request: &UpdateUser,
        etag: Option<&str>,
    ) -> Result<User, ClientError> {
        self.put(&user_route(name, ""), request, etag).await
    }

    pub async fn delete_user(&self, name: &str) -> Result<(), ClientError> {
        self.delete(&user_route(name, "")).await
    }

    pub async fn set_password(&self, name: &str, request: &NewPassword) -> Result<(), ClientError> {
        self.put_only(&user_route(name, "/password"), request).await
    }

    pub async fn unlock_user(&self, name: &str) -> Result<(), ClientError> {
        self.delete(&user_route(name, "/lock")).await
    }

    pub async fn remove_factor(&self, name: &str, proof: &CurrentPassword) -> Result<(), ClientError> {
        self.post_only(&user_route(name, "/factor/removal"), proof).await
    }

    pub async fn roles(&self) -> Result<Vec<RoleInfo>, ClientError> {
        self.list("/roles").await
    }

    pub async fn sessions(&self) -> Result<Vec<SessionInfo>, ClientError> {
        self.list("/sessions").await
    }

    pub async fn end_session(&self, id: &str) -> Result<(), ClientError> {
        self.delete(&format!("/sessions/{}", percent_encoded(id))).await
    }

    pub async fn api_tokens(&self) -> Result<Vec<ApiTokenInfo>, ClientError> {
        self.list("/api-tokens").await
    }

    /// One's own: only somebody with an account can.
    pub async fn create_api_token(&self, request: &CreateApiToken) -> Result<NewApiToken, ClientError> {
        self.post("/account/api-tokens", request).await
    }

    pub async fn delete_api_token(&self, user: &str, name: &str) -> Result<(), ClientError> {
        self.delete(&user_route(user, &format!("/api-tokens/{}", percent_encoded(name)))).await
    }

    pub async fn audit(&self) -> Result<Vec<AuditRecord>, ClientError> {
        self.audit_page(None, None).await
    }

    /// Up to `limit` records older than `before`, newest first.
    pub async fn audit_page(
        &self,
        before: Option<u64>,
        limit: Option<u32>,
    ) -> Result<Vec<AuditRecord>, ClientError> {
        let before = before.map(|before| format!("before={before}"));
        let limit = limit.map(|limit| format!("limit={limit}"));
        let query: Vec<String> = before.into_iter().chain(limit).collect();
        self.list(&format!("/audit?{}", query.join("&"))).await
    }

    pub async fn verify_audit(&self) -> Result<AuditVerdict, ClientError> {
        self.get("/audit/verification").await
    }
}

fn user_route(name: &str, rest: &str) -> String {
    format!("/users/{}{rest}", percent_encoded(name))
}
