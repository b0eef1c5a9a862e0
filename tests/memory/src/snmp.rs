//! SNMP as a whole.

use crate::{Memory, State};
use nasd_api::*;

impl Serve<ReadSnmp> for Memory {
    async fn serve(&self, _: Call<ReadSnmp>) -> Result<Tagged<Snmp>, ApiError> {
        self.act(|state| Ok(Tagged(state.snmp())))
    }
}

impl Serve<ChangeSnmp> for Memory {
    async fn serve(&self, call: Call<ChangeSnmp>) -> Result<Tagged<Snmp>, ApiError> {
        let Call { body: ChangeSnmp { contact, location }, etag, .. } = call;
        self.act(|state| {
            if etag.is_some_and(|etag| etag != state.snmp().etag) {
                return Err(refusal::changed());
            }
            state.contact = (contact, location, state.contact.2 + 1);
            Ok(Tagged(state.snmp()))
        })
    }
}

impl Serve<ReadSnmpAgent> for Memory {
    async fn serve(&self, _: Call<ReadSnmpAgent>) -> Result<SnmpAgent, ApiError> {
        self.act(|state| {
            if let Some(told) = &state.snmp_agent {
                return Ok(told.clone());
            }
            let Snmp { contact, location, nodes, .. } = state.snmp();
            let SnmpNode { node, engine_id, .. } =
                nodes.into_iter().next().ok_or_else(refusal::no_cluster)?;
            let views = state.all_snmp_views().into_iter();
            let views = views.map(|SnmpView { name, included, excluded, .. }| SnmpAgentView {
                name,
                included,
                excluded,
            });
            let (users, communities) = (Vec::new(), Vec::new());
            Ok(SnmpAgent { node, engine_id, contact, location, users, communities, views: views.collect() })
        })
    }
}

impl Serve<ReportSnmp> for Memory {
    async fn serve(&self, call: Call<ReportSnmp>) -> Result<Nothing, ApiError> {
        self.act(|state| {
            state.snmp_counts = Some(call.body);
            Ok(Nothing)
        })
    }
}

impl Memory {
    /// What the agent of the node said last of the messages that reached it.
    pub fn snmp_counts(&self) -> Option<ReportSnmp> {
        self.state.lock().unwrap().snmp_counts
    }

    /// What the agent of the node is told from now on: keys are not made here.
    pub fn tells_agent(&self, told: SnmpAgent) {
        self.state.lock().unwrap().snmp_agent = Some(told);
    }
}

impl State {
    fn snmp(&self) -> Snmp {
        let (contact, location, changes) = self.contact.clone();
        let node = |name: &str| SnmpNode {
            node: name.into(),
            host: format!("{name}.example.org"),
            engine_id: format!("80007ed905{}", "00".repeat(20)),
        };
        Snmp {
            contact,
            location,
            users: self.snmp_users.len(),
            communities: self.snmp_communities.len(),
            nodes: vec![node("stor-a")],
            etag: changes.to_string(),
        }
    }
}
