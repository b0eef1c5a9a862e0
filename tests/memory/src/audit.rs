//! The audit log.

use crate::known::NOW;
use crate::{Memory, State};
use nasd_api::*;

impl Serve<ReadAudit> for Memory {
    async fn serve(&self, call: Call<ReadAudit>) -> Result<List<AuditRecord>, ApiError> {
        let at = call.at;
        let items: Vec<AuditRecord> = self.act(|state| {
            let asked = |record: &AuditRecord| {
                at.before.is_none_or(|before| record.seq < before)
                    && at.user.as_ref().is_none_or(|user| record.actor == *user)
                    && at.about.as_ref().is_none_or(|about| record.action.contains(about))
                    && at.ending.is_none_or(|ending| record.ending() == ending)
                    && at.since.is_none_or(|since| record.at >= since)
                    && at.until.is_none_or(|until| record.at < until)
            };
            let records = if state.records.is_empty() { acts(state) } else { state.records.clone() };
            Ok(records.into_iter().filter(asked).collect())
        })?;
        let limit = at.limit.unwrap_or(AUDIT_PAGE) as usize;
        let is_counted = at.sort.is_some();
        let page = Page::first(limit).sorted(at.sort, at.descending).filtered(at.filter);
        let list = page.behind(at.after).up_to(at.up_to).of(items)?;
        Ok(if is_counted { list } else { list.items.into() })
    }
}

/// What was done to this node, newest first.
fn acts(state: &State) -> Vec<AuditRecord> {
    let numbered = state.audit.iter().enumerate().rev();
    let records = numbered.map(|(at, (actor, outcome))| AuditRecord {
        seq: at as u64 + 1,
        at: NOW,
        actor: actor.clone(),
        address: "local".into(),
        through: "local socket".into(),
        action: "something".into(),
        outcome: outcome.clone(),
        times: 1,
        hash: format!("{:064x}", at + 1),
        names: Default::default(),
    });
    records.collect()
}

impl Serve<VerifyAudit> for Memory {
    async fn serve(&self, _: Call<VerifyAudit>) -> Result<AuditVerdict, ApiError> {
        let verdict = AuditVerdict {
            intact: true,
            seq: 1,
            verdict: nasd_api::wholeness::empty(),
            kept: 0,
            removed: 0,
            head: None,
        };
        Ok(verdict)
    }
}

impl Memory {
    /// Puts a record into the audit log as if somebody had acted.
    pub fn add_audit(&self, record: AuditRecord) {
        self.state.lock().unwrap().records.insert(0, record);
    }

    pub fn audited(&self) -> Vec<(String, String)> {
        self.state.lock().unwrap().audit.clone()
    }
}
