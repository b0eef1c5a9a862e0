//! Owns which addresses are known: those that a rule of some export names.
//!
//! It is asked for every connection and every call, also of strangers, so the rules are put together once for each
//! change of them: then it takes one look for each length of prefix, however many exports there are.

use crate::derived::{Derived, is_of};
use nasd_base::export::{Export, Network};
use std::collections::{BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Weak};

/// The networks of all rules.
#[derive(Default)]
struct Named {
    networks: HashSet<(IpAddr, u8)>,
    /// Of which family and with how long prefixes they are.
    widths: BTreeSet<(bool, u8)>,
}

impl Named {
    fn of(exports: &[Export]) -> Named {
        let mut named = Named::default();
        for rule in exports.iter().flat_map(|export| &export.clients) {
            let Network { address, prefix_bits } = rule.network;
            named.networks.insert((first_of(address, prefix_bits), prefix_bits));
            named.widths.insert((address.is_ipv4(), prefix_bits));
        }
        named
    }

    fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let widths = self.widths.iter().filter(|(is_v4, _)| *is_v4 == address.is_ipv4());
        let mut networks = widths.map(|(_, bits)| (first_of(address, *bits), *bits));
        networks.any(|network| self.networks.contains(&network))
    }
}

/// The first address of the network that `address` lies in.
fn first_of(address: IpAddr, prefix_bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix_bits)).unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix_bits)).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

/// What is known now, for all connections of a server.
#[derive(Default)]
pub(crate) struct Standings(Derived<Named>);

/// Whether one client is known, and by which exports that was found. They are not kept alive for it.
#[derive(Default)]
pub(crate) struct Standing {
    exports: Weak<Vec<Export>>,
    known: bool,
}

impl Standings {
    /// Whether a rule of `exports` names the client of this `standing`.
    pub(crate) fn is_known(
        &self,
        standing: &mut Standing,
        exports: &Arc<Vec<Export>>,
        client: IpAddr,
    ) -> bool {
        if !is_of(&standing.exports, exports) {
            standing.known = self.0.of(exports, Named::of).holds(client);
            standing.exports = Arc::downgrade(exports);
        }
        standing.known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::VolumeId;
    use nasd_base::export::{ANONYMOUS, ClientRule, Exported, Squash};
    use proptest::prelude::*;

    fn export(networks: &[Network]) -> Export {
        let rule = |network: &Network| ClientRule {
            network: *network,
            read_only: false,
            squash: Squash::Root,
            anonymous_uid: ANONYMOUS,
            anonymous_gid: ANONYMOUS,
            insecure: false,
        };
        Export { path: "/".to_owned(), volume: VolumeId(1), clients: networks.iter().map(rule).collect() }
    }

    fn address() -> impl Strategy<Value = IpAddr> {
        let v4 = (0u8..3, 0u8..3).prop_map(|(a, b)| IpAddr::from([192, 0, a, b]));
        let v6 = (0u16..3, 0u16..3).prop_map(|(a, b)| IpAddr::from([0x2001, a, 0, 0, 0, 0, 0, b]));
        let mapped = (0u8..3).prop_map(|a| IpAddr::V6(Ipv4Addr::new(192, 0, a, 1).to_ipv6_mapped()));
        prop_oneof![v4, v6, mapped]
    }

    fn network() -> impl Strategy<Value = Network> {
        (address(), 0u8..=32).prop_map(|(address, bits)| Network {
            address: address.to_canonical(),
            prefix_bits: if address.to_canonical().is_ipv4() { bits } else { bits * 4 },
        })
    }

    proptest! {
        #[test]
        fn known_is_who_some_rule_names(
            networks in prop::collection::vec(network(), 0..4),
            later in prop::collection::vec(network(), 0..4),
            client in address(),
        ) {
            let (standings, mut standing) = (Standings::default(), Standing::default());
            for networks in [networks, later] {
                let exports = Arc::new(vec![export(&networks)]);
                let named = exports.iter().any(|export| export.rule_for(client).is_some());
                for _ in 0..2 {
                    prop_assert_eq!(standings.is_known(&mut standing, &exports, client), named);
                }
            }
        }
    }
}
