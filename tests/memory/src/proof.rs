//! Whoever changes what protects an account says their password again.

use crate::State;
use crate::known::PASSWORD;
use nasd_api::{ApiError, Caller, Proof, Secret, refusal};

/// One's own account is changed by whoever knows its password.
pub(crate) fn prove_again(state: &State, caller: &Caller, current: Option<&Secret>) -> Result<(), ApiError> {
    let role_password = Secret::new(PASSWORD);
    let expected = state.passwords.get(&caller.user).unwrap_or(&role_password);
    if caller.proof != Proof::LocalSocket && current != Some(expected) {
        return Err(refusal::password_wrong());
    }
    Ok(())
}
