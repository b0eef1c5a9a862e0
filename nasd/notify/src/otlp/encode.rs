//! Owns the form of what is sent: an `ExportMetricsServiceRequest` of OTLP 1, as JSON.

use super::exposition::{Family, Figure, Kind, Labels, Point};
use serde_json::{Map, Value, json};

/// Counts go on from one request to the next (`AGGREGATION_TEMPORALITY_CUMULATIVE`).
const CUMULATIVE: u8 = 2;

/// When it was measured, and since when is counted: nanoseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub counted_since: i64,
    pub at: i64,
}

/// Who measured: the labels of `build_info` say it.
pub fn request(families: &[Family], times: Times) -> Value {
    let build = families.iter().find(|family| family.name == "gotgan_build_info");
    let build = build.and_then(|family| family.points.first()).map(|point| point.labels.clone());
    let build = build.unwrap_or_default();
    let mut resource = Labels::from([("service.name".to_owned(), "nasd".to_owned())]);
    for (label, attribute) in [("node", "service.instance.id"), ("version", "service.version")] {
        resource.extend(build.get(label).map(|value| (attribute.to_owned(), value.clone())));
    }
    let metrics: Vec<Value> = families.iter().map(|family| metric(family, times)).collect();
    json!({ "resourceMetrics": [{
        "resource": { "attributes": attributes(&resource) },
        "scopeMetrics": [{
            "scope": { "name": "gotgan", "version": env!("CARGO_PKG_VERSION") },
            "metrics": metrics,
        }],
    }] })
}

fn attributes(labels: &Labels) -> Vec<Value> {
    labels.iter().map(|(key, value)| json!({ "key": key, "value": { "stringValue": value } })).collect()
}

/// In the words of UCUM.
fn unit(unit: &str) -> &str {
    match unit {
        "seconds" => "s",
        "bytes" => "By",
        other => other,
    }
}

fn metric(family: &Family, times: Times) -> Value {
    let points: Vec<Value> =
        family.points.iter().map(|point| data_point(point, family.kind, times)).collect();
    let (word, data) = match family.kind {
        Kind::Gauge => ("gauge", json!({ "dataPoints": points })),
        Kind::Counter => (
            "sum",
            json!({ "aggregationTemporality": CUMULATIVE, "isMonotonic": true, "dataPoints": points }),
        ),
        Kind::Histogram => {
            ("histogram", json!({ "aggregationTemporality": CUMULATIVE, "dataPoints": points }))
        }
    };
    let mut metric = Map::new();
    metric.insert("name".into(), family.name.as_str().into());
    metric.insert("description".into(), family.help.as_str().into());
    metric.insert("unit".into(), unit(&family.unit).into());
    metric.insert(word.into(), data);
    metric.into()
}

/// Numbers of 64 bits are texts in this form.
fn data_point(point: &Point, kind: Kind, times: Times) -> Value {
    let mut said = Map::new();
    said.insert("attributes".into(), attributes(&point.labels).into());
    said.insert("timeUnixNano".into(), times.at.to_string().into());
    if kind != Kind::Gauge {
        said.insert("startTimeUnixNano".into(), times.counted_since.to_string().into());
    }
    match &point.figure {
        Figure::Number(value) if kind == Kind::Counter && value.fract() == 0.0 => {
            said.insert("asInt".into(), (*value as i64).to_string().into());
        }
        Figure::Number(value) => {
            said.insert("asDouble".into(), double(*value));
        }
        Figure::Buckets { sum, count, up_to } => {
            said.insert("count".into(), count.to_string().into());
            said.insert("sum".into(), double(*sum));
            let bounds = up_to.iter().map(|(bound, _)| *bound).filter(|bound| bound.is_finite());
            said.insert("explicitBounds".into(), bounds.collect::<Vec<f64>>().into());
            said.insert("bucketCounts".into(), each_alone(up_to).into());
        }
    }
    said.into()
}

/// JSON has no word for what is no number; OTLP has.
fn double(value: f64) -> Value {
    match value {
        value if value.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        value => value.into(),
    }
}

/// How many are in each bucket and in none before it.
fn each_alone(up_to: &[(f64, u64)]) -> Vec<String> {
    let before = [0].into_iter().chain(up_to.iter().map(|(_, count)| *count));
    up_to.iter().zip(before).map(|((_, count), before)| count.saturating_sub(before).to_string()).collect()
}
