//! The interface over real HTTPS.

mod certificate;
mod server;
mod strangers;
