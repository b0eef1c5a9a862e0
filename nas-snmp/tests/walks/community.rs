//! Version 2c, as snmpwalk speaks it.

use crate::net_snmp::{Answering, WORD, with_word};
use nas_snmp::Allowed;

#[tokio::test(flavor = "multi_thread")]
async fn the_system_group_is_walked() {
    let node = Answering::new(with_word()).await;
    for tool in ["snmpwalk", "snmpbulkwalk"] {
        let lines = node.v2c(tool, WORD, &[".1.3.6.1.2.1.1"]).await;
        assert_eq!(lines.len(), 7, "{tool}: {lines:#?}");
        assert!(lines[0].starts_with(".1.3.6.1.2.1.1.1.0 = STRING: \"Gotgan "), "{}", lines[0]);
        assert_eq!(lines[1], ".1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.32473.1.1");
        assert!(lines[2].starts_with(".1.3.6.1.2.1.1.3.0 = Timeticks: "));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_answered_before_somebody_is_allowed() {
    let node = Answering::new(Allowed::default()).await;
    let lines = node.v2c("snmpget", WORD, &[".1.3.6.1.2.1.1.1.0"]).await;
    assert!(lines[0].starts_with("Timeout"), "{lines:?}");
    assert_eq!(node.agent.counts.communities.get(), 1);
}
