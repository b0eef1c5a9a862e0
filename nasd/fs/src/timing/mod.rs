//! What operations take, and of what: each one's stages while it is carried out, and the sums, the busiest and the slowest
//! of the last minutes.
//!
//! ```text
//!  an operation carries a Trace ──▶ its front end ends it ──▶ Tab (a connection's own) ──▶ Ledger, 16 at a time
//!   on the hot path: additions to what is its own, one lock that nobody else waits for       slots of ten seconds
//! ```
//! Where clocks are read and what each stage means is in docs/decisions/0044-who-is-slow.md.

mod books;
mod ended;
mod kind;
mod ledger;
mod parents;
mod sketch;
mod slot;
mod stage;
mod trace;

pub use books::LedgerReport;
pub use ended::{Origin, Slow};
pub use kind::OperationKind;
pub use ledger::{Ledger, Tab, WINDOW_SECONDS_MAX};
pub use sketch::{Measure, Ranked, RankedEntry, Tally};
pub use slot::{Row, Work, WorkClass};
pub use stage::{Stage, Stages};
pub use trace::{RequestId, Subject, Trace};
