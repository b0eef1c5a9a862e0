//! Owns the web console: pages for the management of a cluster, made on the server.
//!
//! The console asks `nasd` for everything through the management interface, as the browser's user, and keeps nothing
//! itself. [`router`] is the whole of it; `serve` puts it behind HTTPS.

mod answered;
mod assets;
mod chance;
mod chart;
mod chrome;
mod console;
mod cookies;
mod credentials;
mod elsewhere;
mod figures;
mod flash;
mod flow;
mod form;
mod guard;
mod kept;
mod listing;
mod login;
mod navigation;
mod news;
mod noun;
mod page;
mod pages;
mod pending;
mod posted;
mod problems;
mod refusal;
mod reply;
mod role;
mod room;
mod route;
mod routes;
mod server;
mod silence;
mod space;
mod visit;
mod words;
mod zone;

pub use console::Console;
pub use route::PageRoute;
pub use routes::{router, table};
pub use server::{Options, serve};
pub use words::Language;
