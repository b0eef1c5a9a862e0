//! `nas-notify` as a process that exports: what a collector reads is what the node measures, and logs hold no secret.

use harness::receiver::{Authority, http};
use memory_management::Memory;
use nasd_api::{agent_router, serve_unix};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{metric, number_data_point};
use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

const TOKEN: &str = "canary-collector-token";
const SOON: Duration = Duration::from_secs(30);

/// As a node writes it: prometheus-client's form, with the labels that are hardest to read.
const MEASURED: &str = r#"# HELP gotgan_build_info The program that answers.
# TYPE gotgan_build_info gauge
gotgan_build_info{version="0.1.0",node="stor-a"} 1.0
# HELP gotgan_cluster_health 0 healthy, 1 degraded, 2 unavailable, 3 unknown; as this node sees it.
# TYPE gotgan_cluster_health gauge
gotgan_cluster_health 0.0
# HELP gotgan_volume_read_bytes Bytes of files.
# TYPE gotgan_volume_read_bytes counter
# UNIT gotgan_volume_read_bytes bytes
gotgan_volume_read_bytes_total{volume="a \"b\"\n\\c, d=\"}"} 5
gotgan_volume_read_bytes_total{volume="demo"} 9007199254740991
# HELP gotgan_log_flush_duration_seconds Durable writes.
# TYPE gotgan_log_flush_duration_seconds histogram
# UNIT gotgan_log_flush_duration_seconds seconds
gotgan_log_flush_duration_seconds_sum{disk="x"} 60.0002
gotgan_log_flush_duration_seconds_count{disk="x"} 7
gotgan_log_flush_duration_seconds_bucket{le="0.0001",disk="x"} 2
gotgan_log_flush_duration_seconds_bucket{le="0.00025",disk="x"} 6
gotgan_log_flush_duration_seconds_bucket{le="+Inf",disk="x"} 7
# EOF
"#;

struct Exporting {
    process: Child,
    dir: TempDir,
}

impl Exporting {
    /// Beside a node that measures this much.
    async fn to(receiver: &http::Receiver, authority: Option<&Authority>) -> Exporting {
        let (dir, memory) = (tempfile::tempdir().unwrap(), Arc::new(Memory::in_cluster()));
        memory.measures(MEASURED);
        let (routes, path) = (agent_router(memory), dir.path().join("agent.sock"));
        tokio::spawn(async move { serve_unix(&path, routes, std::future::pending()).await });
        let file = |name: &str, text: &str| {
            std::fs::write(dir.path().join(name), text).unwrap();
            dir.path().join(name)
        };
        let headers = file("headers", &format!("authorization: Bearer {TOKEN}\n"));
        let authorities = file("authorities", &authority.map(Authority::pem).unwrap_or_default());
        let mut command = Command::new(env!("CARGO_BIN_EXE_nas-notify"));
        command.arg("--dir").arg(dir.path()).args(["--log-format", "json", "--otlp-interval", "5"]);
        command.args(["--otlp-endpoint", &receiver.url("/v1/metrics")]);
        command.arg("--otlp-headers-file").arg(headers).arg("--authorities").arg(authorities);
        let log = std::fs::File::create(dir.path().join("log")).unwrap();
        let process = command.stderr(log).stdout(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        Exporting { process, dir }
    }

    /// What it has logged, which has to be JSON.
    fn log(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.dir.path().join("log")).unwrap();
        assert!(!text.contains(TOKEN), "{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }
}

fn labels(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |pair: &KeyValue| match pair.value.clone().unwrap().value.unwrap() {
        any_value::Value::StringValue(text) => (pair.key.clone(), text),
        other => panic!("{other:?}"),
    };
    attributes.iter().map(text).collect()
}

fn number(value: &Option<number_data_point::Value>) -> f64 {
    match value {
        Some(number_data_point::Value::AsDouble(value)) => *value,
        Some(number_data_point::Value::AsInt(value)) => *value as f64,
        other => panic!("{other:?}"),
    }
}

/// OpenTelemetry's own types read the request; nothing of ours does.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_reads_what_the_node_measures() {
    let authority = Authority::new();
    let receiver = http::Receiver::start(200, Some(&authority)).await;
    let exporting = Exporting::to(&receiver, Some(&authority)).await;
    let request = timeout(SOON, receiver.next()).await.expect("it exports");
    assert_eq!(request.line, "POST /v1/metrics HTTP/1.1");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    let sent: ExportMetricsServiceRequest = serde_json::from_str(&request.body).unwrap();
    let resource = labels(&sent.resource_metrics[0].resource.as_ref().unwrap().attributes);
    let expected =
        [("service.instance.id", "stor-a"), ("service.name", "nasd"), ("service.version", "0.1.0")];
    assert_eq!(resource, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    let metrics = &sent.resource_metrics[0].scope_metrics[0].metrics;
    let named = |name: &str| metrics.iter().find(|metric| metric.name == name).unwrap();
    assert_eq!(metrics.len(), 4);
    let health = named("gotgan_cluster_health");
    assert!(health.description.starts_with("0 healthy"), "{}", health.description);
    let Some(metric::Data::Gauge(gauge)) = &health.data else { panic!("{health:?}") };
    assert_eq!(number(&gauge.data_points[0].value), 0.0);
    let read = named("gotgan_volume_read_bytes");
    let Some(metric::Data::Sum(sum)) = &read.data else { panic!("{read:?}") };
    assert!(sum.is_monotonic && sum.aggregation_temporality == 2 && read.unit == "By");
    let points = sum.data_points.iter();
    let points: Vec<_> =
        points.map(|point| (labels(&point.attributes)["volume"].clone(), number(&point.value))).collect();
    assert_eq!(
        points,
        [("a \"b\"\n\\c, d=\"}".to_owned(), 5.0), ("demo".to_owned(), 9_007_199_254_740_991.0)]
    );
    assert!(sum.data_points.iter().all(|point| {
        point.start_time_unix_nano > 0 && point.start_time_unix_nano <= point.time_unix_nano
    }));
    let flushes = named("gotgan_log_flush_duration_seconds");
    let Some(metric::Data::Histogram(histogram)) = &flushes.data else { panic!("{flushes:?}") };
    let point = &histogram.data_points[0];
    assert_eq!((point.count, point.sum, flushes.unit.as_str()), (7, Some(60.0002), "s"));
    assert_eq!(
        (&point.bucket_counts[..], &point.explicit_bounds[..]),
        (&[2, 4, 1][..], &[0.0001, 0.00025][..])
    );
    let again = timeout(SOON, receiver.next()).await.expect("it goes on");
    assert!(again.body.contains("gotgan_cluster_health"));
    assert!(exporting.log().iter().all(|line| line["level"] != "WARN"));
}

/// A collector that is down costs some attempts a round, and a line in the log, not one a round.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_refuses_is_tried_so_often_and_told_of_once() {
    let receiver = http::Receiver::start(503, None).await;
    let mut exporting = Exporting::to(&receiver, None).await;
    for _ in 0..6 {
        timeout(SOON, receiver.next()).await.expect("it is tried again, also in the next round");
    }
    let log = exporting.log();
    let told: Vec<_> = log.iter().filter(|line| line["event"] == "metrics_not_exported").collect();
    assert_eq!(told.len(), 1, "{log:?}");
    assert_eq!((&told[0]["level"], &told[0]["program"]), (&"WARN".into(), &"nas-notify".into()));
    assert!(told[0]["fields"]["why"].as_str().unwrap().contains("the server answered 503"), "{}", told[0]);
    exporting.process.kill().await.unwrap();
}
