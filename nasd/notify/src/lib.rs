//! Owns the delivery of alerts by email, webhook and syslog: takes from the node what is due, and says what came of it. And,
//! for those who want it, the export of what the node measures ([`Otlp`]).
//!
//! ```text
//!   nasd, agent.sock: TakeDeliveries ─▶ Message ─▶ text ─▶ email | webhook | syslog ─▶ ReportDelivery
//! ```
//!
//! It keeps nothing: what it has taken and not reported is due again after a while, also at another node. See
//! `docs/decisions/0041-alerts.md`.

mod agent;
mod bounded;
mod email;
mod http;
mod otlp;
mod roots;
mod syslog;
mod text;
mod webhook;

pub use agent::{Options, deliver, serve};
pub use otlp::Otlp;
pub use roots::Roots;
pub use webhook::SIGNATURE_HEADER;
