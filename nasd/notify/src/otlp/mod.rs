//! Owns the export of what the node measures to an OpenTelemetry collector, for those who want it: OTLP over HTTP, as JSON.

mod encode;
mod exposition;

use crate::http::{Problem, post};
use crate::roots::Roots;
use encode::Times;
use exposition::{Family, Figure, Kind};
use nasd_api::{Client, MetricsFormat, Patience, Secret};
use nasd_base::{Clock, SystemClock};
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Longest wait for the node.
const PATIENCE: Patience = Patience { reads: Duration::from_secs(5), changes: Duration::from_secs(5) };
/// Longest attempt to send.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);
/// Then what was measured is dropped: counts go on, so that the next request makes up for it.
const ATTEMPTS: u32 = 3;
/// Before the second attempt; doubled for each one after it.
const PAUSE: Duration = Duration::from_secs(1);

/// Where it goes.
pub struct Otlp {
    /// With its path, for instance `https://collector.example.net:4318/v1/metrics`.
    pub url: String,
    pub headers: Vec<(String, Secret)>,
    pub every: Duration,
}

impl Otlp {
    /// Headers are in a file, a `Name: value` a line, since most of them are secrets.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn new(url: &str, headers: Option<&Path>, every: Duration) -> Result<Otlp, String> {
        let is_address = url
            .parse::<hyper::Uri>()
            .is_ok_and(|uri| uri.host().is_some() && matches!(uri.scheme_str(), Some("http" | "https")));
        if !is_address {
            return Err(format!(
                "`{url}` is no address of a collector: write http(s)://HOST:PORT/v1/metrics"
            ));
        }
        let headers = headers.map_or_else(|| Ok(Vec::new()), read_headers)?;
        Ok(Otlp { url: url.to_owned(), headers, every })
    }
}

fn read_headers(path: &Path) -> Result<Vec<(String, Secret)>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':')?;
        let name = hyper::header::HeaderName::try_from(name.trim()).ok()?;
        hyper::header::HeaderValue::try_from(value.trim()).ok()?;
        Some((name.to_string(), Secret::new(value.trim())))
    });
    let bad = || format!("{}: each line has to be a header, `Name: value`", path.display());
    headers.collect::<Option<_>>().ok_or_else(bad)
}

/// Exports for ever.
pub async fn export(client: Client, otlp: Otlp, roots: Roots) {
    let (client, mut counted, mut trouble) = (client.within(PATIENCE), Counted::default(), None);
    loop {
        let next = Instant::now() + otlp.every;
        let outcome = once(&client, &otlp, &roots, &mut counted).await;
        if outcome.as_ref().err() != trouble.as_ref() {
            match &outcome {
                Ok(()) => tracing::info!(name: "metrics_exported", "metrics are exported again"),
                Err(why) => tracing::warn!(name: "metrics_not_exported", why, "metrics are not exported"),
            }
            trouble = outcome.err();
        }
        sleep_until(next).await;
    }
}

async fn once(client: &Client, otlp: &Otlp, roots: &Roots, counted: &mut Counted) -> Result<(), String> {
    let text = client.metrics(MetricsFormat::OpenMetrics).await.map_err(|error| error.to_string())?;
    let families = exposition::read(&text)?;
    let at = SystemClock.now().as_nanos();
    let times = Times { counted_since: counted.since(&families, at), at };
    send(otlp, &encode::request(&families, times).to_string(), roots).await
}

/// What cannot help is not tried again.
async fn send(otlp: &Otlp, body: &str, roots: &Roots) -> Result<(), String> {
    let headers: Vec<(&str, String)> =
        otlp.headers.iter().map(|(name, value)| (name.as_str(), value.reveal().to_owned())).collect();
    let mut pause = PAUSE;
    for attempt in 1.. {
        let sent = timeout(ATTEMPT_MAX, post(&otlp.url, &headers, body.to_owned(), roots)).await;
        let late = || Err(Problem::Silent(format!("no answer within {} s", ATTEMPT_MAX.as_secs())));
        match sent.unwrap_or_else(|_| late()) {
            Ok(()) => return Ok(()),
            Err(problem) if attempt < ATTEMPTS && may_pass(&problem) => {}
            Err(problem) => return Err(shown(otlp, &problem)),
        }
        sleep(pause).await;
        pause *= 2;
    }
    Ok(())
}

/// As the specification has it: OTLP/HTTP, "Failures".
fn may_pass(problem: &Problem) -> bool {
    match problem {
        Problem::Silent(_) => true,
        Problem::Refused { status, .. } => matches!(status, 429 | 502 | 503 | 504),
        Problem::Hopeless(_) => false,
    }
}

/// Servers may repeat what they were sent.
fn shown(otlp: &Otlp, problem: &Problem) -> String {
    let secrets = otlp.headers.iter().map(|(_, value)| value.reveal()).filter(|value| !value.is_empty());
    let said = secrets.fold(problem.to_string(), |said, secret| said.replace(secret, "…"));
    said.chars().filter(|c| !c.is_control()).collect()
}

/// Since when the node counts: it does not say. When counts are lower than they were, it has begun anew since.
#[derive(Default)]
struct Counted {
    since: Option<i64>,
    last_look: i64,
    total: f64,
}

impl Counted {
    fn since(&mut self, families: &[Family], at: i64) -> i64 {
        let points =
            families.iter().filter(|family| family.kind != Kind::Gauge).flat_map(|family| &family.points);
        let total: f64 = points
            .map(|point| match &point.figure {
                Figure::Number(value) => *value,
                Figure::Buckets { count, .. } => *count as f64,
            })
            .sum();
        let since = match self.since {
            None => at,
            Some(_) if total < self.total => self.last_look,
            Some(since) => since,
        };
        *self = Counted { since: Some(since), last_look: at, total };
        since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_what_is_none_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("headers");
        std::fs::write(&path, "# of the collector\nAuthorization: Bearer canary:7\n\nx-scope: nas\n")
            .unwrap();
        let every = Duration::from_secs(60);
        let otlp = Otlp::new("https://collector.example.net:4318/v1/metrics", Some(&path), every).unwrap();
        let names: Vec<&str> = otlp.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["authorization", "x-scope"]);
        assert_eq!(otlp.headers[0].1.reveal(), "Bearer canary:7");
        let problem = Problem::Refused { status: 401, said: "Bearer canary:7 is not good".into() };
        assert_eq!(shown(&otlp, &problem), "the server answered 401: … is not good");
        std::fs::write(&path, "no header\n").unwrap();
        assert!(Otlp::new("https://a/v1/metrics", Some(&path), every).is_err());
        for bad in ["collector:4318", "/v1/metrics", "ftp://a/"] {
            assert!(Otlp::new(bad, None, every).is_err(), "{bad}");
        }
    }

    #[test]
    fn counts_that_fall_begin_at_the_last_look() {
        let families = |count: f64| {
            exposition::read(&format!("# TYPE a counter\na_total {count}\n# TYPE b gauge\nb {}\n", -count))
                .unwrap()
        };
        let mut counted = Counted::default();
        assert_eq!(counted.since(&families(5.0), 100), 100);
        assert_eq!(counted.since(&families(9.0), 200), 100);
        assert_eq!(counted.since(&families(2.0), 300), 200, "the node was started between the two looks");
        assert_eq!(counted.since(&families(3.0), 400), 200);
    }
}
