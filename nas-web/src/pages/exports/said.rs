//! Owns what a client rule is in words: what a client may do, what becomes of its users, which calls are taken.

use super::words::Words;
use nasd_api::ClientRule;
use nasd_base::export::{ANONYMOUS, Squash};

/// The whole rule but for its network, as one line.
pub fn said(rule: &ClientRule, w: &Words) -> String {
    let access = if rule.read_only { w.read_only } else { w.read_write };
    let ports = if rule.insecure { w.said_any_port } else { w.said_root_ports };
    format!("{access}; {}; {ports}", becomes(rule.squash, rule.anonymous_uid, rule.anonymous_gid, w))
}

/// What becomes of the users of a client.
pub fn becomes(squash: Squash, uid: u32, gid: u32, w: &Words) -> String {
    match squash {
        Squash::Root => w.squash_root.of(identity(uid, gid)),
        Squash::All => w.squash_all.of(identity(uid, gid)),
        Squash::None => w.squash_none.to_string(),
    }
}

fn identity(uid: u32, gid: u32) -> String {
    match (uid, gid) {
        (ANONYMOUS, ANONYMOUS) => format!("nobody ({ANONYMOUS})"),
        (0, 0) => "root (0)".to_owned(),
        _ => format!("{uid}:{gid}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::exports::words;
    use crate::words::Language;

    #[test]
    fn a_rule_says_who_becomes_whom() {
        for (rule, english, korean) in [
            (
                "192.0.2.0/24",
                "Read and write; root becomes nobody (65534); only from ports of the client's root",
                "읽기 및 쓰기; root → nobody (65534); 클라이언트의 root 전용 포트에서만",
            ),
            (
                "192.0.2.0/24:ro:all_squash:insecure:anonuid=1000:anongid=100",
                "Read only; everybody becomes 1000:100; from any port",
                "읽기 전용; 모든 사용자 → 1000:100; 모든 포트에서",
            ),
            (
                "2001:db8::/32:rw:all_squash",
                "Read and write; everybody becomes nobody (65534); only from ports of the client's root",
                "읽기 및 쓰기; 모든 사용자 → nobody (65534); 클라이언트의 root 전용 포트에서만",
            ),
            (
                "192.0.2.7:ro:root_squash:anonuid=7",
                "Read only; root becomes 7:65534; only from ports of the client's root",
                "읽기 전용; root → 7:65534; 클라이언트의 root 전용 포트에서만",
            ),
            (
                "192.0.2.7:rw:all_squash:anonuid=0:anongid=0",
                "Read and write; everybody becomes root (0); only from ports of the client's root",
                "읽기 및 쓰기; 모든 사용자 → root (0); 클라이언트의 root 전용 포트에서만",
            ),
            (
                "192.0.2.7:rw:no_root_squash:insecure:anonuid=7",
                "Read and write; everybody stays, root too; from any port",
                "읽기 및 쓰기; root를 포함해 모든 사용자 그대로; 모든 포트에서",
            ),
        ] {
            let rule: ClientRule = rule.parse().unwrap();
            assert_eq!(said(&rule, words::of(Language::English)), english);
            assert_eq!(said(&rule, words::of(Language::Korean)), korean);
        }
    }
}
