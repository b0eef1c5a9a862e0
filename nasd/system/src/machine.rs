//! The system's state as a replicated state machine.

use super::audit::{self, AuditSeal};
use super::command::{Entry, Outcome, encode_outcome};
use super::decide::decide;
use super::nouns::{SystemError, SystemView};
use super::store;
use bytes::Bytes;
use nasd_base::OpId;
use nasd_state::{Machine, StateError};
use rusqlite::Connection;
use std::sync::Arc;
use tokio::sync::watch;

/// Nodes, volumes, exports, join tokens and accounts. Decisions are made on a copy in memory, which is always what
/// the tables hold.
pub struct SystemMachine {
    view: SystemView,
    changed: bool,
    views: watch::Sender<Arc<SystemView>>,
    seal: AuditSeal,
}

impl SystemMachine {
    /// The machine, and where it shows the state after each batch. `seal` vouches for the audit log: the same on every
    /// node.
    pub fn new(seal: AuditSeal) -> (SystemMachine, watch::Receiver<Arc<SystemView>>) {
        let (views, receiver) = watch::channel(Arc::new(SystemView::default()));
        let machine = SystemMachine { view: SystemView::default(), changed: false, views, seal };
        (machine, receiver)
    }

    fn outcome(&mut self, db: &Connection, index: u64, entry: &Entry) -> Result<Outcome, StateError> {
        let (decision, recorded) = decide(&self.view, index, entry);
        let (outcome, effects) = match decision {
            Ok((reply, effects)) => (Ok(reply), effects),
            Err(refusal) => (Err(refusal), Vec::new()),
        };
        if outcome.is_ok() || !recorded.is_empty() {
            for effect in effects {
                effect.write(db)?;
                self.view.take(effect);
            }
            for effect in recorded {
                audit::write_effect(db, &effect, &self.seal)?;
                audit::take(Arc::make_mut(&mut self.view.audit), effect);
            }
            store::put_version(db, index)?;
            self.view.version = index;
            self.changed = true;
        }
        Ok(outcome)
    }

    fn show(&mut self) {
        self.changed = false;
        self.views.send_replace(Arc::new(self.view.clone()));
    }
}

impl Machine for SystemMachine {
    fn prepare(&mut self, db: &Connection) -> Result<(), StateError> {
        store::create(db)?;
        self.view = store::load(db)?;
        self.show();
        Ok(())
    }

    fn apply(&mut self, db: &Connection, index: u64, command: &[u8]) -> Result<Bytes, StateError> {
        let Some(entry) = Entry::decode(command) else {
            return Ok(encode_outcome(&Err(SystemError::BadCommand)));
        };
        let op = entry.proposal.op;
        let remembered = op != OpId::NONE;
        if remembered && let Some(outcome) = store::outcome_of(db, op)? {
            return Ok(outcome.into());
        }
        let outcome = encode_outcome(&self.outcome(db, index, &entry)?);
        if remembered {
            store::remember(db, index, op, &outcome)?;
        }
        Ok(outcome)
    }

    fn committed(&mut self) {
        if self.changed {
            self.show();
        }
    }
}
