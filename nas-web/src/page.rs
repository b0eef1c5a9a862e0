//! Owns nothing: what nearly every page is written with, from one place.

pub use crate::chrome::{Chrome, html};
pub use crate::form::Form;
pub use crate::listing::{Listing, Paging};
pub use crate::navigation::Heading;
pub use crate::noun::Noun;
pub use crate::posted::Posted;
pub use crate::problems::Problems;
pub use crate::refusal::Refused;
pub use crate::reply::{done, to};
pub use crate::route::PageRoute;
pub use crate::visit::Member;
pub use crate::words::Text;
pub use askama::Template;
pub use axum::extract::Path;
pub use axum::http::StatusCode;
pub use axum::response::Response;
