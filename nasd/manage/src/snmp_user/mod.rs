//! Carries out what is asked of users of SNMPv3.

mod keys;

use crate::Manager;
use crate::refusal::{self, of_system};
use crate::tag::hex;
use nasd_api::{
    ApiError, Call, ChangeSnmpUser, CreateSnmpUser, DeleteSnmpUser, List, ListSnmpUsers, Nothing,
    ReadSnmpUser, Serve, SnmpPassphrases, SnmpSource, SnmpUser, Tagged,
};
use nasd_base::OsEntropy;
use nasd_base::snmp::engine_id;
use nasd_system::{
    SLOTS_MAX, SLOTS_MIN, SealKey, SnmpAccess, SnmpKeys, SnmpUserCommand, SystemView, check_snmp_name,
    snmp_user_tag,
};

/// Keys are made for so many nodes at least that join later.
const SLOTS_AHEAD: u32 = 64;

impl Serve<ListSnmpUsers> for Manager {
    async fn serve(&self, call: Call<ListSnmpUsers>) -> Result<List<SnmpUser>, ApiError> {
        let view = self.system().await?.view();
        call.at.of(view.snmp_users.values().map(|user| described(&view, user)).collect())
    }
}

impl Serve<CreateSnmpUser> for Manager {
    async fn serve(&self, call: Call<CreateSnmpUser>) -> Result<SnmpUser, ApiError> {
        let CreateSnmpUser { name, passphrases, view, sources } = call.body.clone();
        // The state would remember the refusal for the idempotency key, and give it to a better request.
        check_snmp_name(&name).map_err(|error| of_system(&error.into()))?;
        let keys = self.snmp_keys(&name, passphrases).await?;
        let user = nasd_system::SnmpUser { name: name.clone(), keys, access: access(view, &sources) };
        self.propose(&call, SnmpUserCommand::Create(user)).await?;
        self.found_snmp_user(&name).await
    }
}

impl Serve<ReadSnmpUser> for Manager {
    async fn serve(&self, call: Call<ReadSnmpUser>) -> Result<Tagged<SnmpUser>, ApiError> {
        self.found_snmp_user(&call.at.name).await.map(Tagged)
    }
}

impl Serve<ChangeSnmpUser> for Manager {
    async fn serve(&self, call: Call<ChangeSnmpUser>) -> Result<Tagged<SnmpUser>, ApiError> {
        let (name, ChangeSnmpUser { passphrases, view, sources }) = (call.at.name.clone(), call.body.clone());
        let keys = match passphrases {
            Some(passphrases) => Some(self.snmp_keys(&name, passphrases).await?),
            None => None,
        };
        let access = access(view, &sources);
        self.propose(&call, SnmpUserCommand::Change { name: name.clone(), keys, access }).await?;
        self.found_snmp_user(&name).await.map(Tagged)
    }
}

impl Serve<DeleteSnmpUser> for Manager {
    async fn serve(&self, call: Call<DeleteSnmpUser>) -> Result<Nothing, ApiError> {
        self.carry_out(&call, SnmpUserCommand::Delete { name: call.at.name.clone() }).await
    }
}

impl Manager {
    async fn found_snmp_user(&self, name: &str) -> Result<SnmpUser, ApiError> {
        let view = self.system().await?.view();
        let missing = || refusal::unknown_snmp_user(name);
        view.snmp_users.get(name).map(|user| described(&view, user)).ok_or_else(missing)
    }

    /// Made beside what the node does meanwhile: it takes milliseconds.
    async fn snmp_keys(&self, name: &str, passphrases: SnmpPassphrases) -> Result<SnmpKeys, ApiError> {
        let (view, seal, name) = (self.system().await?.view(), self.seal_key().await?, name.to_owned());
        let cluster = view.cluster.id.ok_or_else(refusal::no_cluster)?;
        let slots = (view.nodes.len() as u32 + SLOTS_AHEAD).clamp(SLOTS_MIN, SLOTS_MAX);
        let made =
            tokio::task::spawn_blocking(move || keys_of(&name, &passphrases, &cluster.0, slots, &seal));
        made.await.map_err(|_| refusal::internal("the keys of an SNMP user were not made"))
    }
}

pub(crate) fn keys_of(
    user: &str,
    passphrases: &SnmpPassphrases,
    cluster: &[u8; 16],
    slots: u32,
    seal: &SealKey,
) -> SnmpKeys {
    let SnmpPassphrases { auth, auth_passphrase, privacy, privacy_passphrase } = passphrases;
    let secret = privacy_passphrase.as_ref().map_or("", |secret| secret.reveal());
    let engines = (0..slots).map(|slot| engine_id(cluster, slot));
    let plain = keys::localized((*auth, auth_passphrase.reveal()), (*privacy, secret), engines);
    let sealed = seal.seal(&SnmpKeys::owner(user), &plain, &OsEntropy);
    SnmpKeys { auth: *auth, privacy: *privacy, slots, sealed }
}

pub(crate) fn access(view: String, sources: &[SnmpSource]) -> SnmpAccess {
    SnmpAccess { view, sources: sources.iter().map(|source| source.0).collect() }
}

pub(crate) fn sources(access: &SnmpAccess) -> Vec<SnmpSource> {
    access.sources.iter().copied().map(SnmpSource).collect()
}

fn described(view: &SystemView, user: &nasd_system::SnmpUser) -> SnmpUser {
    let without = view.members().filter(|node| view.slot(node.id) >= user.keys.slots);
    SnmpUser {
        name: user.name.clone(),
        auth: user.keys.auth,
        privacy: user.keys.privacy,
        view: user.access.view.clone(),
        sources: sources(&user.access),
        unknown_at: without.map(|node| node.name.clone()).collect(),
        etag: hex(&snmp_user_tag(user)),
    }
}
