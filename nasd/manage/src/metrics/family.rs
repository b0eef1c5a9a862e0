//! Metrics as values, and the texts that they become.

use nasd_api::MetricsFormat;
use nasd_base::{LATENCY_BOUNDS_MICROS, LatencyCounts};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;

/// What every name begins with.
const PREFIX: &str = "gotgan";
const MICROS_PER_SECOND: f64 = 1e6;

/// One figure.
#[derive(Clone, Copy, Debug)]
pub enum Figure {
    /// Only grows, from 0 when the node started.
    Counter(u64),
    Gauge(f64),
    Histogram(LatencyCounts),
}

type Labels = Vec<(&'static str, String)>;

/// The figures of one name, told apart by their labels.
#[derive(Debug)]
pub struct Family {
    /// Without the prefix, the unit, and what the text forms put behind.
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    figures: Vec<(Labels, Figure)>,
}

impl Family {
    pub fn new(name: &'static str, help: &'static str) -> Family {
        Family { name, help, unit: None, figures: Vec::new() }
    }

    pub fn bytes(name: &'static str, help: &'static str) -> Family {
        Family { unit: Some(Unit::Bytes), ..Family::new(name, help) }
    }

    pub fn seconds(name: &'static str, help: &'static str) -> Family {
        Family { unit: Some(Unit::Seconds), ..Family::new(name, help) }
    }

    /// One figure without labels.
    pub fn is(self, figure: Figure) -> Family {
        self.with([], figure)
    }

    pub fn counts(self, count: u64) -> Family {
        self.is(Figure::Counter(count))
    }

    pub fn measures(self, value: f64) -> Family {
        self.is(Figure::Gauge(value))
    }

    pub fn with<const N: usize>(mut self, labels: [(&'static str, &str); N], figure: Figure) -> Family {
        self.add(labels, figure);
        self
    }

    pub fn add<const N: usize>(&mut self, labels: [(&'static str, &str); N], figure: Figure) {
        let labels = labels.map(|(name, value)| (name, value.to_owned()));
        self.figures.push((labels.into(), figure));
    }

    fn kind(&self) -> MetricType {
        match self.figures.first() {
            Some((_, Figure::Counter(_))) => MetricType::Counter,
            Some((_, Figure::Histogram(_))) => MetricType::Histogram,
            Some((_, Figure::Gauge(_))) | None => MetricType::Gauge,
        }
    }
}

/// The text of all families that have figures.
///
/// # Errors
/// None but for want of memory.
pub fn written(families: Vec<Family>, format: MetricsFormat) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(Families(families)));
    let mut out = String::new();
    match format {
        MetricsFormat::OpenMetrics => text::encode(&mut out, &registry)?,
        MetricsFormat::PrometheusText => prometheus_text::encode(&mut out, &registry)?,
    }
    Ok(out)
}

#[derive(Debug)]
struct Families(Vec<Family>);

impl Collector for Families {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        for family in self.0.iter().filter(|family| !family.figures.is_empty()) {
            let unit = family.unit.as_ref();
            let mut metric = encoder.encode_descriptor(family.name, family.help, unit, family.kind())?;
            for (labels, figure) in &family.figures {
                match labels.is_empty() {
                    true => write(&mut metric, figure)?,
                    false => write(&mut metric.encode_family(labels)?, figure)?,
                }
            }
        }
        Ok(())
    }
}

fn write(out: &mut MetricEncoder<'_>, figure: &Figure) -> fmt::Result {
    match figure {
        Figure::Counter(count) => out.encode_counter::<NoLabelSet, _, f64>(count, None),
        Figure::Gauge(value) => out.encode_gauge(value),
        Figure::Histogram(counts) => {
            let bounds = LATENCY_BOUNDS_MICROS.iter().map(|micros| *micros as f64 / MICROS_PER_SECOND);
            let buckets: Vec<_> = bounds.chain([f64::INFINITY]).zip(counts.buckets).collect();
            let sum = counts.sum_micros as f64 / MICROS_PER_SECOND;
            out.encode_histogram::<NoLabelSet>(sum, counts.total(), &buckets, None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::Latency;
    use std::time::Duration;

    fn some() -> Vec<Family> {
        let latency = Latency::default();
        latency.count(Duration::from_micros(200));
        latency.count(Duration::from_secs(60));
        vec![
            Family::bytes("read", "Bytes of files").with([("volume", "a \"b\"\n\\c")], Figure::Counter(5)),
            Family::new("nodes", "Nodes").measures(3.0),
            Family::seconds("flush_duration", "Flushes").is(Figure::Histogram(latency.counts())),
            Family::new("empty", "Nobody is here"),
        ]
    }

    #[test]
    fn labels_are_escaped_and_buckets_add_up_in_open_metrics() {
        let text = written(some(), MetricsFormat::OpenMetrics).unwrap();
        assert!(text.contains("# TYPE gotgan_read_bytes counter\n"), "{text}");
        assert!(text.contains("gotgan_read_bytes_total{volume=\"a \\\"b\\\"\\n\\\\c\"} 5\n"), "{text}");
        assert!(text.contains("gotgan_nodes 3.0\n"), "{text}");
        assert!(text.contains("gotgan_flush_duration_seconds_bucket{le=\"0.0001\"} 0\n"), "{text}");
        assert!(text.contains("gotgan_flush_duration_seconds_bucket{le=\"0.00025\"} 1\n"), "{text}");
        assert!(text.contains("gotgan_flush_duration_seconds_bucket{le=\"+Inf\"} 2\n"), "{text}");
        assert!(text.contains("gotgan_flush_duration_seconds_count 2\n"), "{text}");
        assert!(text.ends_with("# EOF\n") && !text.contains("empty"), "{text}");
    }

    #[test]
    fn tools_of_before_find_names_as_they_know_them() {
        let text = written(some(), MetricsFormat::PrometheusText).unwrap();
        assert!(text.contains("# TYPE gotgan_read_bytes_total counter\n"), "{text}");
        assert!(!text.contains("# EOF"), "{text}");
    }
}
