//! Carries out what is asked of communities of SNMPv1 and v2c.

use crate::Manager;
use crate::refusal::{self, of_system};
use crate::snmp_user::{access, sources};
use crate::tag::hex;
use nasd_api::{
    ApiError, Call, ChangeSnmpCommunity, CreateSnmpCommunity, DeleteSnmpCommunity, List, ListSnmpCommunities,
    Nothing, ReadSnmpCommunity, Secret, Serve, SnmpCommunity, Tagged,
};
use nasd_system::{SecretHash, SnmpCommunityCommand, check_snmp_name, hash_secret, snmp_community_tag};

impl Serve<ListSnmpCommunities> for Manager {
    async fn serve(&self, call: Call<ListSnmpCommunities>) -> Result<List<SnmpCommunity>, ApiError> {
        call.at.of(self.system().await?.view().snmp_communities.values().map(described).collect())
    }
}

impl Serve<CreateSnmpCommunity> for Manager {
    async fn serve(&self, call: Call<CreateSnmpCommunity>) -> Result<SnmpCommunity, ApiError> {
        let CreateSnmpCommunity { name, community, view, sources } = call.body.clone();
        // The state would remember the refusal for the idempotency key, and give it to a better request.
        check_snmp_name(&name).map_err(|error| of_system(&error.into()))?;
        let (hash, access) = (hashed(&community), access(view, &sources));
        let community = nasd_system::SnmpCommunity { name: name.clone(), hash, access };
        self.propose(&call, SnmpCommunityCommand::Create(community)).await?;
        self.found_snmp_community(&name).await
    }
}

impl Serve<ReadSnmpCommunity> for Manager {
    async fn serve(&self, call: Call<ReadSnmpCommunity>) -> Result<Tagged<SnmpCommunity>, ApiError> {
        self.found_snmp_community(&call.at.name).await.map(Tagged)
    }
}

impl Serve<ChangeSnmpCommunity> for Manager {
    async fn serve(&self, call: Call<ChangeSnmpCommunity>) -> Result<Tagged<SnmpCommunity>, ApiError> {
        let (name, ChangeSnmpCommunity { community, view, sources }) =
            (call.at.name.clone(), call.body.clone());
        let (hash, access) = (community.as_ref().map(hashed), access(view, &sources));
        self.propose(&call, SnmpCommunityCommand::Change { name: name.clone(), hash, access }).await?;
        self.found_snmp_community(&name).await.map(Tagged)
    }
}

impl Serve<DeleteSnmpCommunity> for Manager {
    async fn serve(&self, call: Call<DeleteSnmpCommunity>) -> Result<Nothing, ApiError> {
        self.carry_out(&call, SnmpCommunityCommand::Delete { name: call.at.name.clone() }).await
    }
}

impl Manager {
    async fn found_snmp_community(&self, name: &str) -> Result<SnmpCommunity, ApiError> {
        let view = self.system().await?.view();
        view.snmp_communities.get(name).map(described).ok_or_else(|| refusal::unknown_snmp_community(name))
    }
}

fn hashed(community: &Secret) -> SecretHash {
    hash_secret(community.reveal().as_bytes())
}

fn described(community: &nasd_system::SnmpCommunity) -> SnmpCommunity {
    SnmpCommunity {
        name: community.name.clone(),
        view: community.access.view.clone(),
        sources: sources(&community.access),
        etag: hex(&snmp_community_tag(community)),
    }
}
