//! Owns the passwords of forms: a new one, typed twice, and the one that proves who is there.

use crate::form::{Form, PROOF_FIELD};
use crate::problems::Problems;
use crate::words::Words;
use nasd_api::{CurrentPassword, NewPassword, Secret};

/// The password that was typed beside what it is asked for.
pub fn proof(form: &Form) -> CurrentPassword {
    CurrentPassword { current: Some(Secret::new(form.raw(PROOF_FIELD))) }
}

pub fn new_password(form: &Form, w: &Words, problems: &mut Problems) -> NewPassword {
    check_again(form, w, problems);
    let current = Some(form.raw("current")).filter(|text| !text.is_empty()).map(Secret::new);
    NewPassword {
        password: Secret::new(form.raw("password")),
        current,
        keep_api_tokens: form.has("keep-tokens"),
    }
}

/// Whoever cannot see what is typed types it twice.
pub fn check_again(form: &Form, w: &Words, problems: &mut Problems) {
    problems.check(form.raw("password") == form.raw("again"), "again", w.password_again_wrong);
}
