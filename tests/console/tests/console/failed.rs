//! Why a scenario failed, in words.

use std::fmt::Display;

pub type Done<T = ()> = Result<T, Failed>;

#[derive(Debug)]
pub struct Failed(pub String);

impl<E: Display> From<E> for Failed {
    fn from(error: E) -> Failed {
        Failed(error.to_string())
    }
}

/// Fails with the sentence unless it is so.
pub fn hold(so: bool, sentence: impl Into<String>) -> Done {
    if so { Ok(()) } else { Err(Failed(sentence.into())) }
}
