//! Carries out diagnoses: each node looks itself over, on demand and every night, and keeps what it found; the node that
//! is asked collects what the others say.
//!
//! ```text
//!   gather: disks, calls, files ─▶ facts ─▶ checks: pure ─▶ findings ─▶ DIR/diagnosis.json
//!                                                              ▲ asked for by other nodes, pages and alerts
//! ```

mod checks;
#[cfg(test)]
mod checks_tests;
mod examiner;
mod facts;
mod gather;
mod look;
mod night;

pub use examiner::Examiner;
pub use night::watch as watch_nights;

use crate::Manager;
use crate::health::Observed;
use bytes::Bytes;
use checks::Outcome;
use futures::future::join_all;
use nasd_api::{
    ApiError, Call, CheckKind, Diagnosis, DiagnosisState, Finding, List, ListDiagnoses, NodeInfo,
    ReadDiagnosis, Serve, StartDiagnosis, finding,
};
use nasd_base::net::BoxFuture;
use nasd_base::{Clock, NodeId, SystemClock};
use nasd_node::Question;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A check that takes longer hangs.
const CHECK_MAX: Duration = Duration::from_secs(60);
/// How long a node may take to say what it has found.
const ANSWER_PATIENCE: Duration = Duration::from_secs(3);

impl Serve<ListDiagnoses> for Manager {
    async fn serve(&self, call: Call<ListDiagnoses>) -> Result<List<Diagnosis>, ApiError> {
        let nodes = self.observe().await?.nodes();
        call.at.of(self.diagnoses(nodes, Question::Diagnosis).await?)
    }
}

impl Serve<ReadDiagnosis> for Manager {
    async fn serve(&self, call: Call<ReadDiagnosis>) -> Result<Diagnosis, ApiError> {
        let node = self.observe().await?.node_called(&call.at.node)?;
        self.diagnosis(&node, Question::Diagnosis).await
    }
}

impl Serve<StartDiagnosis> for Manager {
    async fn serve(&self, call: Call<StartDiagnosis>) -> Result<List<Diagnosis>, ApiError> {
        let observed = self.observe().await?;
        let nodes = match &call.body.node {
            Some(name) => vec![observed.node_called(name)?],
            None => observed.nodes(),
        };
        let question = Question::Diagnose(bits_of(&call.body.checks));
        Ok(List::from(self.diagnoses(nodes, question).await?))
    }
}

/// As they travel between nodes: bits that nobody knows ask for nothing.
fn bits_of(checks: &[CheckKind]) -> u32 {
    let wanted = |kind: &CheckKind| checks.is_empty() || checks.contains(kind);
    let bits = CheckKind::ALL.iter().enumerate().filter(|(_, kind)| wanted(kind));
    bits.map(|(bit, _)| 1 << bit).sum()
}

fn checks_of(bits: u32) -> Vec<CheckKind> {
    let wanted = CheckKind::ALL.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
    wanted.map(|(_, kind)| *kind).collect()
}

impl Manager {
    async fn diagnoses(&self, nodes: Vec<NodeInfo>, question: Question) -> Result<Vec<Diagnosis>, ApiError> {
        let asked = join_all(nodes.iter().map(|node| self.diagnosis(node, question.clone())));
        asked.await.into_iter().collect()
    }

    /// What the node says; nothing is known of one that does not answer.
    async fn diagnosis(&self, node: &NodeInfo, question: Question) -> Result<Diagnosis, ApiError> {
        let reporter = &self.member().await?.node.reporter;
        let asked = async {
            let said = reporter.ask_plainly(NodeId(node.id), question, ANSWER_PATIENCE).await?;
            serde_json::from_slice::<Diagnosis>(&said).ok()
        };
        let said = if node.reachable { asked.await } else { None };
        let (node, node_name) = (node.id, node.name.clone());
        Ok(match said {
            Some(said) => Diagnosis { node, node_name, ..said },
            None => {
                let (state, findings) = (DiagnosisState::NotKnown, Vec::new());
                Diagnosis { node, node_name, state, done: 0, total: 0, findings }
            }
        })
    }

    /// What this node says of itself when it is asked, by another node, too.
    pub(crate) fn answer_about_itself(self: Arc<Self>, question: Question) -> BoxFuture<'static, Bytes> {
        Box::pin(async move {
            match question {
                Question::Diagnose(bits) => self.begin(checks_of(bits)),
                Question::Support => return self.part_of_bundle().await,
                _ => {}
            }
            serde_json::to_vec(&self.examiner.diagnosis()).unwrap_or_default().into()
        })
    }

    /// Nobody has asked.
    pub(crate) fn begin_by_night(self: &Arc<Self>, now: i64) {
        self.examiner.note_night(now);
        self.begin(CheckKind::ALL.to_vec());
    }

    /// One that goes on is joined.
    fn begin(self: &Arc<Self>, checks: Vec<CheckKind>) {
        if checks.is_empty() || !self.examiner.begin(checks.len() as u32) {
            return;
        }
        let manager = self.clone();
        tokio::spawn(async move {
            for check in checks {
                manager.examiner.found(manager.look(check).await);
            }
            manager.examiner.end();
        });
    }

    async fn look(&self, check: CheckKind) -> Finding {
        let begun = Instant::now();
        let outcome = match timeout(CHECK_MAX, self.outcome(check)).await {
            Ok(Some(outcome)) => outcome,
            Ok(None) => Outcome::skipped(finding::not_a_member()),
            Err(_) => {
                Outcome::failed(finding::took_too_long(CHECK_MAX.as_secs()), finding::do_about_time_out())
            }
        };
        let Outcome { state, evidence, advice } = outcome;
        let took_millis = begun.elapsed().as_millis() as u64;
        Finding { check, state, evidence, advice, at: SystemClock.now().secs, took_millis }
    }

    /// Nothing where this node is a member no more.
    async fn outcome(&self, check: CheckKind) -> Option<Outcome> {
        let member = self.member().await.ok()?;
        let observed = Observed::by(&member.node, &member.patience, Instant::now());
        let (me, now) = (member.node.me, SystemClock.now().secs);
        Some(match check {
            CheckKind::DiskHealth => checks::disk_health(&self.disk_facts(&member).await),
            CheckKind::Flush => checks::flush(&self.tried_disks(&member).await),
            CheckKind::DiskLatency => {
                checks::disk_latency(&self.tried_disks(&member).await, gather::slow_reads(&member))
            }
            CheckKind::Network => checks::network(&gather::peers(&member, &observed).await),
            CheckKind::Clock => checks::clock(gather::clock(&member, &observed)),
            CheckKind::Raft => {
                let (groups, leaders) = gather::groups(&member, &observed);
                checks::raft(&groups, leaders)
            }
            CheckKind::Scrub => checks::scrub(gather::scrub(&member, &observed)),
            CheckKind::Certificate => {
                checks::certificate(&observed.node_name(me), &self.certificate_facts().ok()?, now)
            }
            CheckKind::Names => checks::names(&self.name_facts(&observed, me).await),
            CheckKind::Space => {
                checks::space(&self.disk_facts(&member).await, gather::full_at(&member, now), now)
            }
            CheckKind::Nfs => checks::nfs(&self.nfs_facts(&member, &observed).await),
            CheckKind::Leftovers => checks::leftovers(&self.leftovers().await),
            CheckKind::Unknown => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_travel_as_bits() {
        assert_eq!(checks_of(bits_of(&[])), CheckKind::ALL);
        assert_eq!(
            checks_of(bits_of(&[CheckKind::Nfs, CheckKind::Flush])),
            [CheckKind::Flush, CheckKind::Nfs]
        );
        assert_eq!(checks_of(1 << 30), [], "a newer node's check");
    }
}
