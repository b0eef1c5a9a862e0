//! What became of the messages that reached this node's SNMP agent.

use super::family::{Family, Figure};
use nasd_api::ReportSnmp;

pub fn family(counts: &ReportSnmp) -> Family {
    let mut family =
        Family::new("snmp_messages", "Messages that reached this node's SNMP agent, by what became of them");
    for (outcome, count) in [
        ("answered", counts.answered),
        ("malformed", counts.malformed),
        ("bad_version", counts.bad_versions),
        ("bad_community", counts.bad_communities),
        ("bad_source", counts.bad_sources),
        ("unknown_engine", counts.unknown_engines),
        ("unknown_user", counts.unknown_users),
        ("bad_signature", counts.bad_signatures),
        ("undecipherable", counts.undecipherable),
        ("bad_level", counts.bad_levels),
        ("not_in_time", counts.not_in_time),
        ("replayed", counts.replayed),
    ] {
        family.add([("outcome", outcome)], Figure::Counter(count));
    }
    family
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::family::written;
    use nasd_api::MetricsFormat;

    #[test]
    fn each_outcome_is_a_series() {
        let counts = ReportSnmp { answered: 9, replayed: 2, bad_sources: 4, ..ReportSnmp::default() };
        let text = written(vec![family(&counts)], MetricsFormat::OpenMetrics).unwrap();
        for (outcome, count) in [("answered", 9), ("replayed", 2), ("bad_source", 4), ("bad_community", 0)] {
            let line = format!("gotgan_snmp_messages_total{{outcome=\"{outcome}\"}} {count}\n");
            assert!(text.contains(&line), "{text}");
        }
        assert_eq!(text.matches("outcome=").count(), 12);
    }
}
