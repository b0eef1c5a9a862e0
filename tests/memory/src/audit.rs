//! The audit log.

use crate::Memory;
use crate::known::NOW;
use nasd_api::*;

impl Serve<ReadAudit> for Memory {
    async fn serve(&self, call: Call<ReadAudit>) -> Result<List<AuditRecord>, ApiError> {
        let AuditAt { before, limit } = call.at;
        let limit = limit.unwrap_or(AUDIT_PAGE);
        let items = self.act(|state| {
            if !state.records.is_empty() {
                let older = |record: &&AuditRecord| before.is_none_or(|before| record.seq < before);
                return Ok(state.records.iter().filter(older).take(limit as usize).cloned().collect());
            }
            let numbered = state.audit.iter().enumerate().map(|(at, said)| (at as u64 + 1, said)).rev();
            let older = numbered.filter(|(seq, _)| before.is_none_or(|before| *seq < before));
            let records = older.take(limit as usize).map(|(seq, (actor, outcome))| AuditRecord {
                seq,
                at: NOW,
                actor: actor.clone(),
                address: "local".into(),
                through: "local socket".into(),
                action: "something".into(),
                outcome: outcome.clone(),
                times: 1,
                hash: format!("{seq:064x}"),
            });
            Ok(records.collect())
        })?;
        Ok(List { items, next: None })
    }
}

impl Serve<VerifyAudit> for Memory {
    async fn serve(&self, _: Call<VerifyAudit>) -> Result<AuditVerdict, ApiError> {
        let verdict = AuditVerdict {
            intact: true,
            seq: 1,
            verdict: "no records".into(),
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
