//! Owns the check of how full something is.

use super::report::{Figure, Report, State, Thresholds};
use crate::table::bytes;
use nasd_api::{Client, ClientError, Nothing, ReadCluster, ReadVolume, Space, VolumeAt};

pub async fn look(
    name: &str,
    client: &Client,
    volume: Option<&str>,
    thresholds: Thresholds,
) -> Result<Report, ClientError> {
    let space = match volume {
        Some(volume) => client.ask::<ReadVolume>(VolumeAt::new(volume)).await?.space(),
        None => Some(client.ask::<ReadCluster>(Nothing).await?.space),
    };
    Ok(match space {
        Some(space) => report(name, space, thresholds),
        None => Report::new(name, State::Unknown, "None of its nodes says how full it is."),
    })
}

fn report(name: &str, Space { used_bytes, free_bytes }: Space, thresholds: Thresholds) -> Report {
    let (used, total) = (used_bytes as f64, used_bytes.saturating_add(free_bytes) as f64);
    // What can take nothing is full.
    let percent = if total > 0.0 { used * 100.0 / total } else { 100.0 };
    let shown = (percent * 100.0).round() / 100.0;
    let text = format!("{shown} % used: {} of {}", bytes(used_bytes), bytes(total as u64));
    Report::new(name, thresholds.state(percent), text).with([
        Figure::new("used_percent", shown, "%").within(thresholds).of(100.0),
        Figure::new("used", used, "B").within(thresholds.scaled(total / 100.0)).of(total),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thresholds_decide() {
        let thresholds = Thresholds { warning: "80".parse().unwrap(), critical: "90".parse().unwrap() };
        let state =
            |used_bytes, free_bytes| report("CAPACITY", Space { used_bytes, free_bytes }, thresholds).state;
        assert_eq!(state(80, 20), State::Ok);
        assert_eq!(state(81, 19), State::Warning);
        assert_eq!(state(91, 9), State::Critical);
        assert_eq!(state(0, 0), State::Critical);
    }
}
