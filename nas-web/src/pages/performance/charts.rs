//! Owns which charts there are, on whichever page.

use super::words;
use crate::chart::{Chart, Measure, Unit, chart};
use crate::words::{Language, common};
use nasd_api::{Performance, PerformancePoint, Zone};

/// Of one volume, as on its page: what was asked of it and what moved.
pub fn of_part(zone: &Zone, language: Language, told: &Performance) -> Vec<Chart> {
    vec![operations(zone, language, told), moved(zone, language, told)]
}

/// All of them.
pub fn all(zone: &Zone, language: Language, told: &Performance) -> Vec<Chart> {
    let latency = words::of(language).latency;
    let latency = chart(zone, latency, told, Unit::Micros, &[Measure { name: latency, value: latency_of }]);
    let used = told.points.iter().any(|point| point.used_bytes.is_some()).then(|| used(zone, language, told));
    [operations(zone, language, told), latency, moved(zone, language, told)].into_iter().chain(used).collect()
}

/// How much files take.
pub fn used(zone: &Zone, language: Language, told: &Performance) -> Chart {
    let name = common::of(language).used;
    let value = |point: &PerformancePoint| point.used_bytes.map(|bytes| bytes as f64);
    chart(zone, name, told, Unit::Bytes, &[Measure { name, value }])
}

fn operations(zone: &Zone, language: Language, told: &Performance) -> Chart {
    let name = words::of(language).operations;
    chart(
        zone,
        name,
        told,
        Unit::PerSecond,
        &[Measure { name, value: |point| Some(point.operations_per_second) }],
    )
}

fn moved(zone: &Zone, language: Language, told: &Performance) -> Chart {
    let w = words::of(language);
    let measures = [
        Measure { name: w.read, value: |point| Some(point.read_bytes_per_second) },
        Measure { name: w.written, value: |point| Some(point.written_bytes_per_second) },
    ];
    chart(zone, w.moved, told, Unit::BytesPerSecond, &measures)
}

/// Of operations that there were.
fn latency_of(point: &PerformancePoint) -> Option<f64> {
    (point.operations_per_second > 0.0).then_some(point.latency_micros)
}
