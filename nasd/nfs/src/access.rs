//! Who may reach a volume, as whom: export rules applied to one call.
//!
//! Rules are looked up again for every call, so a change of an export takes effect at once and a handle that
//! was given out earlier opens nothing by itself.

use crate::rpc::RpcCredential;
use nasd_base::VolumeId;
use nasd_base::export::{ClientRule, Export, Network, Squash, deciding};
use nasd_base::file::Caller;
use std::net::SocketAddr;
use std::sync::Arc;

/// Where the export rules come from. Asked for every call: it should be a pointer to what is known.
pub trait Exports: Send + Sync + 'static {
    fn current(&self) -> Arc<Vec<Export>>;
}

/// What an export rule makes of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    pub caller: Caller,
    pub read_only: bool,
    /// Whom the rule names.
    pub network: Network,
}

/// Why a client may not reach a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdmissionRefusal<'a> {
    /// No rule names it.
    Closed,
    /// Its port may be any user's, and the rule takes root's only.
    Port(&'a Export, &'a ClientRule),
}

/// Applies what decides about the client.
pub fn admit<'a>(
    exports: &'a [Export],
    volume: VolumeId,
    client: SocketAddr,
    credential: &RpcCredential,
) -> Result<Admission, AdmissionRefusal<'a>> {
    let (export, rule) = deciding(exports, &volume, client.ip()).ok_or(AdmissionRefusal::Closed)?;
    if !rule.takes_port(client.port()) {
        return Err(AdmissionRefusal::Port(export, rule));
    }
    Ok(Admission { caller: squash(rule, credential), read_only: rule.read_only, network: rule.network })
}

/// -1 is "no change" to chown and no user to anybody.
const NO_ID: u32 = u32::MAX;

/// The user a call runs as. Calls without AUTH_SYS are anonymous whatever the rule says.
pub fn squash(rule: &ClientRule, credential: &RpcCredential) -> Caller {
    let anonymous = Caller { uid: rule.anonymous_uid, gid: rule.anonymous_gid, groups: Vec::new() };
    let RpcCredential::Sys(sys) = credential else { return anonymous };
    let hidden = |id: u32| match rule.squash {
        Squash::All => true,
        Squash::Root => id == 0 || id == NO_ID,
        Squash::None => id == NO_ID,
    };
    if rule.squash == Squash::All {
        return anonymous;
    }
    let uid = if hidden(sys.uid) { rule.anonymous_uid } else { sys.uid };
    let gid = if hidden(sys.gid) { rule.anonymous_gid } else { sys.gid };
    let mut groups = Vec::with_capacity(sys.gids.len());
    for &group in &sys.gids {
        if !hidden(group) && group != gid && !groups.contains(&group) {
            groups.push(group);
        }
    }
    Caller { uid, gid, groups }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::export::ANONYMOUS;

    fn rule(network: &str, squash: Squash, read_only: bool) -> ClientRule {
        ClientRule {
            network: network.parse().unwrap(),
            read_only,
            squash,
            anonymous_uid: ANONYMOUS,
            anonymous_gid: ANONYMOUS,
            insecure: false,
        }
    }

    fn export(volume: u64, clients: Vec<ClientRule>) -> Export {
        Export { path: format!("/{volume}"), volume: VolumeId(volume), clients }
    }

    fn host() -> SocketAddr {
        "192.0.2.1:1023".parse().unwrap()
    }

    #[test]
    fn nobody_gets_in_without_a_rule() {
        let root = RpcCredential::sys(0, 0, &[]);
        assert_eq!(admit(&[], VolumeId(1), host(), &root), Err(AdmissionRefusal::Closed));
        assert_eq!(admit(&[export(1, vec![])], VolumeId(1), host(), &root), Err(AdmissionRefusal::Closed));
        let elsewhere = export(1, vec![rule("198.51.100.0/24", Squash::None, false)]);
        assert_eq!(admit(&[elsewhere], VolumeId(1), host(), &root), Err(AdmissionRefusal::Closed));
        let other = export(2, vec![rule("0.0.0.0/0", Squash::None, false)]);
        assert_eq!(admit(&[other], VolumeId(1), host(), &root), Err(AdmissionRefusal::Closed));
    }

    #[test]
    fn the_first_export_with_a_rule_for_the_client_decides() {
        let exports = [
            export(1, vec![rule("198.51.100.0/24", Squash::None, false)]),
            export(1, vec![rule("192.0.2.0/24", Squash::Root, true)]),
            export(1, vec![rule("0.0.0.0/0", Squash::None, false)]),
        ];
        let admission = admit(&exports, VolumeId(1), host(), &RpcCredential::sys(0, 0, &[])).unwrap();
        assert!(admission.read_only);
        assert_eq!(admission.caller.uid, ANONYMOUS);
    }

    #[test]
    fn ports_of_any_user_are_taken_by_insecure_rules_only() {
        let high: SocketAddr = "192.0.2.1:1024".parse().unwrap();
        let user = RpcCredential::sys(7, 7, &[]);
        let mut exports = vec![export(1, vec![rule("0.0.0.0/0", Squash::None, false)])];
        assert!(admit(&exports, VolumeId(1), host(), &user).is_ok());
        let refused = admit(&exports, VolumeId(1), high, &user).unwrap_err();
        assert_eq!(refused, AdmissionRefusal::Port(&exports[0], &exports[0].clients[0]));
        exports[0].clients[0].insecure = true;
        assert_eq!(admit(&exports, VolumeId(1), high, &user).unwrap().caller.uid, 7);
    }

    #[test]
    fn squashing_leaves_no_trace_of_root() {
        let root = RpcCredential::sys(0, 0, &[0, 5, 5, 0]);
        let caller = squash(&rule("0.0.0.0/0", Squash::Root, false), &root);
        assert_eq!(caller, Caller { uid: ANONYMOUS, gid: ANONYMOUS, groups: vec![5] });
        let user = RpcCredential::sys(7, 8, &[0, 8, 9]);
        let caller = squash(&rule("0.0.0.0/0", Squash::Root, false), &user);
        assert_eq!(caller, Caller { uid: 7, gid: 8, groups: vec![9] });
        let all = squash(&rule("0.0.0.0/0", Squash::All, false), &user);
        assert_eq!(all, Caller { uid: ANONYMOUS, gid: ANONYMOUS, groups: vec![] });
        let kept = squash(&rule("0.0.0.0/0", Squash::None, false), &root);
        assert_eq!((kept.uid, kept.gid), (0, 0));
    }

    #[test]
    fn callers_without_a_user_are_anonymous_under_every_rule() {
        for squashing in [Squash::Root, Squash::All, Squash::None] {
            let rule = rule("0.0.0.0/0", squashing, false);
            assert_eq!(squash(&rule, &RpcCredential::None).uid, ANONYMOUS);
            let minus_one = squash(&rule, &RpcCredential::sys(u32::MAX, u32::MAX, &[u32::MAX]));
            assert_eq!((minus_one.uid, minus_one.gid, minus_one.groups), (ANONYMOUS, ANONYMOUS, vec![]));
        }
    }
}
