//! Owns how forms go: making something, changing it, and doing once more confirmed what cannot be taken back.
//!
//! A page says which operation it asks for, how its form becomes the request, how it looks and where it ends; what
//! happens in which order is here, once. Always: a form from before a login is shown again and not carried out; what is
//! wrong with it, or what nasd refuses, is said on the same page with everything that was typed.

pub mod confirm;
pub mod create;
pub mod edit;
mod press;

pub use press::press;

use crate::form::Form;
use axum::extract::Path;

/// The name that the address of a page ends in; empty for what there is one of.
type Named = Option<Path<String>>;

/// What the page is about: what the address ends in, else the field of this name.
fn subject(named: Named, fields: &Form, field: &str) -> String {
    match named {
        Some(Path(name)) => name,
        None => fields.get(field).to_owned(),
    }
}
