//! Carries out what is asked of SNMP as a whole: who the nodes are there, and what the agent of this one has to know.

use crate::Manager;
use crate::snmp_user::sources;
use crate::tag::hex;
use nasd_api::{
    ApiError, Call, ChangeSnmp, Nothing, ReadSnmp, ReadSnmpAgent, ReportSnmp, Secret, Serve, Snmp, SnmpAgent,
    SnmpAgentCommunity, SnmpAgentUser, SnmpAgentView, SnmpNode, Tagged,
};
use nasd_base::NodeId;
use nasd_base::snmp::engine_id;
use nasd_system::{NodeInfo, SealKey, SettingsCommand, SnmpKeys, SystemView, built_in_views, contact_tag};

impl Serve<ReadSnmp> for Manager {
    async fn serve(&self, _: Call<ReadSnmp>) -> Result<Tagged<Snmp>, ApiError> {
        Ok(Tagged(described(&self.system().await?.view())))
    }
}

impl Serve<ChangeSnmp> for Manager {
    async fn serve(&self, call: Call<ChangeSnmp>) -> Result<Tagged<Snmp>, ApiError> {
        let ChangeSnmp { contact, location } = call.body.clone();
        self.propose(&call, SettingsCommand::SetContact { contact, location }).await?;
        Ok(Tagged(described(&self.system().await?.view())))
    }
}

impl Serve<ReadSnmpAgent> for Manager {
    async fn serve(&self, _: Call<ReadSnmpAgent>) -> Result<SnmpAgent, ApiError> {
        let system = self.system().await?;
        Ok(for_agent(&system.view(), system.me(), &self.seal_key().await?))
    }
}

impl Serve<ReportSnmp> for Manager {
    async fn serve(&self, call: Call<ReportSnmp>) -> Result<Nothing, ApiError> {
        *self.snmp_counts.lock() = Some(call.body);
        Ok(Nothing)
    }
}

fn engine_of(view: &SystemView, node: NodeId) -> String {
    hex(&engine_id(&view.cluster.id.unwrap_or_default().0, view.slot(node)))
}

fn described(view: &SystemView) -> Snmp {
    let node = |node: &NodeInfo| SnmpNode {
        node: node.name.clone(),
        host: node.address.rsplit_once(':').map_or("", |(host, _)| host).to_owned(),
        engine_id: engine_of(view, node.id),
    };
    Snmp {
        contact: view.settings.contact.clone(),
        location: view.settings.location.clone(),
        users: view.snmp_users.len(),
        communities: view.snmp_communities.len(),
        nodes: view.members().map(node).collect(),
        etag: hex(&contact_tag(&view.settings)),
    }
}

fn for_agent(view: &SystemView, me: NodeId, seal: &SealKey) -> SnmpAgent {
    let slot = view.slot(me) as usize;
    let community = |one: &nasd_system::SnmpCommunity| SnmpAgentCommunity {
        name: one.name.clone(),
        blake3: Secret::new(hex(&one.hash)),
        view: one.access.view.clone(),
        sources: sources(&one.access),
    };
    let shown = |one: &nasd_system::SnmpView| SnmpAgentView {
        name: one.name.clone(),
        included: one.included.clone(),
        excluded: one.excluded.clone(),
    };
    SnmpAgent {
        node: view.node(me).map(|node| node.name.clone()).unwrap_or_default(),
        engine_id: engine_of(view, me),
        contact: view.settings.contact.clone(),
        location: view.settings.location.clone(),
        users: view.snmp_users.values().filter_map(|user| user_for(user, slot, seal)).collect(),
        communities: view.snmp_communities.values().map(community).collect(),
        views: built_in_views().iter().chain(view.snmp_views.values()).map(shown).collect(),
    }
}

/// With its keys for one slot; `None` where there are none.
fn user_for(user: &nasd_system::SnmpUser, slot: usize, seal: &SealKey) -> Option<SnmpAgentUser> {
    let nasd_system::SnmpUser { name, keys, access } = user;
    let Some(opened) = seal.open(&SnmpKeys::owner(name), &keys.sealed) else {
        tracing::error!(
            user = name,
            "the keys of this SNMP user cannot be opened: give it its passphrases again"
        );
        return None;
    };
    let of_slot = opened.chunks_exact(keys.bytes_of_slot()).nth(slot)?;
    let (auth, privacy) = of_slot.split_at(keys.auth.key_bytes());
    Some(SnmpAgentUser {
        name: name.clone(),
        auth: keys.auth,
        auth_key: Secret::new(hex(auth)),
        privacy: keys.privacy,
        privacy_key: Secret::new(hex(privacy)),
        view: access.view.clone(),
        sources: sources(access),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snmp_user::keys_of;
    use nasd_api::SnmpPassphrases;
    use nasd_base::snmp::{AuthProtocol, Privacy};
    use nasd_system::{ClusterId, SLOTS_MIN, SnmpAccess, SnmpCommunity, SnmpUser, hash_secret};
    use std::sync::Arc;

    fn passphrases() -> SnmpPassphrases {
        SnmpPassphrases {
            auth: AuthProtocol::Sha256,
            auth_passphrase: Secret::new("canary of auth"),
            privacy: Privacy::Aes,
            privacy_passphrase: Some(Secret::new("canary of privacy")),
        }
    }

    /// A cluster of two nodes with a user and a community.
    fn view(seal: &SealKey) -> SystemView {
        let mut view = SystemView::default();
        Arc::make_mut(&mut view.cluster).id = Some(ClusterId([9; 16]));
        for (id, name) in [(1, "stor-a"), (7, "stor-b")] {
            let node = NodeInfo {
                id: NodeId(id),
                name: name.into(),
                address: format!("{name}:7420"),
                state: nasd_system::NodeState::Active,
                key: [0; 32],
                joined: nasd_base::Timestamp::from_nanos(0),
            };
            Arc::make_mut(&mut view.nodes).insert(node.id, node);
        }
        let access = SnmpAccess { view: "all".into(), sources: vec!["192.0.2.0/24".parse().unwrap()] };
        let keys = keys_of("librenms", &passphrases(), &[9; 16], SLOTS_MIN, seal);
        let user = SnmpUser { name: "librenms".into(), keys, access: access.clone() };
        Arc::make_mut(&mut view.snmp_users).insert(user.name.clone(), user);
        let hash = hash_secret(b"canary community");
        let community = SnmpCommunity { name: "old".into(), hash, access };
        Arc::make_mut(&mut view.snmp_communities).insert("old".into(), community);
        view
    }

    #[test]
    fn an_agent_gets_its_own_nodes_keys_and_no_passphrase() {
        let seal = SealKey::derive(b"the cluster's");
        let view = view(&seal);
        let [a, b] = [1, 7].map(|id| for_agent(&view, NodeId(id), &seal));
        assert_eq!(
            (&a.node[..], &a.engine_id[..]),
            ("stor-a", "80007ed9050909090909090909090909090909090900000000")
        );
        assert_eq!(&b.engine_id[..], "80007ed9050909090909090909090909090909090900000001");
        let (one, other) = (&a.users[0], &b.users[0]);
        assert!(one.auth_key != other.auth_key && one.privacy_key != other.privacy_key);
        assert_eq!((one.auth_key.reveal().len(), one.privacy_key.reveal().len()), (64, 32));
        assert_eq!(one.sources[0].to_string(), "192.0.2.0/24");
        assert_eq!(a.communities[0].blake3.reveal(), hex(&hash_secret(b"canary community")));
        assert_eq!(a.views.iter().map(|view| &view.name[..]).collect::<Vec<_>>(), ["all", "system"]);
        let told = serde_json::to_string(&a).unwrap();
        assert!(!told.contains("canary") && !told.contains(other.auth_key.reveal()), "{told}");
        let shown = format!("{a:?}{view:?}");
        assert!(!shown.contains("canary") && !shown.contains(one.auth_key.reveal()), "{shown}");
    }

    #[test]
    fn keys_of_another_seal_or_another_user_are_none() {
        let seal = SealKey::derive(b"the cluster's");
        let mut view = view(&seal);
        assert!(for_agent(&view, NodeId(1), &SealKey::derive(b"another")).users.is_empty());
        Arc::make_mut(&mut view.snmp_users).get_mut("librenms").unwrap().name = "zabbix".into();
        assert!(for_agent(&view, NodeId(1), &seal).users.is_empty());
    }

    #[test]
    fn what_there_is_of_snmp_names_every_node_and_no_secret() {
        let seal = SealKey::derive(b"the cluster's");
        let snmp = described(&view(&seal));
        assert_eq!((snmp.users, snmp.communities), (1, 1));
        let hosts: Vec<_> = snmp.nodes.iter().map(|node| (&node.node[..], &node.host[..])).collect();
        assert_eq!(hosts, [("stor-a", "stor-a"), ("stor-b", "stor-b")]);
    }
}
