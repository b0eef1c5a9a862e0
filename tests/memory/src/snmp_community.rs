//! Communities of SNMPv1 and v2c.

use crate::{Memory, kept};
use nasd_api::*;

impl Serve<ListSnmpCommunities> for Memory {
    async fn serve(&self, call: Call<ListSnmpCommunities>) -> Result<List<SnmpCommunity>, ApiError> {
        call.at.of(self.act(|state| Ok(kept::list(&state.snmp_communities)))?)
    }
}

impl Serve<CreateSnmpCommunity> for Memory {
    async fn serve(&self, call: Call<CreateSnmpCommunity>) -> Result<SnmpCommunity, ApiError> {
        self.acts(&call);
        let CreateSnmpCommunity { name, view, sources, .. } = call.body;
        self.act(|state| {
            state.snmp_view(&view)?;
            let community = SnmpCommunity { name: name.clone(), view, sources, etag: "1".to_owned() };
            kept::add(&mut state.snmp_communities, name, community)
        })
    }
}

impl Serve<ReadSnmpCommunity> for Memory {
    async fn serve(&self, call: Call<ReadSnmpCommunity>) -> Result<Tagged<SnmpCommunity>, ApiError> {
        self.act(|state| kept::find(&state.snmp_communities, &call.at.name)).map(Tagged)
    }
}

impl Serve<ChangeSnmpCommunity> for Memory {
    async fn serve(&self, call: Call<ChangeSnmpCommunity>) -> Result<Tagged<SnmpCommunity>, ApiError> {
        let ChangeSnmpCommunity { view, sources, .. } = call.body;
        self.act(|state| {
            state.snmp_view(&view)?;
            kept::change(&mut state.snmp_communities, &call.at.name, call.etag, |community| {
                (community.view, community.sources) = (view, sources);
            })
        })
        .map(Tagged)
    }
}

impl Serve<DeleteSnmpCommunity> for Memory {
    async fn serve(&self, call: Call<DeleteSnmpCommunity>) -> Result<Nothing, ApiError> {
        self.act(|state| kept::delete(&mut state.snmp_communities, &call.at.name))
    }
}
