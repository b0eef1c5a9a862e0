//! Owns the check of the nodes' certificates for browsers.

use super::report::{Figure, Report, State, Thresholds};
use nasd_api::{Client, ClientError, ListNodes, NodeAt, ReadNode};
use nasd_base::{Clock, SystemClock};

const DAY_SECONDS: f64 = 86_400.0;

pub async fn look(name: &str, client: &Client, thresholds: Thresholds) -> Result<Report, ClientError> {
    let mut good_until = Vec::new();
    for node in client.all::<ListNodes>().await? {
        let detail = client.ask::<ReadNode>(NodeAt::new(&node.id.to_string())).await?;
        good_until.push((node.name, detail.machine.and_then(|machine| machine.https_until)));
    }
    Ok(report(name, &good_until, thresholds, SystemClock.now().secs))
}

/// The one that ends first is named.
fn report(name: &str, good_until: &[(String, Option<i64>)], thresholds: Thresholds, now: i64) -> Report {
    let days = |until: i64| ((until.saturating_sub(now)) as f64 / DAY_SECONDS * 10.0).floor() / 10.0;
    let mut known: Vec<(&str, f64)> =
        good_until.iter().filter_map(|(node, until)| Some((node.as_str(), days((*until)?)))).collect();
    known.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let silent = good_until.iter().filter(|(_, until)| until.is_none());
    let silent: Vec<String> = silent.map(|(node, _)| format!("{node} does not say how long.")).collect();
    let begin = if silent.is_empty() { State::Ok } else { State::Unknown };
    let state = known.iter().map(|(_, days)| thresholds.state(*days)).fold(begin, State::max);
    let text = match known.first() {
        Some((node, days)) if *days < 0.0 => format!("That of {node} has expired."),
        Some((node, days)) => format!("Good for {days} days or more, that of {node} the shortest."),
        None => "No node says how long its certificate is good for.".to_owned(),
    };
    let figures =
        known.iter().map(|(node, days)| Figure::new(&format!("days_{node}"), *days, "").within(thresholds));
    Report::new(name, state, text).with(figures).saying(silent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_ends_first_decides() {
        let thresholds = Thresholds { warning: "21:".parse().unwrap(), critical: "3:".parse().unwrap() };
        let day = DAY_SECONDS as i64;
        let state = |left: &[Option<i64>]| {
            let nodes: Vec<_> = left
                .iter()
                .enumerate()
                .map(|(n, days)| (format!("stor-{n}"), days.map(|days| days * day)))
                .collect();
            report("CERTIFICATES", &nodes, thresholds, 0).state
        };
        assert_eq!(state(&[Some(90), Some(21)]), State::Ok);
        assert_eq!(state(&[Some(90), Some(20)]), State::Warning);
        assert_eq!(state(&[Some(2), Some(20)]), State::Critical);
        assert_eq!(state(&[Some(-5)]), State::Critical);
        assert_eq!(state(&[Some(90), None]), State::Unknown);
        assert_eq!(state(&[Some(20), None]), State::Warning);
        assert_eq!(state(&[None]), State::Unknown);
    }
}
