//! Owns the web console: pages for the management of a cluster, made on the server.
//!
//! The console asks `nasd` for everything through the management interface, as the browser's user, and keeps nothing
//! itself. [`router`] is the whole of it; `serve` puts it behind HTTPS.

mod assets;
mod chance;
mod chrome;
mod console;
mod cookies;
mod figures;
mod flash;
mod form;
mod guard;
mod listing;
mod news;
mod pages;
mod posted;
mod problems;
mod refusal;
mod routes;
mod server;
mod visit;
mod words;

pub use console::Console;
pub use routes::{PageRoute, router, table};
pub use server::{Options, serve};
pub use words::Language;
