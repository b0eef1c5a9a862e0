//! What monitoring systems get from `nasctl check`: a line, figures, an exit status.

use crate::process::{Said, cluster, nasctl, node, run};
use memory_management::Memory;
use nasd_base::alert::{AlertKind, Severity};
use std::os::unix::net::UnixListener;
use std::time::Duration;
use tokio::time::Instant;

fn first_line(said: &Said) -> &str {
    said.out.lines().next().unwrap_or_default()
}

#[test]
fn the_cluster_is_as_well_as_the_console_says() {
    let memory = Memory::in_cluster();
    memory.fail_disk("Input/output error");
    let node = node(memory);
    let said = node.says(&["check", "cluster"]);
    assert_eq!((said.status, said.err.as_str()), (1, ""), "degraded: {}", said.out);
    assert_eq!(
        first_line(&said),
        "CLUSTER WARNING - Your data is on one node only: losing it stops everything. \
         | nodes_online=1;;;0;1 volumes_unwell=0;;;0;0 used=0B;;;0 free=1099511623680B;;;0"
    );
    assert!(said.out.lines().nth(1).unwrap().contains("has failed: Input/output error"), "{}", said.out);
    let korean = node.says_in_korean(&["check", "cluster"]).out;
    assert!(korean.starts_with("CLUSTER WARNING - ") && !korean.contains("Your data"), "{korean}");
    let json: serde_json::Value =
        serde_json::from_str(&node.says(&["--json", "check", "cluster"]).out).unwrap();
    assert_eq!((&json["state"], &json["figures"][0]["value"]), (&"WARNING".into(), &1.0.into()));
}

#[test]
fn a_node_is_as_bad_as_its_gravest_alert() {
    let memory = Memory::in_cluster();
    memory.add_alert(AlertKind::NodeLagging, Severity::Critical, (2, "stor-b"));
    let node = node(memory);
    let said = node.says(&["check", "node", "stor-a"]);
    assert_eq!(said.status, 0, "{}", said.out);
    assert!(
        first_line(&said).starts_with("NODE stor-a OK - It answers, and nothing is wrong with it. | leads=0")
    );
    let missing = node.says(&["check", "node", "stor-z"]);
    assert_eq!(missing.status, 3, "{}", missing.out);
    assert!(
        first_line(&missing).starts_with("NODE stor-z UNKNOWN - there is no node stor-z"),
        "{}",
        missing.out
    );
}

#[test]
fn alerts_are_as_bad_as_the_gravest_that_nobody_silenced() {
    let memory = Memory::in_cluster();
    let warning = memory.add_alert(AlertKind::NodeLagging, Severity::Warning, (1, "stor-a"));
    let critical = memory.add_alert(AlertKind::NodeDown, Severity::Critical, (3, "stor-c"));
    let consequence = memory.add_alert(AlertKind::VolumeDegraded, Severity::Critical, (3, "demo"));
    memory.change_alert(consequence, |alert| alert.cause = Some(critical));
    let node = node(memory);
    let said = node.says(&["check", "alerts"]);
    assert_eq!(said.status, 2);
    let expected = "ALERTS CRITICAL - critical: stor-c does not answer. And 1 more. \
                    | critical=1;;;0 warning=1;;;0 info=0;;;0";
    assert_eq!(first_line(&said), expected);
    assert_eq!(said.out.lines().count(), 3, "{}", said.out);
    node.gives(&["alert", "acknowledge", &critical.to_string()]);
    assert_eq!(node.says(&["check", "alerts"]).status, 2, "it is open all the same");
    assert_eq!(node.says(&["check", "alerts", "--unacknowledged"]).status, 1);
    node.gives(&["alert", "acknowledge", &warning.to_string()]);
    assert_eq!(node.says(&["check", "alerts", "--unacknowledged"]).status, 0);
}

#[test]
fn thresholds_of_capacity_are_ranges() {
    let node = cluster();
    node.gives(&["volume", "create", "demo"]);
    for (warning, critical, status) in
        [("80", "90", 0), ("10:", "~:90", 1), ("@1", "95", 1), ("80", "10:", 2), ("1:5", "1:9", 2)]
    {
        let said = node.says(&["check", "capacity", "--warning", warning, "--critical", critical]);
        assert_eq!(said.status, status, "{warning} {critical}: {}", said.out);
        assert!(said.out.contains(&format!("used_percent=0%;{warning};{critical};0;100")), "{}", said.out);
    }
    let volume = node.says(&["check", "capacity", "--volume", "demo"]);
    assert!(first_line(&volume).starts_with("CAPACITY demo OK - 0 % used"), "{}", volume.out);
    let shown = node.says(&["check", "volume", "demo"]);
    assert!(shown.out.starts_with("VOLUME demo "), "{}", shown.out);
    let odd = node.says(&["check", "capacity", "--warning", "90:80"]);
    assert_eq!((odd.status, odd.err.as_str()), (3, ""), "{}", odd.out);
    assert!(
        odd.out.starts_with("GOTGAN UNKNOWN - ") && odd.out.contains("`90:80` is no range"),
        "{}",
        odd.out
    );
}

#[test]
fn a_certificate_is_told_of_before_it_expires() {
    let node = cluster();
    for (warning, critical, status) in
        [("-99999:", "-99999:", 0), ("99999:", "-99999:", 1), ("99999:", "99999:", 2)]
    {
        let said = node.says(&["check", "certificates", "-w", warning, "-c", critical]);
        assert_eq!(said.status, status, "{}", said.out);
        assert!(said.out.contains(" days_stor-a="), "{}", said.out);
    }
}

#[test]
fn checkmk_gets_a_line_of_its_own_form() {
    let said = cluster().says(&["check", "alerts", "--format", "checkmk"]);
    assert_eq!(
        (said.status, said.out.as_str()),
        (0, "0 \"Gotgan ALERTS\" critical=0;;;0|warning=0;;;0|info=0;;;0 Nothing is wrong.\n")
    );
}

/// Monitoring took a node that hung for one that was checked badly, and nobody was called.
#[test]
fn who_does_not_answer_is_critical_and_who_is_asked_wrongly_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let check = |arguments: &[&str]| {
        let mut command = nasctl();
        command.arg("--dir").arg(dir.path()).args(["check", "cluster"]).args(arguments);
        run(command, "")
    };
    let nobody = check(&[]);
    assert_eq!((nobody.status, nobody.err.as_str()), (2, ""), "{}", nobody.out);
    assert!(nobody.out.starts_with("CLUSTER CRITICAL - nasd is not running"), "{}", nobody.out);
    let _hangs = UnixListener::bind(dir.path().join("nasd.sock")).unwrap();
    let began = Instant::now();
    let late = check(&["--timeout", "1"]);
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(late.status, 2, "{}", late.out);
    assert!(late.out.contains("no answer in time"), "{}", late.out);
    for wrong in [&["--timeout", "0"][..], &["--nonsense"], &["--ca-file", "/ca"]] {
        let said = check(wrong);
        assert_eq!((said.status, said.err.as_str()), (3, ""), "{wrong:?}: {}", said.out);
        assert!(said.out.contains(" UNKNOWN - "), "{}", said.out);
    }
    let mut without_token = nasctl();
    without_token.args(["--server", "stor-a", "check", "cluster"]);
    let said = run(without_token, "");
    assert_eq!(said.status, 3, "{}", said.out);
    assert!(said.out.starts_with("CLUSTER UNKNOWN - --server needs an API token"), "{}", said.out);
    let no_cluster = node(Memory::default()).says(&["check", "cluster"]);
    assert_eq!(no_cluster.status, 2, "{}", no_cluster.out);
    let help = node(Memory::default()).says(&["check", "--help"]);
    assert!(help.status == 0 && help.out.contains("2  CRITICAL"), "{}", help.out);
}
