//! Owns that the contract of the management interface tells the limits and names that the cluster's state enforces.

use nasd_system as state;

const _: () = {
    assert!(nasd_api::REPLICAS_MAX as u32 == state::REPLICAS_MAX);
    assert!(nasd_api::CLIENTS_MAX == state::CLIENTS_MAX);
    assert!(nasd_api::OWNED_MAX == state::OWNED_MAX);
    assert!(nasd_api::EXPORT_PATH_BYTES_MAX == state::PATH_BYTES_MAX);
    assert!(nasd_api::ADDRESS_BYTES_MAX == state::ADDRESS_BYTES_MAX);
    assert!(nasd_api::PASSWORD_CHARS_MIN == state::PASSWORD_CHARS_MIN);
    assert!(nasd_api::PASSWORD_CHARS_MAX == state::PASSWORD_CHARS_MAX);
    assert!(nasd_api::TOKEN_SECONDS_MAX == state::TOKEN_SECONDS_MAX);
    assert!(nasd_api::API_TOKEN_SECONDS_MIN == state::SECONDS_MIN);
    assert!(nasd_api::API_TOKEN_SECONDS_MAX == state::API_TOKEN_SECONDS_MAX);
    assert!(nasd_api::SESSION_MINUTES_MIN == state::SESSION_MINUTES_MIN);
    assert!(nasd_api::SESSION_MINUTES_MAX == state::SESSION_MINUTES_MAX);
    assert!(nasd_api::MEMBERS_MAX == state::USERS_MAX);
    assert!(nasd_api::AUDIT_PAGE_MAX == state::PAGE_MAX);
    assert!(nasd_api::CODE_DIGITS == state::CODE_DIGITS);
    assert!(nasd_api::NOTE_CHARS_MAX == state::NOTE_CHARS_MAX);
    assert!(nasd_api::SILENCE_SECONDS_MAX == state::SILENCE_SECONDS_MAX);
    assert!(nasd_api::ESCALATION_MINUTES_MAX == state::ESCALATION_MINUTES_MAX);
    assert!(nasd_api::SNMP_OIDS_MAX == state::OIDS_MAX);
    assert!(nasd_api::SNMP_SOURCES_MAX == state::SOURCES_MAX);
    assert!(nasd_api::CONTACT_BYTES_MAX == state::CONTACT_BYTES_MAX);
};

#[cfg(test)]
mod tests {
    use super::state;
    use nasd_base::export::Network;
    use proptest::prelude::*;
    use proptest::string::string_regex;
    use std::net::SocketAddr;

    /// Texts that a pattern describes. What it says is not to follow has to be left out by the caller.
    fn spelled(pattern: &str) -> impl Strategy<Value = String> {
        let plain = pattern.trim_start_matches('^').trim_end_matches('$');
        string_regex(&without_look_ahead(plain)).expect("a pattern that can be read")
    }

    fn without_look_ahead(pattern: &str) -> String {
        let Some((before, rest)) = pattern.split_once("(?!") else { return pattern.to_owned() };
        let mut depth = 1;
        let after = rest.chars().skip_while(|c| {
            let inside = depth > 0;
            depth += i32::from(*c == '(') - i32::from(*c == ')');
            inside
        });
        format!("{before}{}", after.collect::<String>())
    }

    proptest! {
        #[test]
        fn described_names_are_taken(
            volume in spelled(nasd_api::VOLUME_NAME),
            user in spelled(nasd_api::USER_NAME),
            token in spelled(nasd_api::API_TOKEN_NAME),
            host in spelled(nasd_api::HOST_NAME),
            console in spelled(nasd_api::CONSOLE_ADDRESS),
            description in spelled(nasd_api::DESCRIPTION),
            channel in spelled(nasd_api::CHANNEL_NAME),
            snmp in spelled(nasd_api::SNMP_NAME),
            oid in spelled(&nasd_api::oid_pattern()),
        ) {
            prop_assert!(nasd_base::description::is_description(&description), "{:?}", description);
            prop_assert!(nasd_api::check_volume_name(&volume).is_ok(), "{}", volume);
            prop_assert_eq!(state::check_volume_name(&volume), Ok(()));
            prop_assert_eq!(state::check_user_name(&user), Ok(()));
            prop_assert_eq!(state::check_group_name(&user), Ok(()));
            prop_assert_eq!(state::check_label(&token), Ok(()));
            prop_assert_eq!(state::check_channel_name(&channel), Ok(()));
            prop_assert_eq!(state::check_cluster_name(&host), Ok(()));
            prop_assert!(console.len() > 255 || state::check_console(&console).is_ok(), "{}", console);
            prop_assert_eq!(state::check_snmp_name(&snmp), Ok(()));
            prop_assert!(oid.parse::<nasd_base::snmp::Oid>().is_ok(), "{}", oid);
        }

        #[test]
        fn described_networks_and_addresses_are_taken(
            network in spelled(&nasd_api::network_pattern()),
            address in spelled(&nasd_api::address_pattern()),
        ) {
            prop_assert!(network.parse::<Network>().is_ok(), "{}", network);
            let any = address.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_unspecified());
            if !any && address.len() <= state::ADDRESS_BYTES_MAX {
                prop_assert_eq!(state::check_address(&address), Ok(()));
            }
        }

        #[test]
        fn described_paths_are_taken(path in spelled(nasd_api::EXPORT_PATH)) {
            let fits = path.len() <= state::PATH_BYTES_MAX && path.split('/').all(|part| part.len() <= 255);
            let steps = path.split('/').any(|part| part == "." || part == "..");
            if fits && !steps {
                prop_assert_eq!(state::check_export_path(&path), Ok(()));
            }
        }
    }
}
