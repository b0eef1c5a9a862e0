//! Owns the answer to who asks what one client may mount.

use super::said::said;
use super::words::Words;
use crate::page::{Form, Problems};
use nasd_api::Export;
use nasd_base::export::admitting;
use std::net::IpAddr;

/// The field that names the client.
const CLIENT: &str = "client";

/// Whether the client may mount an export, in words.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub may: bool,
    /// The rule that decides, or that none does.
    pub why: String,
}

/// The client that is asked about, as its rules are compared with it.
pub fn asked(query: &Form, w: &Words, problems: &mut Problems) -> Option<IpAddr> {
    if query.get(CLIENT).is_empty() {
        return None;
    }
    problems.need(client(query), CLIENT, w.client_wrong)
}

/// The client that the address of a page names.
pub fn client(query: &Form) -> Option<IpAddr> {
    query.get(CLIENT).parse().ok().map(|client: IpAddr| client.to_canonical())
}

pub fn answer(exports: &[Export], export: &Export, client: IpAddr, w: &Words) -> Answer {
    let Some((by, rule)) = admitting(exports, export, client) else {
        let text = if export.clients.is_empty() { w.client_closed } else { w.client_in_no_rule };
        return Answer { may: false, why: text.of(client) };
    };
    let mut why = format!("{}: {}", rule.network, said(rule, w));
    if by.path != export.path {
        why = format!("{why} ({})", w.client_rule_of.of(&by.path));
    }
    Answer { may: true, why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::exports::words;
    use crate::words::Language;

    fn export(path: &str, volume: &str, rules: &[&str]) -> Export {
        let clients = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        Export { path: path.to_owned(), volume: volume.to_owned(), clients, etag: String::new() }
    }

    #[test]
    fn a_client_is_told_the_rule_that_decides_or_why_it_may_not() {
        let w = words::of(Language::English);
        let exports = [
            export(
                "/a",
                "media",
                &["10.0.0.7:ro:all_squash:insecure:anonuid=1000:anongid=1000", "10.0.0.0/8"],
            ),
            export("/b", "media", &["10.0.0.7"]),
            export("/c", "other", &["2001:db8::/32"]),
            export("/d", "third", &[]),
        ];
        let mapped = "10.0.0.7/32: Read only; everybody becomes 1000:1000; from any port";
        let twice = format!("{mapped} (as /a says, the first of the volume's exports that names it)");
        let safe = "Read and write; root becomes nobody (65534); only from ports of the client's root";
        for (client, export, may, why) in [
            ("10.0.0.7", 0, true, mapped),
            ("::ffff:10.0.0.7", 0, true, mapped),
            ("10.0.0.7", 1, true, &twice),
            ("10.0.0.8", 0, true, &format!("10.0.0.0/8: {safe}")),
            ("10.0.0.8", 1, false, "no row holds 10.0.0.8"),
            ("2001:db8::9", 2, true, &format!("2001:db8::/32: {safe}")),
            ("2001:db9::9", 2, false, "no row holds 2001:db9::9"),
            ("10.0.0.7", 3, false, "nobody may"),
        ] {
            let mut problems = Problems::default();
            let client = asked(&Form::new(&[(CLIENT, client)]), w, &mut problems).unwrap();
            let found = answer(&exports, &exports[export], client, w);
            assert_eq!((found.may, &found.why[..]), (may, why));
        }
    }

    #[test]
    fn only_an_address_is_a_client() {
        let w = words::of(Language::English);
        for typed in ["10.0.0.0/8", "10.0.0", "here", "fe80::1%eth0", "10.0.0.7:2049"] {
            let mut problems = Problems::default();
            assert_eq!(asked(&Form::new(&[(CLIENT, typed)]), w, &mut problems), None);
            assert!(problems.of(CLIENT).is_some(), "{typed}");
        }
        let mut problems = Problems::default();
        assert_eq!(asked(&Form::new(&[(CLIENT, " ")]), w, &mut problems), None);
        assert!(problems.is_empty());
    }
}
