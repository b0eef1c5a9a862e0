//! What an agent says of its machine: the same as net-snmp's snmpd, df and /proc at the same moment.

use crate::net_snmp::{Answering, Snmpd, WORD, lines, with_word};
use std::collections::BTreeMap;

type Walk = BTreeMap<String, (String, String)>;

/// Kinds and values by their OIDs.
fn parsed(lines: &[String]) -> Walk {
    let read = lines.iter().filter_map(|line| {
        let (name, rest) = line.split_once(" = ")?;
        let (kind, value) = rest.split_once(": ").unwrap_or((rest, ""));
        Some((name.to_owned(), (kind.to_owned(), value.to_owned())))
    });
    read.collect()
}

async fn both(root: &str) -> (Walk, Walk) {
    let (node, snmpd) = (Answering::new(with_word()).await, Snmpd::new().await);
    let theirs = parsed(&node.v2c_at(&snmpd.address, "snmpbulkwalk", WORD, &[root]).await);
    let ours = parsed(&node.v2c("snmpbulkwalk", WORD, &[root]).await);
    assert!(!ours.is_empty() && !theirs.is_empty(), "{root}");
    (ours, theirs)
}

/// Of a column or scalar: whatever net-snmp says in the same place has the same kind.
fn assert_kinds_agree(ours: &Walk, theirs: &Walk) {
    let shared: Vec<_> =
        ours.iter().filter_map(|(name, (kind, _))| Some((name, kind, &theirs.get(name)?.0))).collect();
    assert!(shared.len() > 3, "there is something to compare");
    for (name, ours, theirs) in shared {
        assert_eq!(ours, theirs, "{name}");
    }
}

fn assert_same(ours: &Walk, theirs: &Walk, columns: &[&str]) {
    for column in columns {
        let of = |walk: &Walk| -> Vec<(String, String)> {
            let inside = walk.iter().filter(|(name, _)| name.starts_with(&format!("{column}.")));
            inside
                .map(|(name, (_, value))| (name.clone(), value.trim_matches('"').trim().to_owned()))
                .collect()
        };
        assert!(!of(ours).is_empty(), "{column}");
        assert_eq!(of(ours), of(theirs), "{column}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interfaces_are_those_of_snmpd() {
    let (ours, theirs) = both(".1.3.6.1.2.1.2").await;
    assert_kinds_agree(&ours, &theirs);
    let column = |number| format!(".1.3.6.1.2.1.2.2.1.{number}");
    assert_same(
        &ours,
        &theirs,
        &[&column(1), &column(2), &column(3), &column(4), &column(6), &column(7), &column(8)],
    );
    let (ours, theirs) = both(".1.3.6.1.2.1.31.1.1").await;
    assert_kinds_agree(&ours, &theirs);
    assert_same(&ours, &theirs, &[".1.3.6.1.2.1.31.1.1.1.1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_and_processors_are_those_of_snmpd() {
    let (ours, theirs) = both(".1.3.6.1.4.1.2021").await;
    assert_kinds_agree(&ours, &theirs);
    for scalar in ["4.3", "4.5", "11.67"] {
        let name = format!(".1.3.6.1.4.1.2021.{scalar}.0");
        assert_eq!(ours[&name].1, theirs[&name].1, "{name}");
    }
    let (ours, theirs) = both(".1.3.6.1.2.1.25").await;
    assert_kinds_agree(&ours, &theirs);
    assert_eq!(ours[".1.3.6.1.2.1.25.2.2.0"].1, theirs[".1.3.6.1.2.1.25.2.2.0"].1);
    let processors =
        |walk: &Walk| walk.keys().filter(|name| name.starts_with(".1.3.6.1.2.1.25.3.3.1.1.")).count();
    assert_eq!(processors(&ours), processors(&theirs));
}

/// Counters of processors, disks and interfaces only grow: what we say lies between two looks of net-snmp's.
#[tokio::test(flavor = "multi_thread")]
async fn counters_lie_between_two_looks() {
    let (node, snmpd) = (Answering::new(with_word()).await, Snmpd::new().await);
    let counters = [
        ".1.3.6.1.4.1.2021.11.50.0",
        ".1.3.6.1.4.1.2021.11.51.0",
        ".1.3.6.1.4.1.2021.11.52.0",
        ".1.3.6.1.4.1.2021.11.54.0",
        ".1.3.6.1.4.1.2021.11.56.0",
        ".1.3.6.1.4.1.2021.11.61.0",
        ".1.3.6.1.4.1.2021.11.60.0",
    ];
    let number = |walk: &Walk, name: &str| -> u64 { walk[name].1.parse().unwrap() };
    let before = parsed(&node.v2c_at(&snmpd.address, "snmpget", WORD, &counters).await);
    // net-snmp looks again after some seconds only.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    node.paint();
    let ours = parsed(&node.v2c("snmpget", WORD, &counters).await);
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let after = parsed(&node.v2c_at(&snmpd.address, "snmpget", WORD, &counters).await);
    for name in counters {
        let (low, middle, high) = (number(&before, name), number(&ours, name), number(&after, name));
        assert!((low..=high).contains(&middle), "{name}: {low} {middle} {high}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn file_systems_are_as_df_says() {
    let node = Answering::new(with_word()).await;
    let names = parsed(&node.v2c("snmpbulkwalk", WORD, &[".1.3.6.1.2.1.25.2.3.1.3"]).await);
    let root = names.iter().find(|(_, (_, value))| value.trim_matches('"') == "/").unwrap().0;
    let index = root.rsplit('.').next().unwrap();
    let figure =
        |walk: &Walk, name: String| -> u64 { walk[&name].1.split(' ').next().unwrap().parse().unwrap() };
    let df = node.ask("df", &["-B1", "--output=size,used,avail", "/"]).await;
    node.paint();
    let storage = parsed(&node.v2c("snmpbulkwalk", WORD, &[".1.3.6.1.2.1.25.2.3"]).await);
    let df: Vec<u64> = lines(&df)[1].split_whitespace().map(|word| word.parse().unwrap()).collect();
    let column = |number| figure(&storage, format!(".1.3.6.1.2.1.25.2.3.1.{number}.{index}"));
    let unit = column(4);
    assert!(df[0].abs_diff(column(5) * unit) < unit, "{df:?}");
    // Others write meanwhile.
    assert!(df[1].abs_diff(column(6) * unit) < 256 << 20, "{df:?}");
    let disks = parsed(&node.v2c("snmpbulkwalk", WORD, &[".1.3.6.1.4.1.2021.9"]).await);
    let path =
        disks.iter().find(|(name, (_, value))| name.contains(".9.1.2.") && value.trim_matches('"') == "/");
    let index = path.unwrap().0.rsplit('.').next().unwrap();
    let half = |number| figure(&disks, format!(".1.3.6.1.4.1.2021.9.1.{number}.{index}"));
    assert_eq!((half(12) << 32 | half(11)) * 1024, df[0] / 1024 * 1024);
    assert!(df[2].abs_diff((half(14) << 32 | half(13)) * 1024) < 256 << 20, "{df:?}");
}
