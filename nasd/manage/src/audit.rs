//! Shows the audit log and checks it.

use crate::Manager;
use crate::login::blocking;
use crate::refusal;
use crate::tag::hex;
use nasd_api::{
    AUDIT_PAGE, ApiError, AuditAt, AuditEnding, AuditRecord, AuditVerdict, Call, List, ReadAudit, Serve,
    VerifyAudit,
};
use nasd_system::{AuditAsked, Ending};

impl Serve<ReadAudit> for Manager {
    async fn serve(&self, call: Call<ReadAudit>) -> Result<List<AuditRecord>, ApiError> {
        let limit = call.at.limit.unwrap_or(AUDIT_PAGE);
        let asked = asked(call.at);
        let reader = self.member().await?.node.audit.clone();
        let records = blocking(move || reader.page(&asked, limit)).await?;
        let records = records.map_err(refusal::internal)?;
        let shown = records.into_iter().map(|record| AuditRecord {
            seq: record.seq,
            at: record.at.secs,
            actor: record.actor.name,
            address: record.actor.address,
            through: record.actor.through,
            action: record.action,
            outcome: record.outcome,
            times: record.times.saturating_add(record.pending),
            hash: hex(&record.hash),
        });
        Ok(List { items: shown.collect(), next: None })
    }
}

fn asked(at: AuditAt) -> AuditAsked {
    let AuditAt { before, limit: _, user, about, ending, since, until } = at;
    let ending = ending.map(|ending| match ending {
        AuditEnding::Done => Ending::Done,
        AuditEnding::Refused => Ending::Refused,
        AuditEnding::Failed => Ending::Failed,
    });
    AuditAsked { before, actor: user, about, ending, since, until }
}

impl Serve<VerifyAudit> for Manager {
    async fn serve(&self, _: Call<VerifyAudit>) -> Result<AuditVerdict, ApiError> {
        use nasd_system::AuditVerdict as Verdict;
        let reader = self.member().await?.node.audit.clone();
        let verdict = blocking(move || reader.verify()).await?;
        Ok(match verdict.map_err(refusal::internal)? {
            Verdict::Intact { first, kept, removed, head } => AuditVerdict {
                intact: true,
                seq: first,
                verdict: what_is_covered(first, removed, head.seq),
                kept,
                removed,
                head: Some(hex(&head.hash)),
            },
            Verdict::Broken { seq, why } => {
                let verdict = format!("record {seq}: {why}");
                AuditVerdict { intact: false, seq, verdict, kept: 0, removed: 0, head: None }
            }
        })
    }
}

/// What a whole log says of itself: which records were removed to make room, and that the others are as they were.
fn what_is_covered(first: u64, removed: u64, last: u64) -> String {
    let fit = format!("the records from {first} to {last} that are kept fit each other on this node");
    let earlier = first.saturating_sub(1).min(removed);
    match (earlier, removed - earlier) {
        (0, 0) => format!("records {first} to {last} fit each other on this node"),
        (_, 0) => format!("records 1 to {earlier} were removed by retention; {fit}"),
        (0, later) => format!("{later} records of those who have most were removed by retention; {fit}"),
        (_, later) => format!(
            "records 1 to {earlier}, and {later} later ones of those who have most, were removed by retention; {fit}"
        ),
    }
}
